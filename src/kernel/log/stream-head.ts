/** The head of one stream, as the tables have it. */
import type { Connection } from '../connection/connection.ts'
import { StoreError } from '../errors.ts'

/** The newest event of a stream, and where it stands. */
export interface StreamHead {
  readonly id: number
  readonly version: number
  /** Sequence of the newest event; `null` when prune has dropped it. */
  readonly sequence: number | null
  /** Sequence of the event before it; `null` when that was dropped, or there was none. */
  readonly previous: number | null
  readonly typeId: number | null
  readonly payloadId: number | null
  readonly recordedAtMs: number
}

const FIND_STREAM = /* sql */ `
  SELECT streams.head_version AS version, events.sequence, events.previous,
         events.type_id AS typeId, events.payload_id AS payloadId,
         ifnull(events.recorded_at_ms, 0) AS recordedAtMs
  FROM streams LEFT JOIN events ON events.sequence = streams.head_sequence
  WHERE streams.id = ?`
const FIND_EVENT = /* sql */ `
  SELECT version, sequence, previous, type_id AS typeId, payload_id AS payloadId,
         recorded_at_ms AS recordedAtMs
  FROM events WHERE sequence = ?`
const FIND_NEWER = /* sql */ `
  SELECT version, sequence, previous, type_id AS typeId, payload_id AS payloadId,
         recorded_at_ms AS recordedAtMs
  FROM events WHERE sequence > ? AND stream_id = ? ORDER BY sequence DESC LIMIT 1`

type Row = Omit<StreamHead, 'id'>

/** The head of a stream before its first event. */
export function newStream(id: number): StreamHead {
  return {
    id,
    version: 0,
    sequence: null,
    previous: null,
    typeId: null,
    payloadId: null,
    recordedAtMs: 0,
  }
}

/** The head in `streams`, which is right for a stream that the tail has no event of. */
export function headInTable(connection: Connection, id: number): StreamHead {
  const row = connection.get<Row>(FIND_STREAM, [id])
  return row ? { id, ...row } : newStream(id)
}

/** The head that the event of a sequence is. */
export function headAt(connection: Connection, id: number, sequence: number): StreamHead {
  const row = connection.get<Row>(FIND_EVENT, [sequence])
  if (row) return { id, ...row }
  // Prune raises the generation, and then all that was remembered is forgotten. A lower version would be
  // given out twice.
  throw new StoreError('STORE_CORRUPT', `event ${sequence}, the newest of its stream, is gone`, {
    hint: 'see what else is damaged: holdfast verify',
  })
}

/** The head that stands behind a sequence; `undefined` where the stream has no event there. */
export function headAfter(
  connection: Connection,
  id: number,
  sequence: number,
): StreamHead | undefined {
  const row = connection.get<Row>(FIND_NEWER, [sequence, id])
  return row && { id, ...row }
}
