/**
 * Where the log and each stream end (docs/design/log.md, "Heads").
 *
 * A stream's head is kept in memory and written to `streams` every two thousand events, not with
 * each one: that would be one more page in every commit. Up to `headsThrough` the table is right;
 * the events after it, the *tail*, say the rest. So whoever knows the table and has looked through
 * the tail knows every head; another process's commits are only more tail.
 */
import type { Connection } from '../connection/connection.ts'
import { OverlayMap } from '../connection/overlay-map.ts'

/**
 * Events after which heads are written. A process that opens the store reads this many narrow rows
 * at most (half a millisecond); writing more often costs batches more.
 */
export const MAX_TAIL = 2048
// Heads kept beyond the tail, for streams that are written again and again.
const MAX_CACHED = 20_000
const TAIL_PAGE = 1000
// Up to so many streams are written one by one, which spares a look through the tail's rows.
const FEW_STREAMS = 32

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

/** The end of the log. */
export interface LogHead {
  readonly sequence: number
  readonly recordedAtMs: number
}

// As arrays in one JSON text: eight writers taking turns read each other's events all the time, and
// a row at a time costs three times as much.
type TailRow = readonly [
  streamId: number,
  version: number,
  sequence: number,
  previous: number | null,
  typeId: number,
  payloadId: number | null,
  recordedAtMs: number,
]

const FIND_STREAM = /* sql */ `
  SELECT streams.head_version AS version, events.sequence, events.previous,
         events.type_id AS typeId, events.payload_id AS payloadId,
         ifnull(events.recorded_at_ms, 0) AS recordedAtMs
  FROM streams LEFT JOIN events ON events.sequence = streams.head_sequence
  WHERE streams.id = ?`
// With max() the other columns are those of the row that has it (sqlite.org/quirks.html, "bare columns").
const WRITE_HEADS = /* sql */ `
  UPDATE streams SET
    head_version = tail.version,
    head_sequence = tail.sequence,
    removed_at_ms = iif(tail.type_id IN (SELECT value FROM json_each(:removals)), tail.recorded_at_ms, NULL)
  FROM (
    SELECT max(sequence) AS sequence, stream_id, version, type_id, recorded_at_ms
    FROM events WHERE sequence > :through GROUP BY stream_id) AS tail
  WHERE streams.id = tail.stream_id`
const WRITE_HEAD = /* sql */ `
  UPDATE streams SET head_version = :version, head_sequence = :sequence, removed_at_ms = :removedAtMs
  WHERE id = :id`
const TAIL = /* sql */ `
  SELECT '[' || group_concat(
    json_array(stream_id, version, sequence, previous, type_id, payload_id, recorded_at_ms)) || ']'
  FROM (SELECT * FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?)`
const LOG_HEAD = /* sql */ `
  SELECT sequence, recorded_at_ms AS recordedAtMs FROM events ORDER BY sequence DESC LIMIT 1`
const HEADS_THROUGH = /* sql */ `SELECT value FROM store WHERE key = 'headsThrough'`
const SET_HEADS_THROUGH = /* sql */ `
  INSERT INTO store (key, value) VALUES ('headsThrough', ?)
  ON CONFLICT (key) DO UPDATE SET value = excluded.value`

/** The heads as one connection sees them, inside its write transactions. */
export class Heads {
  readonly #connection: Connection
  readonly #removalTypes: () => readonly number[]
  readonly #streams = new OverlayMap<number, StreamHead>({
    maxEntries: Number.POSITIVE_INFINITY,
    isImmutable: true,
  })
  readonly #log = new OverlayMap<'head', LogHead>({ maxEntries: 1, isImmutable: true })
  /** All streams of the tail, and perhaps others; their heads are in memory. */
  readonly #touched = new Set<number>()
  #through = 0
  #isCurrent = false

  /** @param removalTypes ids of the types that remove their stream's entity. */
  constructor(connection: Connection, removalTypes: () => readonly number[]) {
    this.#connection = connection
    this.#removalTypes = removalTypes
    connection.addCache(this.#streams)
    connection.addCache(this.#log)
    const lookAgain = () => {
      this.#isCurrent = false
    }
    const keep = () => undefined
    // What was learnt in a transaction goes with its layers, even where it was no news of its own.
    connection.addCache({
      begin: keep,
      savepoint: keep,
      release: keep,
      rollbackTo: lookAgain,
      commit: keep,
      rollback: lookAgain,
      invalidate: lookAgain,
    })
  }

  /** The end of the log; sequence 0 when it is empty. */
  log(): LogHead {
    this.#lookThroughTail()
    return this.#log.get('head') ?? EMPTY
  }

  setLog(head: LogHead): void {
    this.#log.set('head', head)
  }

  /** The head of a stream that is in `streams`. */
  stream(id: number): StreamHead {
    this.#lookThroughTail()
    const known = this.#streams.get(id)
    if (known) return known
    const row = this.#connection.get<Omit<StreamHead, 'id'>>(FIND_STREAM, [id])
    const head: StreamHead = row ? { id, ...row } : newStream(id)
    this.#streams.set(id, head)
    return head
  }

  setStream(head: StreamHead): void {
    this.#streams.set(head.id, head)
    this.#touched.add(head.id)
  }

  /** Writes the heads once the tail is long enough. Before COMMIT. */
  flushWhenDue(): void {
    if (this.#isCurrent && this.log().sequence - this.#through >= MAX_TAIL) this.flush()
  }

  /** Writes the heads of the tail's streams, so that the tail is empty. Inside a write transaction. */
  flush(): void {
    const { sequence } = this.log()
    if (sequence === this.#through) return
    const removals = this.#removalTypes()
    if (this.#touched.size <= FEW_STREAMS) this.#writeTouched(removals)
    else {
      const bound = { through: this.#through, removals: JSON.stringify(removals) }
      this.#connection.run(WRITE_HEADS, bound)
    }
    this.#connection.run(SET_HEADS_THROUGH, [sequence])
    // Read again at the next use: should this transaction be rolled back, the tail is as it was.
    this.#isCurrent = false
  }

  #writeTouched(removals: readonly number[]): void {
    for (const id of this.#touched) {
      const head = this.#streams.get(id)
      if (!head || head.sequence === null || head.sequence <= this.#through) continue
      const { version, sequence, typeId, recordedAtMs } = head
      const isRemoved = typeId !== null && removals.includes(typeId)
      const removedAtMs = isRemoved ? recordedAtMs : null
      this.#connection.run(WRITE_HEAD, { id, version, sequence, removedAtMs })
    }
  }

  /** Forgets everything: another log is in the file. */
  clear(): void {
    this.#streams.clear()
    this.#touched.clear()
    this.#log.clear()
    this.#through = 0
    this.#isCurrent = false
  }

  // What another process has committed is read here too; what we knew before stays right.
  #lookThroughTail(): void {
    if (this.#isCurrent) return
    this.#isCurrent = true
    const before = this.#through
    this.#through = this.#connection.get<{ value: number }>(HEADS_THROUGH)?.value ?? 0
    const known = this.#log.get('head') ?? EMPTY
    // Heads were written beyond what we have seen, so that those we remember may be old; or they were
    // not written after all, so that more streams are of the tail than we remember.
    const isAnother = known.sequence < this.#through || this.#through < before
    if (isAnother || this.#streams.size > MAX_CACHED) this.#streams.clear()
    // Of the tail's streams none may be missing from memory: the table does not know them.
    this.#readTail(this.#streams.size === 0 ? this.#through : known.sequence)
    // Not where the heads are written, for that may be rolled back.
    if (this.#through !== before) this.#forgetUntouched()
  }

  #forgetUntouched(): void {
    for (const id of this.#touched) {
      if ((this.#streams.get(id)?.sequence ?? 0) <= this.#through) this.#touched.delete(id)
    }
  }

  #readTail(from: number): void {
    for (let after = from; ; ) {
      const text = this.#connection.values(TAIL, [after, TAIL_PAGE])[0]?.[0]
      const rows = typeof text === 'string' ? (JSON.parse(text) as TailRow[]) : []
      for (const row of rows) this.#seen(row)
      if (rows.length < TAIL_PAGE) break
      after = this.#log.get('head')?.sequence ?? after
    }
    const head = this.#log.get('head')
    if (!head || head.sequence < this.#through) this.#log.set('head', readLogHead(this.#connection))
  }

  // Whatever order the rows came in, the newest of a stream and of the log is what remains.
  #seen([id, version, sequence, previous, typeId, payloadId, recordedAtMs]: TailRow): void {
    const known = this.#streams.get(id)
    if ((known?.sequence ?? 0) < sequence) {
      this.setStream({ id, version, sequence, previous, typeId, payloadId, recordedAtMs })
    }
    if ((this.#log.get('head')?.sequence ?? 0) < sequence) {
      this.#log.set('head', { sequence, recordedAtMs })
    }
  }
}

const EMPTY: LogHead = { sequence: 0, recordedAtMs: 0 }

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

/** Reads the end of the log from the table. */
export function readLogHead(connection: Connection): LogHead {
  return connection.get<LogHead>(LOG_HEAD) ?? EMPTY
}
