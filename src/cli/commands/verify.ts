/** `holdfast verify`: proves that the log is undamaged and every table equals its history. */
import type { Command } from 'commander'
import { openStore } from '../../index.ts'
import { EXIT_CODES } from '../failures.ts'
import { formatVerifyReport } from '../formats/verify-report.ts'
import { Progress } from '../output/progress.ts'
import type { Runner } from '../run.ts'

/** Adds the command. */
export function register(program: Command, runner: Runner): void {
  program
    .command('verify')
    .summary('prove that the log is undamaged and every table equals its history')
    .description(
      'Replays the log beside the store and compares: proves that no event was changed or lost and\nthat every table is what its history gives. Changes nothing. Ends with 4 when damage is found.',
    )
    .action(
      runner(async (context) => {
        const { modules } = await context.loadModules()
        const store = openStore(context.storePath.path, modules, { mode: 'read' })
        const progress = new Progress('verifying', context.isJson)
        try {
          const report = store.verify({
            onProgress: ({ sequence, head }) => progress.show(sequence, head),
          })
          progress.clear()
          if (context.isJson) await context.output.json(report)
          else await context.output.lines(formatVerifyReport(report, context.output))
          return report.ok ? EXIT_CODES.done : EXIT_CODES.damaged
        } finally {
          progress.clear()
          store.close()
        }
      }),
    )
}
