/**
 * Options that a destructive call is not defined to take. An unknown one is a slip of the pen:
 * `{ dryrun: true }` would be passed over, and the call would do what it was only asked to show.
 */
import { StoreError } from '../errors.ts'

/** Throws `ARGUMENT_INVALID` where `options` has a name that `call` does not know. */
export function ensureKnownOptions(call: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw new StoreError('ARGUMENT_INVALID', `${call} has no option '${unknown}'`, {
    hint: `its options are: ${known.join(', ')}`,
  })
}
