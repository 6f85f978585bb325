/** What every command is given: the global options, settled. */
import { existsSync } from 'node:fs'
import { resolveStorePath, StoreError, type StorePath } from '../index.ts'
import { type LoadedModules, loadModules, loadOwn, type OwnModules } from './load-modules.ts'
import { Output } from './output/output.ts'

/** The options that every command takes, as parsed. */
export interface GlobalOptions {
  readonly store?: string
  readonly modules?: string
  readonly json: boolean
  readonly color: boolean
  readonly raw: boolean
  readonly redact: boolean
}

/** The settled global options. */
export class Context {
  readonly isJson: boolean
  /** True when secrets are to be taken out of what leaves the store. */
  readonly isRedacting: boolean
  readonly output: Output
  readonly #options: GlobalOptions
  #storePath: StorePath | undefined

  constructor(options: GlobalOptions) {
    this.#options = options
    this.isJson = options.json
    this.isRedacting = options.redact
    // https://no-color.org: any value that is not empty.
    const isColor = options.color && (process.env['NO_COLOR'] ?? '') === ''
    this.output = new Output({
      isColor: isColor && process.env['TERM'] !== 'dumb',
      isRaw: options.raw,
      isRedacting: options.redact,
    })
  }

  /** Which store, and why. */
  get storePath(): StorePath {
    const { store } = this.#options
    this.#storePath ??= resolveStorePath({
      cwd: process.cwd(),
      env: process.env,
      ...(store === undefined ? {} : { explicit: store }),
    })
    return this.#storePath
  }

  /** Throws where there is no store yet, for commands that open one for writing and would make it. */
  ensureStore(): void {
    const { path } = this.storePath
    if (existsSync(path)) return
    throw new StoreError('STORE_MISSING', `there is no store at ${path}`, {
      hint: 'name it with --store <path>, or make it: holdfast import <folder>',
    })
  }

  /** The modules to open the store with, and their presets; `isComplete`: all that there are. */
  loadModules({ isComplete = false }: { isComplete?: boolean } = {}): Promise<LoadedModules> {
    return loadModules(this.storePath, { file: this.#options.modules, isComplete })
  }

  /** What the config file exports, and nothing else. */
  loadOwn(): Promise<OwnModules> {
    return loadOwn(this.storePath, this.#options.modules)
  }

  /** One line on stderr, for people; nothing with `--json`. */
  note(text: string): void {
    if (!this.isJson) process.stderr.write(`${this.output.data(text)}\n`)
  }
}
