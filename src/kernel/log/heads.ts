/**
 * Where the log and each stream end. Heads live in memory while a transaction runs and are
 * written once each before COMMIT: one update a touched stream, however many events it got.
 */
import type { Connection } from '../connection/connection.ts'
import { OverlayMap } from '../connection/overlay-map.ts'

const MAX_CACHED = 10_000

/** A state event of a stream, or a removal: what a newer one supersedes. */
export interface StateEvent {
  readonly sequence: number
  readonly version: number
  readonly checksum: number
  readonly typeId: number
  readonly payloadId: number | null
  /** True with `keep: 'latest'`; one that is kept stays, and is only compared with. */
  readonly isReplaceable: boolean
}

/** The events that the stream's next state will supersede, oldest first; one, unless consumers lag. */
export interface StateEvents {
  readonly events: readonly StateEvent[]
  /** False for a stream too long to look through: nothing of it is superseded at append. */
  readonly isComplete: boolean
}

/** A row of `streams`, ahead of the table while a transaction runs. */
export interface StreamHead {
  readonly id: number
  readonly version: number
  readonly removedAtMs: number | null
  readonly droppedCount: number
  readonly droppedSum: number
  /** `undefined`: not looked for yet. */
  readonly states: StateEvents | undefined
  readonly isStored: boolean
}

/** The end of the log. */
export interface LogHead {
  readonly sequence: number
  readonly recordedAtMs: number
}

const FIND_STREAM = /* sql */ `
  SELECT id, head_version AS version, removed_at_ms AS removedAtMs, dropped_count AS droppedCount,
         dropped_sum AS droppedSum
  FROM streams WHERE name = ?`
const ADD_STREAM = /* sql */ `INSERT INTO streams (name, head_version) VALUES (?, ?)`
const UPDATE_STREAM = /* sql */ `
  UPDATE streams SET head_version = ?, removed_at_ms = ?, dropped_count = ?, dropped_sum = ?
  WHERE id = ?`
const LOG_HEAD = /* sql */ `
  SELECT sequence, recorded_at_ms AS recordedAtMs FROM events ORDER BY sequence DESC LIMIT 1`

/** The heads as one connection sees them. */
export class Heads {
  readonly #connection: Connection
  readonly #streams = new OverlayMap<string, StreamHead>({ maxEntries: MAX_CACHED })
  readonly #log = new OverlayMap<'head', LogHead>({ maxEntries: 1 })

  constructor(connection: Connection) {
    this.#connection = connection
    connection.addCache(this.#streams)
    connection.addCache(this.#log)
  }

  /** The end of the log; sequence 0 when it is empty. Inside a write transaction. */
  log(): LogHead {
    let head = this.#log.get('head')
    if (!head) {
      head = readLogHead(this.#connection)
      this.#log.set('head', head)
    }
    return head
  }

  setLog(head: LogHead): void {
    this.#log.set('head', head)
  }

  /** A stream's head, or `undefined` when it never had an event. Inside a write transaction. */
  stream(name: string): StreamHead | undefined {
    const cached = this.#streams.get(name)
    if (cached) return cached
    const row = this.#connection.get<Omit<StreamHead, 'states' | 'isStored'>>(FIND_STREAM, [name])
    if (!row) return undefined
    const head: StreamHead = { ...row, states: undefined, isStored: true }
    this.#streams.set(name, head)
    return head
  }

  /** Adds a stream that is about to get its first `count` events. */
  addStream(name: string, count: number): StreamHead {
    const id = this.#connection.run(ADD_STREAM, [name, count]).lastInsertRowid
    return {
      id,
      version: 0,
      removedAtMs: null,
      droppedCount: 0,
      droppedSum: 0,
      states: { events: [], isComplete: true },
      // The row says `count` already; it is right unless fewer events are stored in the end.
      isStored: true,
    }
  }

  setStream(name: string, head: StreamHead): void {
    this.#streams.set(name, head)
  }

  /** Writes every head that moved. Before COMMIT. */
  flush(): void {
    for (const [name, head] of this.#streams.changed()) {
      if (head.isStored) continue
      this.#connection.run(UPDATE_STREAM, [
        head.version,
        head.removedAtMs,
        head.droppedCount,
        head.droppedSum,
        head.id,
      ])
      this.#streams.set(name, { ...head, isStored: true })
    }
  }

  clear(): void {
    this.#streams.clear()
    this.#log.clear()
  }
}

/** Reads the end of the log from the table. */
export function readLogHead(connection: Connection): LogHead {
  return connection.get<LogHead>(LOG_HEAD) ?? { sequence: 0, recordedAtMs: 0 }
}
