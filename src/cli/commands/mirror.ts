/** `holdfast mirror`: the log as a file of JSON lines, for tools that read one. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import {
  type MirrorFollowOptions,
  type MirrorProgress,
  openStore,
  StoreError,
} from '../../index.ts'
import type { Context } from '../context.ts'
import { interruption } from '../interruption.ts'
import { formatCount, plural } from '../output/units.ts'
import type { Runner } from '../run.ts'

interface MirrorCommandOptions {
  readonly follow?: true
  readonly type?: readonly string[]
  readonly forget?: true
}

/** Adds the command. */
export function register(program: Command, runner: Runner): void {
  program
    .command('mirror')
    .argument('<file>', 'file of JSON lines, made where there is none')
    .summary('write the log to a file of JSON lines, and with --follow what comes')
    .description(
      'Writes to the file what of the log is not in it yet, one line an event, in the order of\nsequences and each once, whoever else writes it. A file that is no mirror is refused: bring it\nin and put it aside first, holdfast import --retire <file>.',
    )
    .option('-f, --follow', 'go on with what any process appends, until Ctrl-C')
    .option('-t, --type <type...>', 'only these types; `pipeline.*` is all that begin so')
    .option('--forget', 'keep no events back for this file any more; the file stays')
    .action(
      runner(async (context, file: string, options: MirrorCommandOptions) => {
        context.ensureStore()
        if (options.forget) return forget(context, file)
        return mirror(context, file, options)
      }),
    )
}

async function mirror(
  context: Context,
  file: string,
  { type, follow }: MirrorCommandOptions,
): Promise<undefined> {
  const { modules } = await context.loadModules()
  const types = type === undefined ? {} : { types: type }
  const options = { path: file, isRedacting: context.isRedacting, ...types }
  const store = openStore(context.storePath.path, modules, { mirror: options })
  try {
    if (follow) await store.mirror.follow(following(context))
    else await print(context, store.mirror.catchUp())
  } finally {
    store.close()
  }
  return undefined
}

function following(context: Context): MirrorFollowOptions {
  return {
    signal: interruption(),
    onProgress: (progress) => void print(context, progress),
  }
}

function print({ isJson, output }: Context, progress: MirrorProgress): Promise<void> {
  if (isJson) return output.json(progress)
  const { path, sequence, lines } = progress
  return output.line(
    `${plural(lines, 'line')} to ${output.data(path)}, which has everything up to ${formatCount(sequence)}`,
  )
}

async function forget(context: Context, file: string): Promise<undefined> {
  const path = resolve(file)
  const store = openStore(context.storePath.path)
  try {
    const known = store.status().mirrors.find((one) => one.path === path)
    if (!known) {
      throw new StoreError('NOT_FOUND', `${path} is not among the mirrors of this store`, {
        hint: 'see which there are: holdfast status',
      })
    }
    store.log.removeConsumer(known.consumer)
    if (context.isJson) await context.output.json(known)
    else context.note(`${path} is forgotten; it stays as it is`)
  } finally {
    store.close()
  }
  return undefined
}
