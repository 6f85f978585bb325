/** `holdfast restore`: makes a store of an export or a backup. */
import type { Command } from 'commander'
import {
  isStoreFile,
  openStore,
  type RestoreReport,
  restoreBackup,
  restoreExport,
  StoreError,
  type VerifyReport,
} from '../../index.ts'
import type { Context } from '../context.ts'
import { EXIT_CODES } from '../failures.ts'
import { formatVerifyReport } from '../formats/verify-report.ts'
import { Progress } from '../output/progress.ts'
import { plural } from '../output/units.ts'
import type { Runner } from '../run.ts'

interface RestoreCommandOptions {
  readonly move?: boolean
}

/** Adds the command. */
export function register(program: Command, runner: Runner): void {
  program
    .command('restore')
    .argument('<file>', 'what `holdfast export` or `holdfast backup` wrote')
    .summary('make a new store of an export or a backup, and verify it')
    .description(
      'Makes a new store of an export or a backup, makes its tables anew and verifies them. Never touches\na store that is there already. Nobody holds a lease afterwards.',
    )
    .option('--move', 'the exported store is not used any more: this one is the same log')
    .action(
      runner(async (context, file: string, { move = false }: RestoreCommandOptions) => {
        if (file === '-') throw needsFile()
        const progress = new Progress('restoring', context.isJson)
        let restored: RestoreReport
        try {
          const { path } = context.storePath
          restored = isStoreFile(file)
            ? restoreBackup(file, path, { isMove: move })
            : restoreExport(file, path, {
                isMove: move,
                onProgress: (sequence, head) => progress.show(sequence, head),
              })
        } finally {
          progress.clear()
        }
        const report = await makeTables(context)
        if (context.isJson) await context.output.json({ ...restored, verify: report })
        else {
          await context.output.line(`restored ${plural(restored.events, 'event')}`)
          await context.output.lines(formatVerifyReport(report, context.output))
        }
        return report.ok ? EXIT_CODES.done : EXIT_CODES.damaged
      }),
    )
}

// What is read is proven to its end before anything is kept, and a backup is a database.
function needsFile(): StoreError {
  return new StoreError('ARGUMENT_INVALID', 'restore reads a file, not standard input', {
    hint: 'write it to a file first, then: holdfast restore <file>',
  })
}

// Opening for writing makes the tables of every module whose code is at hand.
async function makeTables(context: Context): Promise<VerifyReport> {
  const { modules } = await context.loadModules()
  const store = openStore(context.storePath.path, modules)
  try {
    return store.verify()
  } finally {
    store.close()
  }
}
