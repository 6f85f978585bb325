/** Writes event rows: the next sequence, times that never fall, the checksum, spilled bodies. */
import type { Connection } from '../connection/connection.ts'
import { putPayload } from '../payloads/payloads.ts'
import { eventChecksum } from './checksum.ts'
import type { Heads, StreamHead } from './heads.ts'
import type { Names } from './interning.ts'
import type { RecordedEvent } from './types.ts'

/** A larger body goes to `payloads`: it would push the rows around it onto overflow pages. */
export const SPILL_LENGTH: number = 16 * 1024

const INSERT = /* sql */ `
  INSERT INTO events (sequence, stream_id, version, previous, type_id, schema_version,
    recorded_at_ms, occurred_at_ms, checksum, payload_id, origin_id, origin_sequence, metadata, data)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

/** An event that another store appended first. */
export interface Origin {
  readonly name: string
  readonly sequence: number
}

/** An event ready to be written. */
export interface InsertedEvent {
  readonly type: string
  readonly typeId: number
  readonly schemaVersion: number
  /** Its data as JSON. */
  readonly text: string
  /** Its metadata as JSON. */
  readonly metadata: string | null
  readonly occurredAtMs: number | undefined
  /** Sequence of the stream's event before it. */
  readonly previous: number | null
  readonly origin?: Origin
}

/** What an insert gives: the stream's new head, and the event without its parsed parts. */
export interface Inserted {
  readonly head: StreamHead
  readonly row: Omit<RecordedEvent, 'data' | 'metadata'>
}

/** What an inserter works with. */
export interface EventInserterOptions {
  readonly connection: Connection
  readonly heads: Heads
  readonly origins: Names
  readonly clock: () => number
}

/** Writes rows of `events` through one connection. */
export class EventInserter {
  readonly #options: EventInserterOptions
  #inserted = 0

  constructor(options: EventInserterOptions) {
    this.#options = options
  }

  /** How many rows were inserted, those rolled back since included. */
  get inserted(): number {
    return this.#inserted
  }

  /** Writes one row and moves the log's head; keeping the stream's is the caller's. */
  insert(stream: string, head: StreamHead, event: InsertedEvent): Inserted {
    const { connection, heads, origins, clock } = this.#options
    const log = heads.log()
    const sequence = log.sequence + 1
    // Monotone whatever the clock does: `at`, `keep` and binary search rely on it.
    const recordedAtMs = Math.max(clock(), log.recordedAtMs)
    const occurredAtMs = event.occurredAtMs === recordedAtMs ? null : (event.occurredAtMs ?? null)
    const version = head.version + 1
    const { type, typeId, schemaVersion, text, metadata, previous } = event
    const origin = event.origin?.name ?? null
    const originSequence = event.origin?.sequence ?? null
    const checksum = eventChecksum({
      sequence,
      stream,
      version,
      type,
      schemaVersion,
      recordedAtMs,
      occurredAtMs,
      origin,
      originSequence,
      metadata,
      data: text,
    })
    const payloadId = text.length > SPILL_LENGTH ? putPayload(connection, Buffer.from(text)) : null
    connection.run(INSERT, [
      sequence,
      head.id,
      version,
      previous,
      typeId,
      schemaVersion,
      recordedAtMs,
      occurredAtMs,
      checksum,
      payloadId,
      origin === null ? null : origins.intern(origin),
      originSequence,
      metadata,
      payloadId === null ? text : '',
    ])
    heads.setLog({ sequence, recordedAtMs })
    this.#inserted++
    return {
      head: { id: head.id, version, sequence, previous, typeId, payloadId, recordedAtMs },
      row: {
        sequence,
        stream,
        version,
        type,
        schemaVersion,
        recordedAtMs,
        occurredAtMs: occurredAtMs ?? recordedAtMs,
        origin,
        originSequence: originSequence ?? sequence,
        checksum,
      },
    }
  }
}
