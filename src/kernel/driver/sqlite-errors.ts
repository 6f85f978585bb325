/**
 * One place that turns whatever a SQLite library threw into a StoreError, by result code.
 *
 * The three libraries give the same number in three ways: better-sqlite3 as a name in `code`,
 * node:sqlite as `errcode`, bun:sqlite as `errno`. Errors without a number are the library's
 * own refusals and are told apart by what the driver knows (is it closed? which SQL?).
 */
import { isStoreError, StoreError, type StoreErrorCode } from '../errors.ts'
import { resultCodeOf } from './result-codes.ts'

/** What the driver knows about the call that failed. */
export interface FailureContext {
  readonly path: string
  readonly isClosed: boolean
  readonly sql?: string
}

// By primary result code. All that is not here is IO: the file could not be used, and no
// other code says better what to do.
const CODES: Readonly<Record<number, StoreErrorCode>> = {
  1: 'SQL_INVALID', // ERROR
  5: 'BUSY', // BUSY
  6: 'BUSY', // LOCKED
  8: 'READ_ONLY', // READONLY
  11: 'STORE_CORRUPT', // CORRUPT
  13: 'DISK_FULL', // FULL
  14: 'PATH_REFUSED', // CANTOPEN, after the opening: a side file, an ATTACH
  18: 'ARGUMENT_INVALID', // TOOBIG
  19: 'CONSTRAINT', // CONSTRAINT
  20: 'ARGUMENT_INVALID', // MISMATCH
  25: 'ARGUMENT_INVALID', // RANGE
  26: 'NOT_A_STORE', // NOTADB
}

// Not of their family: nothing was to be written but the index of the WAL, which readers need too.
const EXTENDED_CODES: Readonly<Record<number, StoreErrorCode>> = {
  1288: 'PATH_REFUSED', // READONLY_CANTINIT
  1544: 'PATH_REFUSED', // READONLY_DIRECTORY
}

const HINTS: Partial<Record<StoreErrorCode, string>> = {
  BUSY: 'another connection holds the lock; try again',
  DISK_FULL: 'free some space, then try again; nothing of the failed transaction was written',
  NOT_A_STORE: 'give the path of a store, or of a file that does not exist yet',
  // Also for reading: SQLite makes the index of the WAL beside the file.
  PATH_REFUSED: 'its folder must be writable, for reading too: copy the store with its -wal to one',
  STORE_CORRUPT: 'see what is left: holdfast doctor; take a backup in its place: holdfast backups',
}

/** Maps an error of any SQLite library; one that is a StoreError already is returned as it is. */
export function toStoreError(error: unknown, context: FailureContext): StoreError {
  if (isStoreError(error)) return error
  const text = error instanceof Error ? error.message : String(error)
  if (context.isClosed) {
    return new StoreError('STORE_CLOSED', `${context.path} was used after it was closed`, {
      cause: error,
    })
  }
  const sqliteCode = sqliteCodeOf(error)
  const where = context.sql === undefined ? context.path : excerpt(context.sql)
  if (sqliteCode === undefined) {
    // Not from SQLite: the library refused the call itself, or could not carry the result.
    return new StoreError('SQL_INVALID', `${text} (${where})`, { cause: error })
  }
  const code = EXTENDED_CODES[sqliteCode] ?? CODES[sqliteCode & 0xff] ?? 'IO'
  // Damage and locks belong to the file; the rest to the statement.
  const subject = code === 'SQL_INVALID' || code === 'CONSTRAINT' ? where : context.path
  const hint = HINTS[code]
  return new StoreError(code, `${text} (${subject})`, {
    ...(hint === undefined ? {} : { hint }),
    sqliteCode,
    cause: error,
  })
}

/** Whether SQLite refused for a lock that another connection holds. */
export function isBusy(error: unknown): boolean {
  // better-sqlite3's name for it, before the table of names is searched.
  if ((error as { readonly code?: unknown } | null)?.code === 'SQLITE_BUSY') return true
  const sqliteCode = sqliteCodeOf(error)
  return sqliteCode !== undefined && CODES[sqliteCode & 0xff] === 'BUSY'
}

/** SQLite's extended result code in an error of any of the libraries, if it has one. */
export function sqliteCodeOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { code, errcode, errno } = error as Readonly<Record<string, unknown>>
  if (typeof errcode === 'number') return errcode
  if (typeof code !== 'string') return undefined
  const named = resultCodeOf(code)
  // `errno` alone proves nothing: every failed system call has one too.
  return named !== undefined && typeof errno === 'number' ? errno : named
}

function excerpt(sql: string): string {
  const line = sql.trim().replace(/\s+/g, ' ')
  return line.length <= 80 ? line : `${line.slice(0, 79)}…`
}
