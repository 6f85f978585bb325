/** What lies beside a store, and whether files that were imported are still what they were. */
import { chmodSync, readdirSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Connection } from '../../connection/connection.ts'
import type { ProcessProbe } from '../../leases/process-probe.ts'
import type { Finding } from '../../log/finding.ts'
import { listBackups } from '../backup/backup-files.ts'

/** What is looked at. */
export interface FilesCheck {
  readonly connection: Connection
  readonly probe: ProcessProbe
  readonly nowMs: number
}

const OLD_BACKUP_MS = 30 * 86_400_000
// Whoever makes such a file writes to it all the time.
const QUIET_MS = 600_000
const DRAFT = /^\.unfinished-(\d+)-[0-9a-f]+(?:-journal)?$/
const RESTORING = /^\.restoring-[0-9a-f]+(?:-wal|-shm|-journal)?$/
const OTHERS = 0o077
const OWNER_ONLY = 0o600

const SOURCES = /* sql */ `
  SELECT path, size_bytes AS sizeBytes, modified_at_ms AS modifiedAtMs, retired_to AS retiredTo
  FROM imports AS source
  WHERE format = 'file' AND (is_current = 1 OR retired_to IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM imports AS later WHERE later.path = source.path AND later.id > source.id)
  ORDER BY path`

interface SourceRow {
  readonly path: string
  readonly sizeBytes: number
  readonly modifiedAtMs: number
  readonly retiredTo: string | null
}

/** The findings of files. */
export function checkFiles(check: FilesCheck): Finding[] {
  const { path } = check.connection
  return [...leftovers(path, check), ...oldBackups(path, check), ...mode(path), ...sources(check)]
}

function leftovers(path: string, { probe, nowMs }: FilesCheck): Finding[] {
  const [folder, name] = [dirname(path), basename(path)]
  return readdirSync(folder).flatMap((entry): Finding[] => {
    if (!entry.startsWith(name)) return []
    const file = join(folder, entry)
    const rest = entry.slice(name.length)
    const isLeft = () => {
      const stats = statSync(file, { throwIfNoEntry: false })
      const pid = Number(DRAFT.exec(rest)?.[1] ?? 0)
      if (!stats || (pid === 0 && !RESTORING.test(rest))) return false
      // A container has other pids: one that is absent here may be at work there.
      return nowMs - stats.mtimeMs > QUIET_MS && (pid === 0 || probe.signal(pid) === 'absent')
    }
    if (!isLeft()) return []
    return [
      {
        ...{ kind: 'leftover', severity: 'fault' },
        what: `${file} was left behind by a backup or restore that was interrupted`,
        hint: 'nothing needs it',
        repair: { does: `removes ${file}`, run: () => void (isLeft() && rmSync(file)) },
      },
    ]
  })
}

function oldBackups(path: string, { nowMs }: FilesCheck): Finding[] {
  const all = listBackups(path)
  const old = all.slice(0, -1).filter(({ madeAtMs }) => nowMs - madeAtMs > OLD_BACKUP_MS)
  if (old.length === 0) return []
  const bytes = old.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const what = `${old.length} of ${all.length} backups are older than 30 days, together ${bytes} bytes`
  const hint = 'see them: holdfast backups prune --older-than 30d'
  return [{ kind: 'backups-old', severity: 'note', what, hint }]
}

function mode(path: string): Finding[] {
  const isOpen = () => (statSync(path).mode & OTHERS) !== 0
  if (process.platform === 'win32' || !isOpen()) return []
  return [
    {
      ...{ kind: 'mode', severity: 'note' },
      what: `${path} can be read or written by other users`,
      hint: 'a store is made for its owner alone',
      repair: {
        does: 'makes it readable by its owner alone',
        run: () => void (isOpen() && chmodSync(path, OWNER_ONLY)),
      },
    },
  ]
}

function sources({ connection }: FilesCheck): Finding[] {
  return connection.all<SourceRow>(SOURCES).flatMap((source): Finding[] => {
    const { path, sizeBytes, modifiedAtMs, retiredTo } = source
    const stats = statSync(path, { throwIfNoEntry: false })
    if (!stats) return []
    const hint = `see what it would change: holdfast import --dry-run ${path}`
    if (retiredTo !== null) {
      const what = `${path} is there again; what was imported is ${retiredTo}`
      return [{ kind: 'source-again', severity: 'fault', what, hint }]
    }
    if (stats.size === sizeBytes && Math.abs(stats.mtimeMs - modifiedAtMs) < 1) return []
    const what = `${path} was written since it was imported: somebody still uses it`
    return [{ kind: 'source-changed', severity: 'note', what, hint }]
  })
}
