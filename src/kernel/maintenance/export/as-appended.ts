/**
 * The text that the newest event of a stream was appended with. A row of a collection or a document has
 * its values as this program reads numbers: 1.0 is 1 there, and of an integer of 20 digits the last are
 * lost. What was imported has its own digits in the log.
 */
import type { Connection } from '../../connection/connection.ts'
import { type BodyPlace, textOf } from '../../log/stored-body.ts'

/** A select of rows beside their streams, in the parts that the newest event is joined in between. */
export interface StreamRowsSql {
  readonly columns: string
  /** Names `streams`. */
  readonly from: string
  readonly rest?: string
}

/**
 * The select with {@link NewestBody} of the newest event of `streams.id` in each row. `streams` itself is right
 * up to `headsThrough` only; what comes after that is in the tail.
 */
export function withNewestBody({ columns, from, rest = '' }: StreamRowsSql): string {
  return /* sql */ `
    WITH tail AS MATERIALIZED (
      SELECT stream_id, max(sequence) AS sequence FROM events
      WHERE sequence > ifnull((SELECT value FROM store WHERE key = 'headsThrough'), 0)
      GROUP BY stream_id)
    SELECT ${columns}, events.payload_id AS payloadId, events.data AS body
    FROM ${from}
    LEFT JOIN tail ON tail.stream_id = streams.id
    LEFT JOIN events ON events.sequence = ifnull(tail.sequence, streams.head_sequence)
    ${rest}`
}

/** Where the newest event's body is; `null` where the event has gone. */
export interface NewestBody {
  readonly payloadId: number | null
  readonly body: string | null
}

/** The event's text, if it says the same as the row's `data`; that, if it does not. */
export function asAppended(connection: Connection, newest: NewestBody, data: string): string {
  if (newest.body === null || newest.body === data) return data
  const place: BodyPlace = { payloadId: newest.payloadId, data: newest.body }
  try {
    const text = textOf(connection, place)
    return JSON.stringify(JSON.parse(text)) === data ? text : data
  } catch {
    // The event is damaged, which is for verify to say; the row is not.
    return data
  }
}
