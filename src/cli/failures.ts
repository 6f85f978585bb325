/** How the program fails: one message with a hint on stderr, and an exit code that scripts can use. */
import { isStoreError, redactText, type StoreErrorCode } from '../index.ts'
import { clean } from './output/clean.ts'

/** The exit codes, a stable contract. */
export const EXIT_CODES = { done: 0, failed: 1, usage: 2, busy: 3, damaged: 4 } as const

/** A failure in words. */
export interface Failure {
  readonly code: StoreErrorCode | 'INTERNAL'
  readonly message: string
  readonly hint: string | null
}

const CODES: Readonly<Partial<Record<Failure['code'], number>>> = {
  ARGUMENT_INVALID: EXIT_CODES.usage,
  BUSY: EXIT_CODES.busy,
  LEASE_HELD: EXIT_CODES.busy,
  STORE_HELD: EXIT_CODES.busy,
  EXPORT_DAMAGED: EXIT_CODES.damaged,
  STORE_CORRUPT: EXIT_CODES.damaged,
}

/** What there is to say of anything that was thrown; never a secret that stood in it. */
export function failureOf(error: unknown): Failure {
  if (isStoreError(error)) {
    const { code, hint } = error
    return { code, message: redactText(error.message), hint: hint ? redactText(hint) : null }
  }
  const message = redactText(error instanceof Error ? error.message : String(error))
  return { code: 'INTERNAL', message, hint: 'run it again with HOLDFAST_DEBUG=1 to see where' }
}

/** The exit code that a failure ends in. */
export function exitCodeOf({ code }: Failure): number {
  return CODES[code] ?? EXIT_CODES.failed
}

/** Writes a failure to stderr. */
export function writeFailure(failure: Failure, isJson: boolean): void {
  if (isJson) {
    process.stderr.write(`${JSON.stringify({ error: failure })}\n`)
    return
  }
  const hint = failure.hint === null ? '' : `hint: ${clean(failure.hint)}\n`
  process.stderr.write(`holdfast: ${clean(failure.message)}\n${hint}`)
}
