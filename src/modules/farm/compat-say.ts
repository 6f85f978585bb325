/** How the `db` command speaks: results on stdout, the rest on stderr. */
import { isStoreError } from '../../index.ts'

/** An action whose refusals are told in one line, and end with 1. */
export function guarded<Args extends unknown[]>(
  action: (...args: Args) => Promise<void>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    try {
      await action(...args)
    } catch (error) {
      if (!isStoreError(error)) throw error
      fail(`[error] ${error.message}${error.hint ? ` (${error.hint})` : ''}`)
    }
  }
}

/** A line of the result. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** A line for people, beside the result. */
export function warn(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** A line that says why, and a failing exit code. */
export function fail(text: string): void {
  warn(text)
  process.exitCode = 1
}
