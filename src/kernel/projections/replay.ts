/** Replaying the log into a scratch file: from each module's base, its events after the horizon. */
import type { DriverFactory } from '../driver/driver.ts'
import type { LogReader, OnDamage } from '../log/log-reader.ts'
import type { Module } from '../log/module.ts'
import { moduleOf } from '../log/registry.ts'
import type { ModuleRow } from '../migrations/ledger.ts'
import { readBase } from './base.ts'
import { Scratch } from './scratch.ts'

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
    this.scratch = new Scratch(factory)
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
    for (const page of this.#reader.pages({ after: this.#sequence }, onDamage)) {
      const events = page.filter(
        (event) =>
          event.sequence <= upTo &&
          event.sequence > (this.#horizons.get(moduleOf(event.type)) ?? 0),
      )
      this.scratch.fold(events)
      const last = page.at(-1)
      this.#sequence = Math.min(last?.sequence ?? this.#sequence, upTo)
      this.#onProgress?.({ sequence: this.#sequence })
      if (this.#sequence >= upTo) return
    }
  }

  /** The last sequence folded. */
  get sequence(): number {
    return this.#sequence
  }
}
