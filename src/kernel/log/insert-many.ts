/**
 * Rows of `events` by the statement-full: what a statement costs beside its rows is then shared.
 * Only for events that are no more than a body and a time, one behind the other on one stream.
 *
 * Invariant: each row is what `EventInserter.insert` would have written for it.
 */
import type { Connection } from '../connection/connection.ts'
import type { SqlValue } from '../driver/driver.ts'
import type { Checksums } from './checksum.ts'
import type { StreamHead } from './stream-head.ts'

/** Rows of one statement; beyond that the cost of a row falls no more. */
export const ROWS_A_STATEMENT = 32

const COLUMNS = `(sequence, version, previous, stream_id, type_id, schema_version, recorded_at_ms,
    checksum, data, occurred_at_ms)`
const INSERT_ONE = /* sql */ `INSERT INTO events ${COLUMNS} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
// Binding a value costs as much as storing it: what all rows share is bound once, in the head.
const HEAD_VALUES = 8
const ROW_VALUES = 3
const ROWS: string = Array.from({ length: ROWS_A_STATEMENT }, (_, at) => `(${at}, ?, ?, ?)`).join()
const INSERT_FULL = /* sql */ `
  INSERT INTO events ${COLUMNS}
  SELECT ? + column1, ? + column1, iif(column1 = 0, ?, ? + column1), ?, ?, ?, ?,
         column2, column3, column4
  FROM (VALUES ${ROWS})`

/** An event that is only its body; not one so large that it belongs to `payloads`. */
export interface PlainEvent {
  readonly text: string
  readonly occurredAtMs: number | undefined
}

/** Events of one type that follow each other on one stream. */
export interface EventRun {
  readonly stream: string
  readonly type: string
  readonly typeId: number
  readonly schemaVersion: number
  readonly events: readonly PlainEvent[]
}

/** What an insert of many works with. */
export interface InsertManyOptions {
  readonly connection: Connection
  readonly checksums: Checksums
  /** Sequence of the event before the run's first; 0 when the log is empty. */
  readonly after: number
  readonly recordedAtMs: number
}

/**
 * Writes a run of one event or more behind `head`, and returns the stream's new one. A run that
 * does not fill a statement goes row by row, so that two statements are all there are.
 */
export function insertMany(
  head: StreamHead,
  run: EventRun,
  options: InsertManyOptions,
): StreamHead {
  const { stream, type, typeId, schemaVersion, events } = run
  const { connection, checksums, after, recordedAtMs } = options
  const isFull = events.length === ROWS_A_STATEMENT
  const shared: SqlValue[] = [head.id, typeId, schemaVersion, recordedAtMs]
  const full = isFull ? new Array<SqlValue>(HEAD_VALUES + ROW_VALUES * ROWS_A_STATEMENT) : []
  let { version, sequence: last, previous } = head
  let sequence = after
  let at = HEAD_VALUES
  for (const { text, occurredAtMs } of events) {
    sequence++
    version++
    previous = last
    last = sequence
    const occurred = occurredAtMs === recordedAtMs ? null : (occurredAtMs ?? null)
    const checksum = checksums.of({
      sequence,
      stream,
      version,
      type,
      schemaVersion,
      recordedAtMs,
      occurredAtMs: occurred,
      origin: null,
      originSequence: null,
      metadata: null,
      data: text,
    })
    if (isFull) {
      full[at] = checksum
      full[at + 1] = text
      full[at + 2] = occurred
      at += ROW_VALUES
    } else {
      connection.run(INSERT_ONE, [sequence, version, previous, ...shared, checksum, text, occurred])
    }
  }
  if (isFull) {
    const firsts = [after + 1, head.version + 1, head.sequence, after]
    for (const [place, value] of [...firsts, ...shared].entries()) full[place] = value
    connection.run(INSERT_FULL, full)
  }
  return { id: head.id, version, sequence: last, previous, typeId, payloadId: null, recordedAtMs }
}
