import { StoreError } from '../errors.ts'

/** Passes `result` on, unless it is a promise: its work would run after the transaction ended. */
export function refusePromise<Result>(result: Result, verb: 'read' | 'write'): Result {
  if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') {
    // Nobody will await it; without this its rejection would end the process.
    Promise.resolve(result).catch(() => undefined)
    throw new StoreError('PROMISE_IN_TRANSACTION', `the function given to ${verb}() is async`, {
      hint: `await before ${verb}(), and do inside it only what is synchronous`,
    })
  }
  return result
}
