import { StoreError } from '../errors.ts'

/**
 * Tells whether `value` is a promise, and sees to it that its failure does not end the process: who
 * asks will refuse it, and nobody will await it.
 */
export function isPromise(value: unknown): boolean {
  if (typeof (value as { then?: unknown } | null | undefined)?.then !== 'function') return false
  Promise.resolve(value).catch(() => undefined)
  return true
}

/** Passes `result` on, unless it is a promise: its work would run after the transaction ended. */
export function refusePromise<Result>(result: Result, verb: 'read' | 'write' | 'update'): Result {
  if (!isPromise(result)) return result
  throw new StoreError('PROMISE_IN_TRANSACTION', `the function given to ${verb}() is async`, {
    hint: `await before ${verb}(), and do inside it only what is synchronous`,
  })
}
