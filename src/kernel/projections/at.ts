/**
 * The tables as they were: replayed into a scratch file from each module's base, up to a sequence.
 * Exact or refused: what can no longer be known throws `PRUNED`, and says from where on it can.
 */
import { shown } from '../arguments.ts'
import type { Connection } from '../connection/connection.ts'
import type { DriverFactory, SqlParameters, SqlRow } from '../driver/driver.ts'
import { StoreError } from '../errors.ts'
import type { LogReader } from '../log/log-reader.ts'
import type { Module } from '../log/module.ts'
import type { ReadTransaction } from '../log/module-store.ts'
import { sequenceAt } from '../log/sequence-at.ts'
import { type ModuleRow, readModules } from '../migrations/ledger.ts'
import type { AtCache, SharedScratch } from './at-cache.ts'
import { findUnknowable } from './knowable.ts'
import { type OnProgress, Replay } from './replay.ts'

/** Options of `at`. */
export interface AtOptions {
  /** Keys of the modules to show; left out: all. */
  readonly modules?: readonly string[]
  /** Told of the last sequence replayed, a few times a second. */
  readonly onProgress?: OnProgress
}

/** What `at` works with. */
export interface AtContext {
  readonly factory: DriverFactory
  readonly openReader: () => Connection
  readonly readerOn: (connection: Connection) => LogReader
  readonly atCache: AtCache
}

const LOG_ID = /* sql */ `SELECT value AS logId FROM store WHERE key = 'logId'`

/** The tables at one place of the log, until it is closed. */
export class At {
  /** Everything up to this event is in the tables, and nothing after it. */
  readonly sequence: number
  /** Read-only SQL on the tables as they were. */
  readonly sql: ReadTransaction
  readonly #shared: SharedScratch
  #isClosed = false

  /** @internal Use `store.at`. */
  constructor(sequence: number, shared: SharedScratch) {
    this.sequence = sequence
    this.#shared = shared
    const connection = () => this.#connection()
    this.sql = {
      get: <Row = SqlRow>(sql: string, parameters?: SqlParameters) =>
        connection().queryFirst<Row>(sql, parameters),
      all: <Row = SqlRow>(sql: string, parameters?: SqlParameters) =>
        connection().query<Row>(sql, parameters),
    }
  }

  /** Gives the scratch file up; the next `at` of the same place may take it over. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#shared.release()
  }

  #connection(): Connection {
    if (!this.#isClosed) return this.#shared.scratch.connection
    throw new StoreError('STORE_CLOSED', `the tables at sequence ${this.sequence} were closed`, {
      hint: 'ask for them again: store.at(sequence)',
    })
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

/** Replays `modules` up to a sequence or a time. */
export function openAt(
  context: AtContext,
  modules: readonly Module[],
  place: number | Date,
  onProgress?: OnProgress,
): At {
  const connection = context.openReader()
  try {
    const reader = context.readerOn(connection)
    // One view for the check and the replay: what is known now may be pruned a moment later.
    return connection.read(() => {
      const sequence = sequenceOf(connection, reader, place)
      const rows = readModules(connection)
      const replayed = modules.map((module) => {
        const row = rows.get(module.name) ?? newRow(module)
        ensureKnowable(connection, module, row, sequence)
        return { module, row, upTo: sequence }
      })
      // After the check: whether a place is given must not depend on who asked for it before.
      const key = keyOf(connection, modules, sequence)
      const known = context.atCache.find(key)
      if (known) return new At(sequence, known)
      const replay = new Replay(context.factory, reader, replayed, onProgress)
      try {
        replay.advance(sequence)
        return new At(sequence, context.atCache.add(key, replay.scratch))
      } catch (error) {
        replay.scratch.dispose()
        throw error
      }
    })
  } finally {
    connection.close()
  }
}

// The order of the modules is of no account, nor is what another log has at this place.
function keyOf(connection: Connection, modules: readonly Module[], sequence: number): string {
  const logId = connection.get<{ logId: string }>(LOG_ID)?.logId
  return JSON.stringify([logId, sequence, ...modules.map(({ name }) => name).sort()])
}

function sequenceOf(connection: Connection, reader: LogReader, place: number | Date): number {
  if (place instanceof Date) {
    const atMs = place.getTime()
    if (Number.isFinite(atMs)) return sequenceAt(connection, atMs)
    throw new StoreError('ARGUMENT_INVALID', 'at was given a Date that is none', {
      hint: 'give a sequence or a valid Date',
    })
  }
  const head = reader.head()
  if (Number.isInteger(place) && place >= 0 && place <= head) return place
  throw new StoreError(
    'ARGUMENT_INVALID',
    `sequence ${shown(place)} is not in the log, which ends at ${head}`,
    {
      hint: `give a whole number from 0 to ${head}, or a Date`,
    },
  )
}

function ensureKnowable(
  connection: Connection,
  module: Module,
  row: ModuleRow,
  sequence: number,
): void {
  const unknowable = findUnknowable(connection, module, row, sequence)
  if (!unknowable) return
  const { why, knownFrom } = unknowable
  throw new StoreError(
    'PRUNED',
    `the tables of module '${module.name}' at sequence ${sequence} ${why}; they are known from ${knownFrom} on`,
    { hint: `ask for ${knownFrom} or later, or for other modules: at(…, { modules: […] })` },
  )
}

function newRow({ name, version }: Module): ModuleRow {
  return {
    name,
    version,
    behindFrom: null,
    horizon: 0,
    baseId: null,
    baseStream: 0,
    holder: null,
    shape: null,
  }
}
