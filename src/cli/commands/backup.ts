/** `holdfast backup`: a checked copy of the store beside it. */
import { statSync } from 'node:fs'
import type { Command } from 'commander'
import { nextBackupPath, openStore } from '../../index.ts'
import type { Context } from '../context.ts'
import { formatBytes, formatCount, plural } from '../output/units.ts'
import type { Runner } from '../run.ts'

/** Adds the command. */
export function register(program: Command, runner: Runner): void {
  program
    .command('backup')
    .summary('make a checked copy of the store beside it, while everybody goes on')
    .description(
      'Makes a copy of the store beside it, checks it and gives it a number; no file is ever written\nover. Others may write meanwhile. To make a store of it: holdfast restore <file>.',
    )
    .option('--dry-run', 'print where it would be and how large, and write nothing')
    .action(runner((context, { dryRun }: { readonly dryRun?: true }) => backup(context, dryRun)))
}

async function backup(context: Context, dryRun = false): Promise<undefined> {
  const { isJson, output } = context
  const { path } = context.storePath
  context.ensureStore()
  if (dryRun) {
    const planned = { path: nextBackupPath(path, 'backup'), sizeBytes: statSync(path).size }
    if (isJson) await output.json(planned)
    else await output.line(output.data(`would be ${planned.path}, ${sizeOf(planned)} at most`))
    return undefined
  }
  const store = openStore(path, {}, { mode: 'read' })
  try {
    const report = await store.backup()
    if (isJson) await output.json(report)
    else {
      await output.line(output.data(`backed up to ${report.path}`))
      const held = `${plural(report.rows, 'row')}, events up to ${formatCount(report.head)}`
      await output.line(`checked: ${held}, ${sizeOf(report)}`)
    }
  } finally {
    store.close()
  }
  return undefined
}

function sizeOf({ sizeBytes }: { readonly sizeBytes: number }): string {
  return formatBytes(sizeBytes)
}
