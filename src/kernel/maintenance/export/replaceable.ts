/**
 * What a file that is written may replace: an earlier one of its kind, and whatever else was named, but never
 * a database, which may be the store that is read.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { StoreError } from '../../errors.ts'

const MAGIC = 'SQLite format 3\0'

/** Throws `ARGUMENT_INVALID` where there is a database at `path`. */
export function refuseDatabase(path: string): void {
  if (!isDatabase(path)) return
  throw new StoreError('ARGUMENT_INVALID', `${path} is a database, and never replaced`, {
    hint: 'name another file',
  })
}

function isDatabase(path: string): boolean {
  // To open a pipe would wait for its writer.
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return false
  const file = openSync(path, 'r')
  try {
    const head = Buffer.alloc(MAGIC.length)
    return readSync(file, head) === head.length && head.toString('latin1') === MAGIC
  } finally {
    closeSync(file)
  }
}
