/**
 * The backups beside a store: `<store>.<reason>-<number>`, told by name and by their header
 * (docs/design/backup.md). The store itself is never opened here.
 */
import { closeSync, existsSync, openSync, readdirSync, readSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { APPLICATION_ID } from '../../connection/pragmas.ts'
import { ensureKnownOptions } from '../../log/known-options.ts'

/** Why a backup was made. */
export type BackupReason = 'backup' | 'before-migration' | 'before-import' | 'before-reset'

/** A backup of a store. */
export interface BackupFile {
  readonly path: string
  readonly reason: BackupReason
  /** Rises with each backup of this reason. */
  readonly number: number
  readonly sizeBytes: number
  readonly madeAtMs: number
}

/** Which backups to remove. */
export interface PruneBackupsOptions {
  /** Those made longer ago than this, in milliseconds. The newest of all stays in any case. */
  readonly olderThanMs: number
  /** True only says which. Default true. */
  readonly dryRun?: boolean
  /** Epoch milliseconds. Default now. */
  readonly nowMs?: number
}

const NAME = /^\.(backup|before-migration|before-import|before-reset)-(\d{1,9})$/
const MAGIC = 'SQLite format 3\0'
const APPLICATION_ID_AT = 68
const HEADER_BYTES = 72

/** The backups of the store in `path`, oldest first. */
export function listBackups(path: string): BackupFile[] {
  const [folder, name] = [dirname(path), basename(path)]
  if (!existsSync(folder)) return []
  const found = readdirSync(folder).flatMap((entry) => {
    const [, reason, digits] = (entry.startsWith(name) && NAME.exec(entry.slice(name.length))) || []
    if (reason === undefined) return []
    const file = join(folder, entry)
    const stats = statSync(file, { throwIfNoEntry: false })
    if (!stats || existsSync(`${file}-wal`) || !isStoreFile(file)) return []
    const { size: sizeBytes, mtimeMs } = stats
    const named = { path: file, reason: reason as BackupReason, number: Number(digits) }
    return [{ ...named, sizeBytes, madeAtMs: Math.round(mtimeMs) }]
  })
  return found.sort((a, b) => a.madeAtMs - b.madeAtMs || a.number - b.number)
}

/** Removes old backups of the store in `path`; shows which, unless `dryRun` is false. */
export function pruneBackups(path: string, options: PruneBackupsOptions): BackupFile[] {
  ensureKnownOptions('pruneBackups', options, ['olderThanMs', 'dryRun', 'nowMs'])
  const { olderThanMs, dryRun = true, nowMs = Date.now() } = options
  const old = listBackups(path)
    .slice(0, -1)
    .filter(({ madeAtMs }) => nowMs - madeAtMs > olderThanMs)
  if (!dryRun) for (const backup of old) rmSync(backup.path)
  return old
}

/** True for a file that is a store by its header; not for one that this process has open. */
export function isStoreFile(path: string): boolean {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return false
  const header = Buffer.alloc(HEADER_BYTES)
  const file = openSync(path, 'r')
  try {
    if (readSync(file, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return false
  } finally {
    closeSync(file)
  }
  const isSqlite = header.toString('latin1', 0, MAGIC.length) === MAGIC
  return isSqlite && header.readUInt32BE(APPLICATION_ID_AT) === APPLICATION_ID
}
