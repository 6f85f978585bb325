/**
 * Makes a backup: a copy by SQLite, checked before it has its name, numbered, never written over.
 * Format, invariants and what a kill leaves behind are in docs/design/backup.md.
 */
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { StoreError } from '../../errors.ts'
import { syncFolder } from '../export/output-file.ts'
import { type BackupReason, listBackups } from './backup-files.ts'
import { type Contents, readMarks } from './contents.ts'
import { type BackupSource, contentsOfCopy, copyChecked } from './copy-checked.ts'

/** A backup that was made, or found to be there. */
export interface BackupReport {
  readonly path: string
  readonly reason: BackupReason
  readonly sizeBytes: number
  /** The log that it is of. */
  readonly logId: string
  /** Sequence of the newest event in it. */
  readonly head: number
  /** Rows of all tables. */
  readonly rows: number
  /** False when the backup of another process, of the same state, does. */
  readonly isNew: boolean
}

const MAX_NUMBER = 999_999_999

/** Backs the store up. */
export function backUp(source: BackupSource, reason: BackupReason): BackupReport {
  return withDraft(source, (draft, contents) => {
    for (;;) {
      const target = nextBackupPath(source.connection.path, reason)
      if (hasPublished(draft, target)) return reportOf(target, reason, contents)
    }
  })
}

/**
 * A backup of the store as it is now: the newest of this reason, where it is of the same state, or a
 * new one. `undefined` when the store is of another generation than the one given by then: whoever
 * moved it has made a backup.
 */
export function backUpShared(
  source: BackupSource,
  reason: BackupReason,
  generation: number,
): BackupReport | undefined {
  const { path } = source.connection
  const before = sameState(source, newestOf(path, reason))
  if (before) return before
  return withDraft(source, (draft, contents) => {
    if (contents.generation !== generation) return undefined
    // Another process may have been faster: what has the name that is wanted is looked at first.
    for (let number = 1; ; number++) {
      const newest = newestOf(path, reason)
      const other = sameState(source, newest)
      if (other) return other
      number = Math.max(number, (newest?.number ?? 0) + 1)
      const target = `${path}.${reason}-${number}`
      if (hasPublished(draft, target)) return reportOf(target, reason, contents)
    }
  })
}

/** Where the next backup would be. */
export function nextBackupPath(path: string, reason: BackupReason): string {
  const first = (newestOf(path, reason)?.number ?? 0) + 1
  // A number may be taken by something that is no backup.
  for (let number = first; number <= MAX_NUMBER; number++) {
    const target = `${path}.${reason}-${number}`
    if (!existsSync(target)) return target
  }
  throw new StoreError('PATH_REFUSED', `there are too many backups beside ${path}`, {
    hint: 'see those that nobody needs: holdfast backups list',
  })
}

function newestOf(path: string, wanted: BackupReason) {
  return listBackups(path)
    .filter(({ reason }) => reason === wanted)
    .sort((a, b) => b.number - a.number)[0]
}

function sameState(
  { factory, connection }: BackupSource,
  backup: { readonly path: string; readonly reason: BackupReason } | undefined,
): BackupReport | undefined {
  if (!backup) return undefined
  const contents = contentsOfCopy(factory, backup.path)
  const marks = readMarks((sql) => connection.values(sql))
  const isSame =
    contents.logId === marks.logId &&
    contents.generation === marks.generation &&
    contents.head === marks.head
  return isSame ? { ...reportOf(backup.path, backup.reason, contents), isNew: false } : undefined
}

function withDraft<Result>(
  source: BackupSource,
  use: (draft: string, contents: Contents) => Result,
): Result {
  const id = `${process.pid}-${randomBytes(4).toString('hex')}`
  const draft = `${source.connection.path}.unfinished-${id}`
  try {
    const contents = copyChecked(source, draft)
    sync(draft)
    return use(draft, contents)
  } finally {
    for (const end of ['', '-journal']) rmSync(draft + end, { force: true })
  }
}

// A link and not a rename: of several processes one gets the name, and nothing is replaced.
function hasPublished(draft: string, target: string): boolean {
  try {
    linkSync(draft, target)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  syncFolder(dirname(target))
  return true
}

function sync(path: string): void {
  const file = openSync(path, 'r+')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function reportOf(path: string, reason: BackupReason, contents: Contents): BackupReport {
  const { logId, head, rows } = contents
  const { size: sizeBytes } = statSync(path)
  const count = [...rows.values()].reduce((sum, one) => sum + one, 0)
  return { path, reason, sizeBytes, logId, head, rows: count, isNew: true }
}
