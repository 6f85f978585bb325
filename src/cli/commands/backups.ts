/** `holdfast backups`: those beside the store, and which of them may go. */
import type { Command } from 'commander'
import { type BackupFile, listBackups, pruneBackups } from '../../index.ts'
import type { Context } from '../context.ts'
import { formatTable } from '../output/table.ts'
import { formatAge, formatBytes, formatTime, plural } from '../output/units.ts'
import { duration } from '../parse.ts'
import type { Runner } from '../run.ts'

interface PruneFlags {
  readonly olderThan: number
  readonly yes?: true
}

const COLUMNS = [
  { title: 'backup' },
  { title: 'reason' },
  { title: 'made' },
  { title: 'age', isNumber: true },
  { title: 'size', isNumber: true },
]

/** Adds the command and its own. */
export function register(program: Command, runner: Runner): void {
  const command = program
    .command('backups')
    .summary('list the backups beside the store, and remove old ones')
    .description(
      'Lists the backups beside the store: those asked for, and those made before a migration, an import\nor a reset.',
    )
  command
    .command('list', { isDefault: true })
    .description('Lists them with reason, age and size, oldest first.')
    .action(runner(list))
  command
    .command('prune')
    .summary('show which backups are old; with --yes, remove them')
    .description(
      'Shows the backups that are older than an age; with --yes they are removed. The newest one\nalways stays.',
    )
    .requiredOption('--older-than <age>', 'such as 30d, 12h or 90m', duration)
    .option('--yes', 'do it')
    .action(runner(prune))
}

async function list(context: Context): Promise<undefined> {
  const { isJson, output } = context
  const nowMs = Date.now()
  const found = listBackups(context.storePath.path)
  if (isJson) await output.json(found.map((backup) => withAge(backup, nowMs)))
  else if (found.length === 0) await output.line('there is no backup yet: holdfast backup')
  else await output.lines([...tableOf(context, found, nowMs), totalOf(found)])
  return undefined
}

async function prune(context: Context, { olderThan, yes }: PruneFlags): Promise<undefined> {
  const { isJson, output } = context
  const nowMs = Date.now()
  const dryRun = yes !== true
  const removed = pruneBackups(context.storePath.path, { olderThanMs: olderThan, dryRun, nowMs })
  if (isJson) {
    const backups = removed.map((backup) => withAge(backup, nowMs))
    await output.json({ isDone: !dryRun, backups })
    return undefined
  }
  if (removed.length > 0) await output.lines(tableOf(context, removed, nowMs))
  await output.line(`${totalOf(removed)} ${dryRun ? 'to remove' : 'removed'}`)
  if (dryRun && removed.length > 0) context.note('nothing was removed; to remove these, add --yes')
  return undefined
}

function withAge(backup: BackupFile, nowMs: number): object {
  return { ...backup, ageMs: Math.max(0, nowMs - backup.madeAtMs) }
}

function tableOf({ output }: Context, backups: readonly BackupFile[], nowMs: number): string[] {
  const rows = backups.map(({ path, reason, madeAtMs, sizeBytes }) => [
    path,
    reason,
    formatTime(madeAtMs),
    formatAge(nowMs - madeAtMs),
    formatBytes(sizeBytes),
  ])
  return formatTable(output, COLUMNS, rows)
}

function totalOf(backups: readonly BackupFile[]): string {
  const bytes = backups.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  return `${plural(backups.length, 'backup')}, ${formatBytes(bytes)}`
}
