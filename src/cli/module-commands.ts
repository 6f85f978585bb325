/**
 * Mounts what modules name as their commands under `holdfast <module>`: the parser, the store in the mode
 * that a command needs, progress, and the two forms of an answer are the same for all.
 *
 * Invariants: a dry run writes nothing; where the store, or the module in it, is not there yet, it is shown
 * one of its own that is thrown away. A command that fails there makes neither.
 */
import { type Command, Option } from 'commander'
import {
  type CommandInput,
  type ModuleCommand,
  type ModuleCommands,
  type ModuleMap,
  openStore,
  StoreError,
} from '../index.ts'
import type { CommandFile } from './commands.ts'
import type { Context } from './context.ts'
import { hasModule } from './load-modules.ts'
import { READY_MODULES } from './modules.ts'
import { Progress } from './output/progress.ts'
import { onStandIn } from './stand-in.ts'

/** A module whose commands are mounted. */
export interface MountedModule {
  readonly key: string
  readonly commands: ModuleCommands<never>
  /** What the store is opened with; asked for when a command runs. */
  readonly load: () => Promise<ModuleMap>
}

/** The file of a ready module's commands. */
export async function readyCommands(name: string): Promise<CommandFile> {
  const { commands, load } = READY_MODULES[name] ?? {}
  if (!commands || !load) throw new Error(`module '${name}' has no commands`)
  return mounted({
    key: name,
    commands: await commands(),
    load: async () => ({ [name]: await load() }),
  })
}

/** A module's commands as the file of a command. */
export function mounted(module: MountedModule): CommandFile {
  return {
    register: (program, runner) => {
      const { key, commands } = module
      const group = describe(program.command(key), commands)
      for (const command of commands.commands) {
        const parsed = addCommand(group, command)
        parsed.action(
          runner((context, ..._: unknown[]) => carryOut(context, module, command, parsed)),
        )
      }
    },
  }
}

const DRY_RUN = 'dry-run'

function addCommand(group: Command, command: ModuleCommand<never>): Command {
  const { options = {}, flags = {}, isChanging = false } = command
  const added = describe(group.command(command.name), command)
  for (const [argument, what] of Object.entries(command.arguments ?? {})) {
    added.argument(`<${argument}>`, what)
  }
  for (const [option, what] of Object.entries(options)) added.option(`--${option} <value>`, what)
  for (const [flag, what] of Object.entries(flags)) added.option(`--${flag}`, what)
  if (isChanging) added.option(`--${DRY_RUN}`, 'say what would be done, and change nothing')
  return added
}

function describe(
  command: Command,
  { summary, description = summary }: { readonly summary: string; readonly description?: string },
): Command {
  return command.summary(summary).description(description)
}

async function carryOut(
  context: Context,
  module: MountedModule,
  command: ModuleCommand<never>,
  parsed: Command,
): Promise<undefined> {
  const { key } = module
  const progress = new Progress(`${key} ${command.name}`, context.isJson)
  const input = inputOf(context, command, parsed, progress)
  const modules = await module.load()
  const isThere = hasModule(context.storePath, key, modules)
  const dry = { ...input, isDryRun: true }
  if (!command.isChanging) ensureThere(context, key, isThere)
  const answerIn = async (path: string, given: CommandInput) => {
    const isWriting = command.isChanging === true && !given.isDryRun
    const store = openStore(path, modules, { mode: isWriting ? 'write' : 'read' })
    try {
      return await command.run(Reflect.get(store, key) as never, given)
    } finally {
      progress.clear()
      store.close()
    }
  }
  const { path } = context.storePath
  // What is refused of an empty store must not make one of a mistyped name.
  const planned = isThere ? undefined : await onStandIn(modules, (stand) => answerIn(stand, dry))
  const { json, text } = planned && input.isDryRun ? planned : await answerIn(path, input)
  const { output } = context
  if (context.isJson) await output.json(json)
  else for (const line of text) await output.line(output.data(line))
  return undefined
}

function inputOf(
  context: Context,
  command: ModuleCommand<never>,
  parsed: Command,
  progress: Progress,
): CommandInput {
  const names = Object.keys(command.arguments ?? {})
  const given = (name: string): unknown =>
    parsed.getOptionValue(new Option(`--${name}`).attributeName())
  return {
    argument: (name) => parsed.args[names.indexOf(name)] ?? '',
    option: (name) => given(name) as string | undefined,
    flag: (name) => given(name) === true,
    isDryRun: given(DRY_RUN) === true,
    isRedacting: context.isRedacting,
    onProgress: (done, total) => progress.show(done, total),
  }
}

function ensureThere(context: Context, key: string, isThere: boolean): void {
  context.ensureStore()
  if (isThere) return
  throw new StoreError('NOT_FOUND', `there is no module '${key}' in ${context.storePath.path}`, {
    hint: 'name the store with --store <path>; see what is in this one: holdfast status',
  })
}
