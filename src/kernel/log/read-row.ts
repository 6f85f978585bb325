/** One event row in its stored form, and how it becomes a {@link RecordedEvent}. */
import type { Checksums } from './checksum.ts'
import type { RowContext } from './row-context.ts'
import { type BodyPlace, textOf } from './stored-body.ts'
import type { EventMetadata, RecordedEvent } from './types.ts'

/** A row of `events`, columns in this order in every select. */
export interface EventRow extends BodyPlace {
  readonly sequence: number
  readonly streamId: number
  readonly version: number
  readonly typeId: number
  readonly schemaVersion: number
  readonly recordedAtMs: number
  readonly occurredAtMs: number | null
  readonly checksum: number
  readonly originId: number | null
  readonly originSequence: number | null
  readonly metadata: string | null
}

/** The select list that gives {@link EventRow}. */
export const EVENT_COLUMNS = `sequence, stream_id AS streamId, version, type_id AS typeId,
  schema_version AS schemaVersion, recorded_at_ms AS recordedAtMs, occurred_at_ms AS occurredAtMs,
  checksum, payload_id AS payloadId, origin_id AS originId, origin_sequence AS originSequence,
  metadata, data`

/** Tells whether a row, its body included, is what was appended; throws where a name or the body is missing. */
export function isIntact(context: RowContext, checksums: Checksums, row: EventRow): boolean {
  const type = context.types.nameOf(row.typeId)
  const stream = context.streams.nameOf(row.streamId)
  const origin = row.originId === null ? null : context.origins.nameOf(row.originId)
  if (type === undefined || stream === undefined || origin === undefined) {
    throw new Error('its type, stream or origin has no name')
  }
  const data = textOf(context.connection, row)
  return checksums.of({ ...row, type, stream, origin, data }) === row.checksum
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
