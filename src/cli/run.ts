/**
 * From arguments to an exit code: loads the parser and the one command that was named, runs it,
 * and turns every failure into a message on stderr and a code.
 */
import { Command, CommanderError } from 'commander'
import { COMMANDS, type CommandName } from './commands.ts'
import { Context, type GlobalOptions } from './context.ts'
import { EXIT_CODES, exitCodeOf, type Failure, failureOf, writeFailure } from './failures.ts'
import { endOnOutputError } from './output/closed-pipe.ts'
import { version } from './version.ts'

/** What a command does; its result is the exit code, 0 when there is none. */
export type Action<Args extends unknown[]> = (
  context: Context,
  ...args: Args
) => Promise<number | undefined> | number | undefined

/** Gives an action its context; every command's file calls it once. */
export type Runner = <Args extends unknown[]>(
  action: Action<Args>,
) => (...args: Args) => Promise<void>

const NOTE_ON_EXIT = `
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 busy, 4 damage found.`

/** Runs the program; resolves to its exit code and never rejects. */
export async function run(argv: readonly string[]): Promise<number> {
  // Known before parsing, because a failure to parse is told in the same way.
  const isJson = argv.includes('--json')
  endOnOutputError(isJson)
  try {
    return await runCommand(argv)
  } catch (error) {
    if (error instanceof CommanderError) return endOfParsing(error, argv)
    const failure = failureOf(error)
    writeFailure(failure, isJson)
    return exitCodeOf(failure)
  }
}

/** The whole program, with the named commands loaded; with all of them when none is named. */
export async function makeProgram(argv: readonly string[], runner: Runner): Promise<Command> {
  const program = new Command('holdfast')
    .description('Shows, checks and queries a Holdfast store, and moves data in and out of it.')
    .version(version())
    .option(
      '--store <path>',
      "the store's file (default: HOLDFAST_STORE, the project's, the user's)",
    )
    .option(
      '--modules <file>',
      'JavaScript file that exports `modules` (default: holdfast.config.js)',
    )
    .option('--json', 'print JSON instead of text', false)
    .option('--no-color', 'print without colours (also: NO_COLOR)')
    .option('--raw', 'do not replace control characters in data', false)
    .option(
      '--redact',
      'take secrets out of what is printed, and of what export --json writes',
      false,
    )
    .configureHelp({ showGlobalOptions: true, helpWidth: HELP_WIDTH })
    // What commander says goes through writeFailure, in the one format of this program.
    .configureOutput({ writeErr: () => undefined })
    .exitOverride()
    .addHelpText('afterAll', NOTE_ON_EXIT)
  const names = Object.keys(COMMANDS) as CommandName[]
  const named = names.filter((name) => argv.includes(name))
  const wanted = named.length > 0 && argv[0] !== 'help' ? named : names
  for (const name of wanted) {
    const { register } = await COMMANDS[name]()
    register(program, runner)
  }
  await mountOwn(program, argv, runner)
  for (const command of program.commands) command.copyInheritedSettings(program)
  return program
}

// A name that is none of ours may be a module's of the config file, which is loaded for nothing less.
async function mountOwn(program: Command, argv: readonly string[], runner: Runner): Promise<void> {
  const [key] = program.parseOptions([...argv]).operands
  if (key === undefined || key === 'help' || Object.hasOwn(COMMANDS, key)) return
  const { modules, commands } = await new Context(program.opts<GlobalOptions>()).loadOwn()
  const own = Object.hasOwn(commands, key) ? commands[key] : undefined
  if (!own) return
  const { mounted } = await import('./module-commands.ts')
  mounted({ key, commands: own, load: async () => modules }).register(program, runner)
}

// Not the terminal's width: docs/cli.md is compared with it.
const HELP_WIDTH = 100

async function runCommand(argv: readonly string[]): Promise<number> {
  let code: number = EXIT_CODES.done
  const program = await makeProgram(argv, (action) => async (...args) => {
    const context = new Context(program.opts<GlobalOptions>())
    code = (await action(context, ...args)) ?? EXIT_CODES.done
  })
  await program.parseAsync(argv, { from: 'user' })
  return code
}

// Help and version were printed and are no failure; everything else is wrong usage.
function endOfParsing(error: CommanderError, argv: readonly string[]): number {
  if (error.exitCode === 0) return EXIT_CODES.done
  const asked = argv.includes('help') ? argv[argv.indexOf('help') + 1] : undefined
  const noCommand = asked === undefined ? 'no command was given' : `unknown command '${asked}'`
  const failure: Failure = {
    code: 'ARGUMENT_INVALID',
    message: error.code === 'commander.help' ? noCommand : oneLine(error.message),
    hint: 'see: holdfast --help',
  }
  writeFailure(failure, argv.includes('--json'))
  return EXIT_CODES.usage
}

// A suggestion stands on a line of its own.
function oneLine(message: string): string {
  return message.replace(/^error: /, '').replaceAll('\n', ' ')
}
