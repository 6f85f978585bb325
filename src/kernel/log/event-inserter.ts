/** Writes event rows: the next sequence, times that never fall, the checksum, spilled bodies. */
import type { Connection } from '../connection/connection.ts'
import type { PackedText } from '../payloads/pack-in-place.ts'
import { putPacked, putPayload } from '../payloads/payloads.ts'
import { Checksums } from './checksum.ts'
import { type EncodedData, encodeMetadata } from './encode.ts'
import type { Heads, LogHead } from './heads.ts'
import { type EventRun, insertMany } from './insert-many.ts'
import type { Names } from './interning.ts'
import type { StreamHead } from './stream-head.ts'
import type { EventMetadata, RecordedEvent } from './types.ts'
import { WaitingRows } from './waiting-rows.ts'

/** A larger body goes to `payloads`: it would push the rows around it onto overflow pages. */
export const SPILL_LENGTH: number = 4 * 1024

/** Inserts a row of `events`, all columns given by their names in {@link EventRow}. */
export const INSERT_EVENT = /* sql */ `
  INSERT INTO events (sequence, stream_id, version, previous, type_id, schema_version,
    recorded_at_ms, occurred_at_ms, checksum, data, payload_id, origin_id, origin_sequence, metadata)
  VALUES (:sequence, :streamId, :version, :previous, :typeId, :schemaVersion,
    :recordedAtMs, :occurredAtMs, :checksum, :data, :payloadId, :originId, :originSequence, :metadata)`

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
  readonly data: EncodedData
  /** Stands for the text of `data`, where that is too large to be held. */
  readonly packed?: PackedText | undefined
  readonly metadata: EventMetadata | undefined
  readonly occurredAtMs: number | undefined
  /** Sequence of the stream's event before it. */
  readonly previous: number | null
  readonly origin?: Origin
}

/** What an insert gives: the stream's new head, and the event as projections get it. */
export interface Inserted {
  readonly head: StreamHead
  readonly event: RecordedEvent
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
  readonly #checksums = new Checksums()
  readonly #waiting: WaitingRows
  #inserted = 0

  constructor(options: EventInserterOptions) {
    this.#options = options
    this.#waiting = new WaitingRows(options.connection)
  }

  /** How many rows were inserted, those rolled back since included. */
  get inserted(): number {
    return this.#inserted
  }

  /** Writes one row, or lets it wait for others, and moves the log's head; keeping the stream's is the caller's. */
  insert(stream: string, head: StreamHead, event: InsertedEvent): Inserted {
    const { connection, heads, origins } = this.#options
    const log = heads.log()
    const sequence = log.sequence + 1
    const recordedAtMs = this.#timeAfter(log)
    const occurredAtMs = event.occurredAtMs === recordedAtMs ? null : (event.occurredAtMs ?? null)
    const version = head.version + 1
    const { type, typeId, schemaVersion, previous } = event
    const { text, value } = event.data
    const { text: metadata, value: metadataValue } = encodeMetadata(type, event.metadata)
    const origin = event.origin?.name ?? null
    const originSequence = event.origin?.sequence ?? null
    const summed = {
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
    }
    const { packed } = event
    const checksum = packed ? this.#checksums.ofSummed(summed, packed) : this.#checksums.of(summed)
    const payloadId = this.#spill(text, packed)
    const originId = origin === null ? null : origins.intern(origin)
    const row = {
      sequence,
      streamId: head.id,
      version,
      previous,
      typeId,
      schemaVersion,
      recordedAtMs,
      occurredAtMs,
      checksum,
      data: payloadId === null ? text : '',
    }
    // Binding costs more than storing: what most events leave empty is a text of its own.
    if (payloadId === null && originId === null && metadata === null) this.#waiting.add(row)
    else connection.run(INSERT_EVENT, { ...row, payloadId, originId, originSequence, metadata })
    heads.setLog({ sequence, recordedAtMs })
    this.#inserted++
    return {
      head: { id: head.id, version, sequence, previous, typeId, payloadId, recordedAtMs },
      event: {
        sequence,
        stream,
        version,
        type,
        schemaVersion,
        data: value,
        metadata: metadataValue,
        recordedAtMs,
        occurredAtMs: occurredAtMs ?? recordedAtMs,
        origin,
        originSequence: originSequence ?? sequence,
        checksum,
      },
    }
  }
  /** Writes a run of plain events; as with `insert`, keeping the stream's head is the caller's. */
  insertMany(head: StreamHead, run: EventRun): StreamHead {
    const { connection, heads } = this.#options
    const log = heads.log()
    const recordedAtMs = this.#timeAfter(log)
    const after = log.sequence
    const checksums = this.#checksums
    const next = insertMany(head, run, { connection, checksums, after, recordedAtMs })
    heads.setLog({ sequence: after + run.events.length, recordedAtMs })
    this.#inserted += run.events.length
    return next
  }

  #spill(text: string, packed: PackedText | undefined): number | null {
    const { connection } = this.#options
    if (packed) return putPacked(connection, packed)
    return text.length > SPILL_LENGTH ? putPayload(connection, Buffer.from(text)) : null
  }

  // Monotone whatever the clock does: `at`, `keep` and binary search rely on it.
  #timeAfter(log: LogHead): number {
    const { clock } = this.#options
    return Math.max(clock(), log.recordedAtMs)
  }
}
