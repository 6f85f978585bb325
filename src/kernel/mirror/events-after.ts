/**
 * Events as they are stored, page by page, for who mirrors what he has not appended himself. Only those
 * of the wanted types; one that cannot be read is named by its sequence.
 */
import type { Connection } from '../connection/connection.ts'
import { type BodyPlace, textOf } from '../log/stored-body.ts'
import type { EventMetadata } from '../log/types.ts'
import type { MirroredEvent } from './mirror-lines.ts'

const ROWS_A_PAGE = 500
// A page of events with large bodies ends sooner.
const BYTES_A_PAGE = 1024 * 1024

const EVENTS = /* sql */ `
  SELECT events.sequence, streams.name AS stream, event_types.name AS type,
         ifnull(occurred_at_ms, recorded_at_ms) AS atMs, payload_id AS payloadId, metadata, data,
         payload_id IS NOT NULL OR json_valid(data) AS isJson
  FROM events LEFT JOIN streams ON streams.id = stream_id
    LEFT JOIN event_types ON event_types.id = type_id
  WHERE events.sequence > :after AND events.sequence <= :through
    AND (:types IS NULL OR type_id IN (SELECT value FROM json_each(:types)))
  ORDER BY events.sequence LIMIT ${ROWS_A_PAGE}`
const TYPES = /* sql */ `SELECT id, name FROM event_types`

interface Row extends BodyPlace {
  readonly sequence: number
  readonly stream: string | null
  readonly type: string | null
  readonly atMs: number
  readonly metadata: string | null
  readonly isJson: number
}

/** A part of the log; `after` is exclusive. */
export interface EventRange {
  readonly after: number
  readonly through: number
  /** Tells which types are wanted; left out: all. */
  readonly wants: ((type: string) => boolean) | undefined
}

/** A page of events. */
export interface EventPage {
  /** A number stands for an event that cannot be read. */
  readonly events: readonly (MirroredEvent | number)[]
  /** Everything up to here is in it, or not wanted. */
  readonly through: number
}

/** The next events of a range. */
export function readPage(connection: Connection, { after, through, wants }: EventRange): EventPage {
  // In one view of the store, so that no body goes after its row was read.
  return connection.read(() => {
    const types = wants ? JSON.stringify(wantedIds(connection, wants)) : null
    const rows = connection.all<Row>(EVENTS, { after, through, types })
    return pageOf(connection, rows, through)
  })
}

function pageOf(connection: Connection, rows: readonly Row[], through: number): EventPage {
  const events: (MirroredEvent | number)[] = []
  let bytes = 0
  for (const row of rows) {
    const event = eventOf(connection, row)
    events.push(event)
    bytes += typeof event === 'number' ? 0 : event.text.length
    if (bytes >= BYTES_A_PAGE) return { events, through: row.sequence }
  }
  const isLast = rows.length < ROWS_A_PAGE
  return { events, through: isLast ? through : (rows.at(-1)?.sequence ?? through) }
}

function eventOf(connection: Connection, row: Row): MirroredEvent | number {
  const { sequence, stream, type, atMs } = row
  if (stream === null || type === null || row.isJson !== 1) return sequence
  try {
    const text = textOf(connection, row)
    if (row.payloadId !== null) JSON.parse(text)
    const metadata = row.metadata === null ? null : (JSON.parse(row.metadata) as EventMetadata)
    return { sequence, stream, type, atMs, metadata, text }
  } catch {
    // Its body is gone, or it is not JSON: `verify` says more of it.
    return sequence
  }
}

function wantedIds(connection: Connection, wants: (type: string) => boolean): number[] {
  const types = connection.all<{ id: number; name: string }>(TYPES)
  return types.filter(({ name }) => wants(name)).map(({ id }) => id)
}
