/** One event row in its stored form, and how it becomes a {@link RecordedEvent}. */
import type { Connection } from '../connection/connection.ts'
import { readPayload } from '../payloads/payloads.ts'
import type { RowContext } from './row-context.ts'
import type { EventMetadata, RecordedEvent } from './types.ts'

/** A row of `events`, columns in this order in every select. */
export interface EventRow {
  readonly sequence: number
  readonly streamId: number
  readonly version: number
  readonly typeId: number
  readonly schemaVersion: number
  readonly recordedAtMs: number
  readonly occurredAtMs: number | null
  readonly checksum: number
  readonly payloadId: number | null
  readonly originId: number | null
  readonly originSequence: number | null
  readonly metadata: string | null
  readonly data: string
}

/** The select list that gives {@link EventRow}. */
export const EVENT_COLUMNS = `sequence, stream_id AS streamId, version, type_id AS typeId,
  schema_version AS schemaVersion, recorded_at_ms AS recordedAtMs, occurred_at_ms AS occurredAtMs,
  checksum, payload_id AS payloadId, origin_id AS originId, origin_sequence AS originSequence,
  metadata, data`

const STORED_TEXT = /* sql */ `SELECT payload_id AS payloadId, data FROM events WHERE sequence = ?`

/** The data of a row as the JSON text that was appended. */
export function textOf(
  connection: Connection,
  row: { readonly payloadId: number | null; readonly data: string },
): string {
  if (row.payloadId === null) return row.data
  return Buffer.from(readPayload(connection, row.payloadId)).toString()
}

/** The JSON text of one event, or `undefined` when it is not there. */
export function readStoredText(connection: Connection, sequence: number): string | undefined {
  const row = connection.get<{ payloadId: number | null; data: string }>(STORED_TEXT, [sequence])
  return row && textOf(connection, row)
}

/** A row as an event; throws where its data is not JSON or a name is missing. */
export function eventOf(context: RowContext, row: EventRow): RecordedEvent {
  const type = context.typeOf(row.typeId)
  const data: unknown = JSON.parse(textOf(context.connection, row))
  return {
    sequence: row.sequence,
    stream: context.streamOf(row.streamId),
    version: row.version,
    type: type.name,
    schemaVersion: type.schemaVersion ?? row.schemaVersion,
    data: context.upcast(type, row.schemaVersion, data),
    metadata: row.metadata === null ? null : (JSON.parse(row.metadata) as EventMetadata),
    recordedAtMs: row.recordedAtMs,
    occurredAtMs: row.occurredAtMs ?? row.recordedAtMs,
    origin: row.originId === null ? null : context.originOf(row.originId),
    originSequence: row.originSequence ?? row.sequence,
    checksum: row.checksum,
  }
}
