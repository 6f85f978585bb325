/**
 * Where the log and each stream end (docs/design/log.md, "Heads").
 *
 * A stream's head is kept in memory and written to `streams` every four thousand events, not with
 * each one: that would be one more page in every commit. Up to `headsThrough` the table is right;
 * the events after it, the *tail*, say the rest. So whoever knows the table and has looked through
 * the tail knows every head; another process's commits are only more tail.
 */
import type { Connection } from '../connection/connection.ts'
import { OverlayMap } from '../connection/overlay-map.ts'
import { OverlayValue } from '../connection/overlay-value.ts'
import { StoreError } from '../errors.ts'

/**
 * Events after which heads are written. A process that opens the store reads this many narrow rows
 * at most (a millisecond); writing more often costs batches more.
 */
export const MAX_TAIL = 4096
// Heads kept beyond the tail, for streams that are written again and again.
const MAX_CACHED = 20_000
const TAIL_PAGE = 1000
// Up to so many streams are written one by one, which spares a look through the tail's rows.
const FEW_STREAMS = 1000

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
  UPDATE streams SET head_version = ?, head_sequence = ?, removed_at_ms = ? WHERE id = ?`
const FIND_EVENT = /* sql */ `
  SELECT version, sequence, previous, type_id AS typeId, payload_id AS payloadId,
         recorded_at_ms AS recordedAtMs
  FROM events WHERE sequence = ?`
// One text a page, for a row at a time costs five times as much; and of each event only whose it is,
// for eight writers taking turns pass over a thousand events that they will never ask for.
const TAIL = /* sql */ `
  SELECT json_group_array(stream_id), count(*), max(sequence)
  FROM (SELECT sequence, stream_id FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?)`
const TAIL_WITH_GAPS = /* sql */ `
  SELECT sequence, stream_id FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?`
const LOG_HEAD = /* sql */ `
  SELECT sequence, recorded_at_ms AS recordedAtMs FROM events ORDER BY sequence DESC LIMIT 1`
const HEADS_THROUGH = /* sql */ `SELECT value FROM store WHERE key = 'headsThrough'`
const SET_HEADS_THROUGH = /* sql */ `
  INSERT INTO store (key, value) VALUES ('headsThrough', ?)
  ON CONFLICT (key) DO UPDATE SET value = excluded.value`

const EMPTY: LogHead = { sequence: 0, recordedAtMs: 0 }

/** The heads as one connection sees them, inside its write transactions. */
export class Heads {
  readonly #connection: Connection
  readonly #removalTypes: () => readonly number[]
  // A number is the sequence of the newest event, which nobody has asked for yet.
  readonly #streams = new OverlayMap<number, StreamHead | number>({
    maxEntries: Number.POSITIVE_INFINITY,
    isImmutable: true,
  })
  readonly #log = new OverlayValue<LogHead>(EMPTY)
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
    return this.#log.value
  }

  setLog(head: LogHead): void {
    this.#log.value = head
  }

  /** The head of a stream that is in `streams`. */
  stream(id: number): StreamHead {
    this.#lookThroughTail()
    const known = this.#streams.get(id)
    if (typeof known === 'object') return known
    const head = known === undefined ? this.#fromTable(id) : this.#fromTail(id, known)
    this.#streams.set(id, head)
    return head
  }

  #fromTable(id: number): StreamHead {
    const row = this.#connection.get<Omit<StreamHead, 'id'>>(FIND_STREAM, [id])
    return row ? { id, ...row } : newStream(id)
  }

  #fromTail(id: number, sequence: number): StreamHead {
    const row = this.#connection.get<Omit<StreamHead, 'id'>>(FIND_EVENT, [sequence])
    if (row) return { id, ...row }
    // Prune raises the generation, and then all of this is forgotten. A lower version would be
    // given out twice.
    throw new StoreError('STORE_CORRUPT', `event ${sequence}, the newest of its stream, is gone`, {
      hint: 'see what else is damaged: holdfast verify',
    })
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
      if (this.#sequenceOf(id) <= this.#through) continue
      const { version, sequence, typeId, recordedAtMs } = this.stream(id)
      const isRemoved = typeId !== null && removals.includes(typeId)
      const removedAtMs = isRemoved ? recordedAtMs : null
      this.#connection.run(WRITE_HEAD, [version, sequence, removedAtMs, id])
    }
  }

  /** Sequence of the newest event that is remembered of a stream; 0 for none. */
  #sequenceOf(id: number): number {
    const known = this.#streams.get(id)
    return typeof known === 'number' ? known : (known?.sequence ?? 0)
  }

  /** Forgets everything: another log is in the file. */
  clear(): void {
    this.#streams.clear()
    this.#touched.clear()
    this.#log.reset(EMPTY)
    this.#through = 0
    this.#isCurrent = false
  }

  // What another process has committed is read here too; what we knew before stays right.
  #lookThroughTail(): void {
    if (this.#isCurrent) return
    this.#isCurrent = true
    const before = this.#through
    this.#through = this.#connection.get<{ value: number }>(HEADS_THROUGH)?.value ?? 0
    const known = this.#log.value
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
      if (this.#sequenceOf(id) <= this.#through) this.#touched.delete(id)
    }
  }

  #readTail(from: number): void {
    for (let after = from; ; ) {
      const [ids, count, last] = this.#connection.values(TAIL, [after, TAIL_PAGE])[0] ?? []
      if (typeof last !== 'number') break
      if (last === after + Number(count)) {
        for (const id of JSON.parse(String(ids)) as number[]) this.#seen(id, ++after)
      } else {
        for (const [sequence, id] of this.#connection.values(TAIL_WITH_GAPS, [after, TAIL_PAGE])) {
          this.#seen(Number(id), Number(sequence))
        }
        after = last
      }
      if (count !== TAIL_PAGE) break
    }
    this.#log.value = readLogHead(this.#connection)
  }

  // In the order of the log, so the newest of a stream is what remains.
  #seen(id: number, sequence: number): void {
    this.#streams.set(id, sequence)
    this.#touched.add(id)
  }
}

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
