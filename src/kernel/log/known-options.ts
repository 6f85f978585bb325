/**
 * Options that a destructive call is not defined to take. An unknown one is a slip of the pen:
 * `{ dryrun: true }` would be passed over, and the call would do what it was only asked to show. So is
 * a value of another kind: `{ dryRun: null }` asks for neither.
 */
import { checkOptions, type Kinds } from '../arguments.ts'
import { StoreError } from '../errors.ts'

/** Throws `ARGUMENT_INVALID` where `options` has a name that `call` does not know, or another kind of value. */
export function ensureKnownOptions(call: string, options: unknown, known: Kinds): void {
  checkOptions(call, options, known)
  const unknown = Object.keys(options ?? {}).find((name) => !(name in known))
  if (unknown === undefined) return
  throw new StoreError('ARGUMENT_INVALID', `${call} has no option '${unknown}'`, {
    hint: `its options are: ${Object.keys(known).join(', ')}`,
  })
}
