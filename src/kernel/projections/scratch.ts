/**
 * Scratch files: a module's tables made anew from the log, under their own names, in a file of
 * their own. One mechanism serves `verify`, `rebuild` and `at`.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Connection } from '../connection/connection.ts'
import type { DriverFactory } from '../driver/driver.ts'
import type { Module } from '../log/module.ts'
import { type Folding as FoldingNow, moduleOf } from '../log/registry.ts'
import type { RecordedEvent } from '../log/types.ts'
import { type Base, loadBase } from './base.ts'
import type { DamagedEvent } from './damaged.ts'
import { Folder, isQuarantinable } from './fold.ts'
import { WAITS } from './quarantine.ts'
import { makeScratchFolder } from './scratch-folder.ts'

const SAVEPOINT = /* sql */ `SAVEPOINT fold`
const RELEASE = /* sql */ `RELEASE fold`
const UNDO = /* sql */ `ROLLBACK TO fold`

// Nothing in the file outlives the process that made it, so nothing needs to reach the disk.
const SETTINGS = /* sql */ `
  PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;
  PRAGMA cache_size = -32000; PRAGMA trusted_schema = 0; PRAGMA recursive_triggers = 1`

/** An event that could not be folded, or that waits behind such a one. */
export interface Unfolded {
  readonly event: Pick<RecordedEvent, 'sequence' | 'stream'>
  readonly error: string
}

/** One module's place in a replay. */
interface Folding {
  readonly module: Module
  /** Events after this are not folded: the store's own tables do not have them either. */
  readonly upTo: number
  /** Streams and from which event on theirs wait: pages are read before they are folded. */
  readonly blocked: Map<string, number>
  readonly unfolded: Unfolded[]
}

/** A scratch file; `dispose` removes it. */
export class Scratch {
  readonly path: string
  readonly connection: Connection
  readonly #directory: string
  readonly #folder: Folder
  readonly #foldings = new Map<string, Folding>()

  constructor(factory: DriverFactory, folding: FoldingNow) {
    this.#directory = makeScratchFolder()
    this.path = join(this.#directory, 'scratch.db')
    const driver = factory.open(this.path)
    driver.exec(SETTINGS)
    const wait = { path: this.path, timeoutMs: 0, random: () => 0.5 }
    this.connection = new Connection(driver, { isReadOnly: false, wait, durability: 'normal' })
    this.#folder = new Folder(this.connection, folding)
  }

  /** Makes the module's tables, from its base if it has one; events up to `upTo` will be folded. */
  addModule(module: Module, upTo: number, base?: Base): void {
    const before = new Set(base?.header.migrations)
    for (const { id, sql } of module.migrations) if (before.has(id)) this.connection.exec(sql)
    if (base) loadBase(this.connection, base)
    for (const { id, sql } of module.migrations) if (!before.has(id)) this.connection.exec(sql)
    this.#foldings.set(module.name, { module, upTo, blocked: new Map(), unfolded: [] })
  }

  /** Names of the modules added. */
  get modules(): string[] {
    return [...this.#foldings.keys()]
  }

  /** Folds a page of the log in one transaction. */
  fold(events: readonly RecordedEvent[]): void {
    this.connection.write(() => {
      for (const event of events) this.#foldOne(event)
    })
  }

  /** Sets an event aside that could not be read; what follows it in its stream waits. */
  setAside({ type, stream, sequence, error }: DamagedEvent): void {
    const folding = this.#foldings.get(moduleOf(type))
    if (!folding || sequence > folding.upTo) return
    const from = Math.min(folding.blocked.get(stream) ?? sequence, sequence)
    folding.blocked.set(stream, from)
    folding.unfolded.push({ event: { sequence, stream }, error })
  }

  /** What of a module could not be folded. */
  unfolded(module: string): readonly Unfolded[] {
    return this.#foldings.get(module)?.unfolded ?? []
  }

  dispose(): void {
    this.connection.close()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #foldOne(event: RecordedEvent): void {
    const folding = this.#foldings.get(moduleOf(event.type))
    if (!folding || event.sequence > folding.upTo) return
    if (event.sequence > (folding.blocked.get(event.stream) ?? Number.POSITIVE_INFINITY)) {
      folding.unfolded.push({ event, error: WAITS })
      return
    }
    this.connection.run(SAVEPOINT)
    try {
      this.#folder.fold(folding.module, event)
    } catch (error) {
      if (!isQuarantinable(error)) throw error
      this.connection.run(UNDO)
      folding.blocked.set(event.stream, event.sequence)
      folding.unfolded.push({ event, error: (error as Error).message })
    }
    this.connection.run(RELEASE)
  }
}
