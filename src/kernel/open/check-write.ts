import { checkArgument, checkOptions, FUNCTION, type Kinds } from '../arguments.ts'
import { DURABILITY } from '../connection/pragmas.ts'
import type { WriteOptions } from '../log/module-store.ts'

/** The options of every write; what an append has beside them, the log judges. */
export const WRITE: Kinds = { durability: DURABILITY }

/** Throws `ARGUMENT_INVALID` unless `fn` and `options` are what a write is given. */
export function checkWrite(verb: string, fn: unknown, options: WriteOptions): void {
  checkArgument(`${verb}: its function`, fn, FUNCTION)
  checkOptions(verb, options, WRITE)
}
