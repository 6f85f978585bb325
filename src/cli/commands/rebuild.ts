/** `holdfast rebuild`: makes tables anew from the log. */
import type { Command } from 'commander'
import { openStore, type RebuildReport } from '../../index.ts'
import type { Context } from '../context.ts'
import { Progress } from '../output/progress.ts'
import { formatTable } from '../output/table.ts'
import { formatCount } from '../output/units.ts'
import type { Runner } from '../run.ts'

const COLUMNS = [
  { title: 'module' },
  { title: 'up to event', isNumber: true },
  { title: 'set aside', isNumber: true },
  { title: 'others waited', isNumber: true },
]

/** Adds the command. */
export function register(program: Command, runner: Runner): void {
  program
    .command('rebuild')
    .argument('[module...]', 'modules to rebuild; left out: all that are loaded')
    .summary('make the tables of modules anew from the log')
    .description(
      'Replays the log into a scratch file and puts its tables in place of the present ones, in one\nshort transaction. Others go on writing meanwhile.',
    )
    .action(
      runner(async (context, names: string[]) => {
        const reports = await rebuild(context, names)
        if (context.isJson) await context.output.json(reports)
        else await context.output.lines(formatTable(context.output, COLUMNS, reports.map(rowOf)))
        return undefined
      }),
    )
}

function rowOf({ module, sequence, quarantined, lockedMs }: RebuildReport): string[] {
  return [module, formatCount(sequence), formatCount(quarantined), `${Math.round(lockedMs)} ms`]
}

async function rebuild(context: Context, names: readonly string[]): Promise<RebuildReport[]> {
  context.ensureStore()
  const { modules } = await context.loadModules()
  const store = openStore(context.storePath.path, modules)
  const progress = new Progress('rebuilding', context.isJson)
  try {
    const head = store.log.head()
    const onProgress = ({ sequence }: { sequence: number }) => progress.show(sequence, head)
    const loaded = store
      .status()
      .modules.filter(({ isLoaded, name }) => isLoaded && name !== 'holdfast')
    const wanted = names.length > 0 ? names : loaded.map(({ name }) => name)
    return wanted.map((name) => store.rebuild(name, { onProgress }))
  } finally {
    progress.clear()
    store.close()
  }
}
