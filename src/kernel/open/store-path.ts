/** Which texts can be a store's path at all, before anything is asked of the file system. */
import { StoreError } from '../errors.ts'

// SQLite gives these names to the side files of another store.
const SIDE_FILE = /-(wal|shm|journal)$/

/** Throws `PATH_REFUSED` for a path that SQLite would cut short, reinterpret or mix up. */
export function assertStorePath(path: string): void {
  const reason = reasonAgainst(path)
  if (reason === undefined) return
  throw new StoreError(
    'PATH_REFUSED',
    `${JSON.stringify(path) ?? path} cannot be a store: ${reason}`,
    {
      hint: "give the path of a file, such as '.mytool/state.db'",
    },
  )
}

function reasonAgainst(path: string): string | undefined {
  if (typeof path !== 'string') return 'it is no text'
  // SQLite would open a nameless file that is gone at close.
  if (path === '') return 'it is empty'
  // C ends the path here and opens another file than the one that was checked.
  if (path.includes('\0')) return 'it has a NUL character'
  if (/^file:/i.test(path)) return 'it is a URI'
  // Memory is one connection's own: no follower and no other process would see it.
  if (path.startsWith(':')) return 'SQLite keeps such names for itself'
  if (/[/\\]$/.test(path)) return 'it is a folder'
  if (SIDE_FILE.test(path)) return 'SQLite uses this name beside another store'
  return undefined
}
