/** `holdfast export`: the whole store as lines that make a store again, or as plain files. */
import type { Command } from 'commander'
import { exportJson, exportStore, type Module, StoreError, writeFileWhole } from '../../index.ts'
import type { Context } from '../context.ts'
import { Progress } from '../output/progress.ts'
import { writeAllToStdout } from '../output/stdout-bytes.ts'
import { formatBytes, formatCount, plural } from '../output/units.ts'
import type { Runner } from '../run.ts'

interface ExportCommandOptions {
  readonly force?: boolean
}

/** Adds the command. */
export function register(program: Command, runner: Runner): void {
  program
    .command('export')
    .argument('[path]', 'file to write, or with --json the folder; left out: standard output')
    .summary('write the whole store to a file, or with --json as plain files')
    .description(
      'Writes every event, payload and import record as checksummed lines, from which `holdfast\nrestore` makes the store again. With --json <folder>: plain files instead, a collection a list\nor the map that it was imported from, a document an object, the events of other modules the\nfiles of their tool or JSON lines, and what could not be imported import-rejects.jsonl.',
    )
    .option('--force', 'replace files that are there')
    .action(
      runner((context, path: string | undefined, options: ExportCommandOptions) => {
        if (context.isRedacting && !context.isJson) throw notRestorable()
        if (context.isJson) return exportPlainFiles(context, path, options)
        return exportLines(context, path, options)
      }),
    )
}

function notRestorable(): StoreError {
  return new StoreError('ARGUMENT_INVALID', 'an export that hides something makes no store again', {
    hint: 'for files to show around: holdfast export --json <folder> --redact',
  })
}

async function exportPlainFiles(
  context: Context,
  folder: string | undefined,
  { force = false }: ExportCommandOptions,
): Promise<undefined> {
  if (folder === undefined) {
    throw new StoreError('ARGUMENT_INVALID', 'export --json writes files and needs a folder', {
      hint: 'holdfast export --json <folder>; without --json it writes one stream of lines',
    })
  }
  const { isRedacting } = context
  const loaded = Object.values((await context.loadModules()).modules)
  const named = loaded.filter((module): module is Module => !('named' in module))
  const modules = new Map(named.map((module) => [module.name, module]))
  const options = { isReplacing: force, isRedacting, modules }
  await context.output.json(exportJson(context.storePath.path, folder, options))
  return undefined
}

function exportLines(
  context: Context,
  file: string | undefined,
  { force = false }: ExportCommandOptions,
): undefined {
  const progress = new Progress('exporting', context.isJson)
  const onProgress = (sequence: number, head: number) => progress.show(sequence, head)
  const { path } = context.storePath
  const run = (write: (bytes: Uint8Array) => void) => exportStore(path, write, { onProgress })
  try {
    const { events, rows, bytes } =
      file === undefined ? run(writeAllToStdout) : writeFileWhole(file, run, { isReplacing: force })
    progress.clear()
    context.note(
      `${plural(events, 'event')} and ${formatCount(rows)} other rows, ${formatBytes(bytes)}`,
    )
  } finally {
    progress.clear()
  }
  return undefined
}
