/** `holdfast status`: one screen on one store. */
import type { Command } from 'commander'
import { findOtherStores, openStore } from '../../index.ts'
import { findFaults } from '../faults.ts'
import { formatStatus } from '../formats/status.ts'
import type { Runner } from '../run.ts'

/** Adds the command. */
export function register(program: Command, runner: Runner): void {
  program
    .command('status')
    .summary('show which store it is, whether it is right, who holds it, what grows, what to do')
    .description(
      'Shows which file is the store and why, whether it is right, who holds it, what it holds,\nwhat grows, and what to do next.',
    )
    .action(
      runner(async (context) => {
        const { path, kind, why } = context.storePath
        const store = openStore(path, {}, { mode: 'read' })
        try {
          const request = { cwd: process.cwd(), env: process.env }
          const others = findOtherStores(context.storePath, request)
          const faults = await findFaults(store, context)
          const status = { ...store.status(), kind, why, others, faults }
          if (context.isJson) await context.output.json(status)
          else await context.output.lines(formatStatus(status, context.output))
        } finally {
          store.close()
        }
      }),
    )
}
