/**
 * SQLite's result codes by the names that better-sqlite3 gives instead of numbers.
 *
 * An extended code is its primary code plus 256 times its place in the family, and SQLite
 * only ever adds to the end of a family, so that a list in order is the whole table.
 */

// Codes 0 to 26 in order; the ones that never reach a caller as an error are kept so that
// the places are right.
const PRIMARY =
  'OK ERROR INTERNAL PERM ABORT BUSY LOCKED NOMEM READONLY INTERRUPT IOERR CORRUPT NOTFOUND FULL CANTOPEN PROTOCOL EMPTY SCHEMA TOOBIG CONSTRAINT MISMATCH MISUSE NOLFS AUTH FORMAT RANGE NOTADB'

const FAMILIES: Readonly<Record<string, string>> = {
  ERROR: 'MISSING_COLLSEQ RETRY SNAPSHOT',
  ABORT: '- ROLLBACK',
  BUSY: 'RECOVERY SNAPSHOT TIMEOUT',
  LOCKED: 'SHAREDCACHE VTAB',
  READONLY: 'RECOVERY CANTLOCK ROLLBACK DBMOVED CANTINIT DIRECTORY',
  IOERR:
    'READ SHORT_READ WRITE FSYNC DIR_FSYNC TRUNCATE FSTAT UNLOCK RDLOCK DELETE BLOCKED NOMEM ACCESS CHECKRESERVEDLOCK LOCK CLOSE DIR_CLOSE SHMOPEN SHMSIZE SHMLOCK SHMMAP SEEK DELETE_NOENT MMAP GETTEMPPATH CONVPATH VNODE AUTH BEGIN_ATOMIC COMMIT_ATOMIC ROLLBACK_ATOMIC DATA CORRUPTFS IN_PAGE',
  CORRUPT: 'VTAB SEQUENCE INDEX',
  CANTOPEN: 'NOTEMPDIR ISDIR FULLPATH CONVPATH DIRTYWAL SYMLINK',
  CONSTRAINT:
    'CHECK COMMITHOOK FOREIGNKEY FUNCTION NOTNULL PRIMARYKEY TRIGGER UNIQUE VTAB ROWID PINNED DATATYPE',
  AUTH: 'USER',
}

/** The number of a code named as in `SQLITE_CONSTRAINT_UNIQUE`; undefined for other names. */
export function resultCodeOf(name: string): number | undefined {
  // better-sqlite3 spells codes that are newer than itself UNKNOWN_SQLITE_ERROR_<number>.
  const unknown = /^UNKNOWN_SQLITE_ERROR_(\d+)/.exec(name)
  if (unknown) return Number(unknown[1])
  const [, family = '', member] = /^SQLITE_([A-Z]+)(?:_(\w+))?$/.exec(name) ?? []
  const primary = PRIMARY.split(' ').indexOf(family)
  if (primary < 0 || member === undefined) return primary < 0 ? undefined : primary
  const place = (FAMILIES[family] ?? '').split(' ').indexOf(member)
  return primary + 256 * (place + 1)
}
