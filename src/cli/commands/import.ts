/** `holdfast import`: brings files of JSON and JSON lines into the store. */
import type { Command } from 'commander'
import { type ImportAs, type ImportReport, openStore, StoreError } from '../../index.ts'
import type { Context } from '../context.ts'
import { EXIT_CODES } from '../failures.ts'
import { formatImportPlan } from '../formats/import-plan.ts'
import { formatImportReport } from '../formats/import-report.ts'
import { modulesForImport, planOnly } from '../import/plan-first.ts'
import { interruption } from '../interruption.ts'
import { Progress } from '../output/progress.ts'
import { importAs } from '../parse.ts'
import type { Runner } from '../run.ts'

interface ImportCommandOptions {
  readonly dryRun?: boolean
  readonly follow?: boolean
  readonly retire?: boolean
  readonly as?: ImportAs
}

/** Adds the command. */
export function register(program: Command, runner: Runner): void {
  program
    .command('import')
    .argument('<path...>', 'files and folders of JSON and JSON lines')
    .summary('bring files of JSON and JSON lines into the store')
    .description(
      'Brings files and folders in: JSON lines become events, arrays of objects collections, other\nJSON documents, and what a module knows its own. What is in the store already is not stored\nagain. What cannot be understood is kept: holdfast query --preset rejects',
    )
    .option('--dry-run', 'print what would become of each file, and write nothing')
    .option(
      '--as <file=kind>',
      'take a file otherwise, as the plan says; may be repeated',
      importAs,
    )
    .option('-f, --follow', 'go on reading what the files gain, until Ctrl-C')
    .option('--retire', 'rename files that were imported whole to a numbered .bak')
    .action(
      runner(async (context, paths: string[], options: ImportCommandOptions) => {
        ensureCombined(options)
        const planned = options.as === undefined ? {} : { as: options.as }
        if (options.dryRun) return printPlan(context, paths, planned)
        const modules = await modulesForImport(context, paths, planned)
        const store = openStore(context.storePath.path, modules)
        const progress = new Progress('importing', context.isJson)
        const onProgress = ({ bytesDone, sizeBytes, sourcesDone, sources }: ProgressOfFile) =>
          progress.show(sourcesDone + bytesDone / Math.max(1, sizeBytes), sources)
        const settings = { ...planned, onProgress }
        try {
          if (options.follow) {
            const signal = interruption()
            for await (const report of store.followImport(paths, { ...settings, signal })) {
              progress.clear()
              await print(context, report)
            }
          } else {
            const report = store.import(paths, { ...settings, retire: options.retire ?? false })
            progress.clear()
            await print(context, report)
            if (report.sources.some(({ outcome }) => outcome === 'failed')) return 1
          }
        } finally {
          progress.clear()
          store.close()
        }
        return undefined
      }),
    )
}

function ensureCombined({ follow, retire }: ImportCommandOptions): void {
  if (!follow || !retire) return
  throw new StoreError('ARGUMENT_INVALID', 'import: --follow and --retire exclude each other', {
    hint: 'a file that is followed goes on growing under its name: retire it in an import of its own',
  })
}

interface ProgressOfFile {
  readonly bytesDone: number
  readonly sizeBytes: number
  readonly sourcesDone: number
  readonly sources: number
}

async function printPlan(
  context: Context,
  paths: readonly string[],
  options: { readonly as?: ImportAs },
): Promise<number | undefined> {
  const plan = await planOnly(context, paths, options)
  if (context.isJson) await context.output.json(plan)
  else await context.output.lines(formatImportPlan(plan, context.output))
  const { length } = Object.keys(options.as ?? {})
  return length > 0 && plan.unusedAs.length === length ? EXIT_CODES.usage : undefined
}

function print({ isJson, output }: Context, report: ImportReport): Promise<void> {
  return isJson ? output.json(report) : output.lines(formatImportReport(report, output))
}
