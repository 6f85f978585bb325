import {
  checkArgument,
  checkOptions,
  FUNCTION,
  type Kind,
  type Kinds,
  oneOf,
} from '../arguments.ts'
import { DURABILITY } from '../connection/pragmas.ts'
import type { WriteOptions } from '../log/module-store.ts'
import { BACKUP_REASONS } from '../maintenance/backup/backup-files.ts'

/** Why a backup is made. */
export const BACKUP_REASON: Kind = oneOf(...BACKUP_REASONS)

/** The options of every write; what an append has beside them, the log judges. */
export const WRITE: Kinds = { durability: DURABILITY }

/** Throws `ARGUMENT_INVALID` unless `fn` and `options` are what a write is given. */
export function checkWrite(verb: string, fn: unknown, options: WriteOptions): void {
  checkArgument(`${verb}: its function`, fn, FUNCTION)
  checkOptions(verb, options, WRITE)
}
