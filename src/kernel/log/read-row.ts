/** One event row in its stored form, and how it becomes a {@link RecordedEvent}. */
import type { Connection } from '../connection/connection.ts'
import { readPayload } from '../payloads/payloads.ts'
import type { Names } from './interning.ts'
import type { Registry } from './registry.ts'
import type { EventMetadata, RecordedEvent } from './types.ts'
import { upcast } from './upcast.ts'

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

/** What is needed to read rows of one store. */
export interface RowContext {
  readonly connection: Connection
  readonly registry: Registry
  readonly types: Names
  readonly streams: Names
  readonly origins: Names
}

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
  return assembleEvent(
    context,
    row,
    JSON.parse(textOf(context.connection, row)),
    row.metadata === null ? null : (JSON.parse(row.metadata) as EventMetadata),
  )
}

/** An event from a row whose JSON was parsed already. */
export function assembleEvent(
  context: RowContext,
  row: Omit<EventRow, 'data' | 'metadata'>,
  data: unknown,
  metadata: EventMetadata | null,
): RecordedEvent {
  const type = nameOf(context.types, row.typeId, 'event type')
  const current = upcast(context.registry, type, row.schemaVersion, data)
  return {
    sequence: row.sequence,
    stream: nameOf(context.streams, row.streamId, 'stream'),
    version: row.version,
    type,
    schemaVersion: current.schemaVersion,
    data: current.data,
    metadata,
    recordedAtMs: row.recordedAtMs,
    occurredAtMs: row.occurredAtMs ?? row.recordedAtMs,
    origin: row.originId === null ? null : nameOf(context.origins, row.originId, 'origin'),
    originSequence: row.originSequence ?? row.sequence,
    checksum: row.checksum,
  }
}

function nameOf(names: Names, id: number, what: string): string {
  const name = names.nameOf(id)
  if (name === undefined) throw new Error(`${what} ${id} has no name`)
  return name
}
