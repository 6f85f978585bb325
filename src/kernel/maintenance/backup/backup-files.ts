/**
 * The backups beside a store: `<store>.<reason>-<number>`, told by name and by their header
 * (docs/design/backup.md). The store itself is never opened here.
 */
import { closeSync, existsSync, openSync, readdirSync, readSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import {
  BOOLEAN,
  checkArgument,
  checkFields,
  checkOptions,
  DURATION,
  type Kinds,
  NUMBER,
  PATH,
} from '../../arguments.ts'
import { APPLICATION_ID } from '../../connection/pragmas.ts'

/** Why backups are made, as their files are named. */
export const BACKUP_REASONS = [
  'backup',
  'before-migration',
  'before-import',
  'before-reset',
] as const

/** Why a backup was made. */
export type BackupReason = (typeof BACKUP_REASONS)[number]

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

const NAME = new RegExp(`^\\.(${BACKUP_REASONS.join('|')})-(\\d{1,9})$`)
const MAGIC = 'SQLite format 3\0'
const APPLICATION_ID_AT = 68
const HEADER_BYTES = 72

/** The backups of the store in `path`, oldest first. */
export function listBackups(path: string): BackupFile[] {
  checkArgument('the path of a store', path, PATH)
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

const PRUNE: Kinds = { olderThanMs: DURATION, dryRun: BOOLEAN, nowMs: NUMBER }

/** Removes old backups of the store in `path`; shows which, unless `dryRun` is false. */
export function pruneBackups(path: string, options: PruneBackupsOptions): BackupFile[] {
  checkFields('pruneBackups', options, { olderThanMs: DURATION })
  checkOptions('pruneBackups', options, PRUNE)
  const { olderThanMs, dryRun = true, nowMs = Date.now() } = options
  const old = listBackups(path)
    .slice(0, -1)
    .filter(({ madeAtMs }) => nowMs - madeAtMs > olderThanMs)
  if (!dryRun) for (const backup of old) rmSync(backup.path)
  return old
}

/** True for a file that is a store by its header; not for one that this process has open. */
export function isStoreFile(path: string): boolean {
  checkArgument('the path of a store', path, PATH)
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
