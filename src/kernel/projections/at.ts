/**
 * The tables as they were: replayed into a scratch file from each module's base, up to a sequence.
 * Exact or refused: what can no longer be known throws `PRUNED`, and says from where on it can.
 */
import type { Connection } from '../connection/connection.ts'
import type { DriverFactory, SqlParameters, SqlRow } from '../driver/driver.ts'
import { StoreError } from '../errors.ts'
import type { LogReader } from '../log/log-reader.ts'
import type { Module } from '../log/module.ts'
import type { ReadTransaction } from '../log/module-store.ts'
import { sequenceAt } from '../log/sequence-at.ts'
import { type ModuleRow, readModules } from '../migrations/ledger.ts'
import { findUnknowable } from './knowable.ts'
import { type OnProgress, Replay } from './replay.ts'
import type { Scratch } from './scratch.ts'

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
}

/** The tables at one place of the log, until it is closed. */
export class At {
  /** Everything up to this event is in the tables, and nothing after it. */
  readonly sequence: number
  /** Read-only SQL on the tables as they were. */
  readonly sql: ReadTransaction
  readonly #scratch: Scratch
  #isClosed = false

  /** @internal Use `store.at`. */
  constructor(sequence: number, scratch: Scratch) {
    this.sequence = sequence
    this.#scratch = scratch
    const { connection } = scratch
    this.sql = {
      get: <Row = SqlRow>(sql: string, parameters?: SqlParameters) =>
        connection.queryFirst<Row>(sql, parameters),
      all: <Row = SqlRow>(sql: string, parameters?: SqlParameters) =>
        connection.query<Row>(sql, parameters),
    }
  }

  /** Removes the scratch file. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#scratch.dispose()
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
      const replay = new Replay(context.factory, reader, replayed, onProgress)
      try {
        replay.advance(sequence)
        return new At(sequence, replay.scratch)
      } catch (error) {
        replay.scratch.dispose()
        throw error
      }
    })
  } finally {
    connection.close()
  }
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
    `sequence ${place} is not in the log, which ends at ${head}`,
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
