/** Replaying the log into a scratch file: from each module's base, its events after the horizon. */
import type { DriverFactory } from '../driver/driver.ts'
import type { LogReader, OnDamage } from '../log/log-reader.ts'
import type { Module } from '../log/module.ts'
import { moduleOf } from '../log/registry.ts'
import type { ModuleRow } from '../migrations/ledger.ts'
import { readBase } from './base.ts'
import { typesOf } from './catch-up.ts'
import { Scratch } from './scratch.ts'

const ALL_TYPES = /* sql */ `SELECT count(*) AS count FROM event_types`

/** A module to be replayed and what the store says of it. */
export interface ReplayedModule {
  readonly module: Module
  readonly row: ModuleRow
  /** Last sequence to fold; the head when left out. */
  readonly upTo?: number
}

/** How far a replay has come. */
export interface ReplayProgress {
  readonly sequence: number
}

/** Told now and then; long work is not silent. */
export type OnProgress = (progress: ReplayProgress) => void

/** A replay under way: it can be carried on when the log has grown. */
export class Replay {
  readonly scratch: Scratch
  readonly #reader: LogReader
  readonly #onProgress: OnProgress | undefined
  readonly #horizons: ReadonlyMap<string, number>
  #sequence: number

  constructor(
    factory: DriverFactory,
    reader: LogReader,
    modules: readonly ReplayedModule[],
    onProgress?: OnProgress,
  ) {
    this.scratch = new Scratch(factory, reader.context.registry.folding)
    this.#reader = reader
    this.#onProgress = onProgress
    this.#horizons = new Map(modules.map(({ module, row }) => [module.name, row.horizon]))
    this.#sequence = Math.min(...this.#horizons.values())
    try {
      for (const { module, row, upTo } of modules) {
        const base = readBase(reader.context.connection, row)
        this.scratch.addModule(module, upTo ?? Number.MAX_SAFE_INTEGER, base)
      }
    } catch (error) {
      this.scratch.dispose()
      throw error
    }
  }

  /** Folds everything after what was folded already, up to `upTo` or the head. */
  advance(upTo: number = Number.MAX_SAFE_INTEGER, onDamage?: OnDamage): void {
    if (this.#horizons.size === 0) return
    // The head first: the types of all events up to it are then known.
    const through = Math.min(upTo, this.#reader.head())
    const types = this.#types()
    const after = this.#sequence
    for (const page of this.#reader.pages({ after, ...(types && { types }) }, onDamage)) {
      const events = page.filter(
        (event) =>
          event.sequence <= through &&
          event.sequence > (this.#horizons.get(moduleOf(event.type)) ?? 0),
      )
      this.scratch.fold(events)
      const last = page.at(-1)?.sequence ?? through
      this.#onProgress?.({ sequence: Math.min(last, through) })
      if (last >= through) break
    }
    this.#sequence = Math.max(after, through)
  }

  // Of a long log a module may want a handful: the others are not even parsed.
  #types(): string[] | undefined {
    const { connection } = this.#reader.context
    const types = [...this.#horizons.keys()].flatMap((module) => typesOf(connection, module))
    const all = connection.get<{ count: number }>(ALL_TYPES)?.count
    return types.length === all ? undefined : types
  }

  /** Everything up to this sequence is folded. */
  get sequence(): number {
    return this.#sequence
  }
}
