/** `holdfast prune`: what of the log may go or be packed, and with --yes that it does. */
import type { Command } from 'commander'
import { openStore, type PackedBodies, type PruneProgress, type PruneReport } from '../../index.ts'
import type { Context } from '../context.ts'
import { Progress } from '../output/progress.ts'
import { formatTable } from '../output/table.ts'
import { formatBytes, formatCount, plural } from '../output/units.ts'
import type { Runner } from '../run.ts'

interface PruneFlags {
  readonly archive?: string
  readonly pack: boolean
  readonly yes?: true
}

const STEPS: Readonly<Record<PruneProgress['step'], string>> = {
  drop: 'dropping',
  base: 'making bases',
  pack: 'packing',
}

const COLUMNS = [
  { title: 'type' },
  { title: 'reason' },
  { title: 'events', isNumber: true },
  { title: 'data', isNumber: true },
]

/** Adds the command. */
export function register(program: Command, runner: Runner): void {
  program
    .command('prune')
    .summary('show which events may go; with --yes, drop them and pack the old ones')
    .description(
      'Shows by type what may leave the log: states that newer ones replaced, and what is older than its\nmodule keeps it. With --yes it goes, the bodies of old events are packed, and the pages are given\nback to the disk; the tables stay as they are, and are still proven by the rest.',
    )
    .option('--archive <folder>', 'first write what goes into compressed segments there')
    .option('--no-pack', 'leave the bodies of old events where SQL on the log finds them')
    .option('--yes', 'do it')
    .action(runner((context, flags: PruneFlags) => prune(context, flags)))
}

async function prune(context: Context, { archive, pack, yes }: PruneFlags): Promise<undefined> {
  const { isJson, output } = context
  const dryRun = yes !== true
  context.ensureStore()
  const { modules } = await context.loadModules()
  const mode = dryRun ? 'read' : 'write'
  const store = openStore(context.storePath.path, modules, { mode })
  const progress = new Progress('pruning', isJson)
  try {
    const head = store.log.head()
    const onProgress = ({ step, sequence }: PruneProgress) =>
      progress.show(sequence, head, STEPS[step])
    const into = archive === undefined ? {} : { archive }
    const report = store.prune({ dryRun, pack, onProgress, ...into })
    progress.clear()
    if (isJson) await output.json(report)
    else await output.lines(linesOf(context, report))
    if (dryRun && report.events + report.receipts + report.packed.events > 0) {
      context.note('nothing was changed; to do this, add --yes')
    }
    return undefined
  } finally {
    progress.clear()
    store.close()
  }
}

function* linesOf({ output }: Context, report: PruneReport): Generator<string> {
  const { types, events, dataBytes, dryRun, bases, receipts, packed } = report
  const { segments, skipped, idleConsumers } = report
  if (types.length > 0) {
    const rows = types.map(({ type, reason, events: count, dataBytes: bytes }) => [
      type,
      reason,
      formatCount(count),
      formatBytes(bytes),
    ])
    yield* formatTable(output, COLUMNS, rows)
  }
  const what = `${plural(events, 'event')}, ${formatBytes(dataBytes)} of data`
  yield dryRun ? `${what} may go` : `${what} dropped`
  if (receipts > 0) {
    const kept = plural(receipts, 'expired answer to a command', 'expired answers to commands')
    yield dryRun ? `${kept} may go` : `${kept} dropped`
  }
  if (packed.events > 0) yield packedLine(packed)
  for (const { module } of bases) yield `base of module ${output.data(module)}`
  for (const segment of segments) yield `archived in ${output.data(segment)}`
  for (const { what: left, why } of skipped) yield `left alone: ${output.data(`${left}: ${why}`)}`
  for (const name of idleConsumers) {
    yield `not waited for: consumer ${output.data(name)}, which has not moved for a week`
  }
  if (dryRun) return
  yield `${formatBytes(report.reclaimedBytes)} given back; the file has ${formatBytes(report.sizeBytes)}`
}

function packedLine({ events, dataBytes, storedBytes }: PackedBodies): string {
  const what = `${plural(events, 'old event')}, ${formatBytes(dataBytes)} of data`
  return storedBytes === null
    ? `${what} may be packed`
    : `${what} packed in ${formatBytes(storedBytes)}`
}
