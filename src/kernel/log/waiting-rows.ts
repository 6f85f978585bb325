/**
 * Rows of `events` that wait for company: eight by one statement cost two thirds of what they cost one
 * by one, a fifteenth of a batch.
 *
 * Invariant: nobody can tell. The connection has them written before any statement that could see
 * `events`, before a savepoint and before COMMIT; only projections, which see nothing but their
 * module's tables, run while rows wait. They go with the transaction or the savepoint that they belong to.
 */
import type { Connection } from '../connection/connection.ts'
import type { DeferredRows } from '../connection/deferred-rows.ts'
import type { SqlValue } from '../driver/driver.ts'

/** Rows of one statement; beyond that the cost of a row falls no more. */
const ROWS = 8

const COLUMNS = `(sequence, stream_id, version, previous, type_id, schema_version,
    recorded_at_ms, occurred_at_ms, checksum, data)`
const WIDTH = 10
const ROW = '(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'
const INSERT_ONE = /* sql */ `INSERT INTO events ${COLUMNS} VALUES ${ROW}`
const INSERT_FULL = /* sql */ `INSERT INTO events ${COLUMNS} VALUES ${Array(ROWS).fill(ROW).join()}`

/** The row of an event that is no more than a body, its place and its time. */
export interface WaitingRow {
  readonly sequence: number
  readonly streamId: number
  readonly version: number
  readonly previous: number | null
  readonly typeId: number
  readonly schemaVersion: number
  readonly recordedAtMs: number
  readonly occurredAtMs: number | null
  readonly checksum: number
  readonly data: string
}

/** Rows that one connection has yet to write. */
export class WaitingRows implements DeferredRows {
  readonly #connection: Connection
  // One list for all: a new one for each row would cost what the company saves.
  readonly #values: SqlValue[] = new Array<SqlValue>(ROWS * WIDTH).fill(null)
  #end = 0

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Takes a row, which is written now or a little later. Inside a write transaction. */
  add(row: WaitingRow): void {
    const values = this.#values
    const at = this.#end
    values[at] = row.sequence
    values[at + 1] = row.streamId
    values[at + 2] = row.version
    values[at + 3] = row.previous
    values[at + 4] = row.typeId
    values[at + 5] = row.schemaVersion
    values[at + 6] = row.recordedAtMs
    values[at + 7] = row.occurredAtMs
    values[at + 8] = row.checksum
    values[at + 9] = row.data
    this.#end = at + WIDTH
    if (at === 0) this.#connection.defer(this)
    else if (this.#end === values.length) this.#connection.writeDeferred()
  }

  write(): void {
    const end = this.#end
    this.#end = 0
    if (end === this.#values.length) this.#connection.run(INSERT_FULL, this.#values)
    else {
      for (let at = 0; at < end; at += WIDTH) {
        this.#connection.run(INSERT_ONE, this.#values.slice(at, at + WIDTH))
      }
    }
  }

  drop(): void {
    this.#end = 0
  }
}
