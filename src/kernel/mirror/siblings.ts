/**
 * Where a mirror's earlier lines are when its file is not: whoever rotates logs leaves them beside it under
 * another name. So it goes on without a gap and without saying anything twice, though nobody has told it.
 *
 * Invariant: no file that SQLite may have open is opened here.
 */
import { closeSync, constants, openSync, readdirSync, renameSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isFileOfStore } from '../connection/store-files.ts'
import { StoreError } from '../errors.ts'
import { readEnd, readHead } from './file-end.ts'
import type { MirrorHead } from './mirror-lines.ts'
import type { MirroredStore } from './whose-file.ts'

// Rotated logs are kept by the dozen; of more, the newest are those that matter.
const MAX_LOOKED_AT = 16
const DATABASE = /(\.(db|sqlite3?)|-(wal|shm|journal))$/i
const SET_ASIDE = /\.replaced-\d+$/
const MAX_SET_ASIDE = 10_000
// A pipe that has taken the file's place since it was looked at must not be waited for.
const READING = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/** The first line of a file, if it is a mirror; `'torn'` when it is half of one. */
export function firstLineOf(path: string): MirrorHead | 'torn' | undefined {
  return looking(path, readHead)
}

/** The highest sequence in the files beside `path` that are of the same log; 0 when there are none. */
export function lastBeside(path: string, { store, logId }: MirroredStore): number {
  const [folder, name] = [dirname(path), basename(path)]
  const names = readdirSync(folder).filter((entry) => {
    if (entry === name || !entry.startsWith(name)) return false
    // Closing a file that SQLite has open, of this store or another, would drop its locks.
    if (DATABASE.test(entry) || isFileOfStore(join(folder, entry), store)) return false
    return !SET_ASIDE.test(entry)
  })
  const files = names.flatMap((entry) => {
    const at = join(folder, entry)
    const stats = statSync(at, { throwIfNoEntry: false })
    return stats?.isFile() ? [{ at, changedAtMs: stats.mtimeMs }] : []
  })
  files.sort((a, b) => b.changedAtMs - a.changedAtMs)
  return Math.max(0, ...files.slice(0, MAX_LOOKED_AT).map(({ at }) => lastOf(at, logId)))
}

function lastOf(path: string, logId: string): number {
  const sequence = looking(path, (file, size) => {
    const head = readHead(file, size)
    if (head === undefined || head === 'torn' || head.logId !== logId) return 0
    return readEnd(file, size).sequence
  })
  return sequence ?? 0
}

function looking<Result>(
  path: string,
  look: (file: number, size: number) => Result,
): Result | undefined {
  const stats = statSync(path, { throwIfNoEntry: false })
  // A pipe would be waited for.
  if (!stats?.isFile()) return undefined
  const file = openSync(path, READING)
  try {
    return look(file, stats.size)
  } finally {
    closeSync(file)
  }
}

/** Gives a file of another log a name under which nothing is written any more. */
export function setAside(path: string): void {
  for (let number = 1; number <= MAX_SET_ASIDE; number++) {
    const to = `${path}.replaced-${number}`
    if (statSync(to, { throwIfNoEntry: false })) continue
    renameSync(path, to)
    return
  }
  throw new StoreError('IO', `${MAX_SET_ASIDE} files were set aside beside ${path}`, {
    hint: 'move them elsewhere',
  })
}
