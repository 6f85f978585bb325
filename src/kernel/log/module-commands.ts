/**
 * What a module can be told to do from the command line: `holdfast <module> <command>`. Named beside the
 * module, as its presets are, and not in its definition: no program that opens a store loads them.
 */

/** The commands of a module. */
export interface ModuleCommands<Api> {
  /** What they are about, in one line of the list of commands. */
  readonly summary: string
  /** The same in sentences. Default: the summary. */
  readonly description?: string
  readonly commands: readonly ModuleCommand<Api>[]
}

/** One of them. */
export interface ModuleCommand<Api> {
  /** In words with dashes. */
  readonly name: string
  /** What it does, in one line of the list of commands. */
  readonly summary: string
  /** The same in sentences. Default: the summary. */
  readonly description?: string
  /** By name, in order, with what each is; all of them must be given. */
  readonly arguments?: Readonly<Record<string, string>>
  /** Options with a value, by name, with what each is. */
  readonly options?: Readonly<Record<string, string>>
  /** Options without one. */
  readonly flags?: Readonly<Record<string, string>>
  /**
   * True of a command that writes to the store: it then has `--dry-run`, with which the store is open for
   * reading alone. Where the module is not in the store yet, it is run so on an empty one first, and what is
   * refused there makes nothing. Left out: the store is only read, and must be there.
   */
  readonly isChanging?: boolean
  /** Does it, by the module's API; what it throws is told with its hint. */
  readonly run: (api: Api, input: CommandInput) => CommandAnswer | Promise<CommandAnswer>
}

/** What was given on the command line. */
export interface CommandInput {
  readonly argument: (name: string) => string
  readonly option: (name: string) => string | undefined
  readonly flag: (name: string) => boolean
  /** True with `--dry-run`: nothing is to be changed. */
  readonly isDryRun: boolean
  /** True with `--redact`: what is written may have no secret in it. */
  readonly isRedacting: boolean
  /** Shows on a terminal how far long work is. */
  readonly onProgress: (done: number, total: number) => void
}

/** What is printed. */
export interface CommandAnswer {
  /** With `--json`: fields may be added, and none is renamed or removed. */
  readonly json: object
  /** Lines for people. */
  readonly text: readonly string[]
}
