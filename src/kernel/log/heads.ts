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
import { headAfter, headAt, headInTable, type StreamHead } from './stream-head.ts'
import { readTailPage, TAIL_PAGE } from './tail.ts'

/**
 * Events after which heads are written. A process that opens the store reads this many narrow rows
 * at most (a millisecond); writing more often costs batches more.
 */
export const MAX_TAIL = 4096
// Heads kept beyond the tail, for streams that are written again and again.
const MAX_CACHED = 20_000
// Events of others that may be passed over in search of one stream's, and searches of one transaction: with
// more of either it is cheaper to read all that the others did.
const MAX_GAP = 24
const MAX_SEARCHES = 3
// Up to so many streams are written one by one, which spares a look through the tail's rows.
const FEW_STREAMS = 1000

/** The end of the log. */
export interface LogHead {
  readonly sequence: number
  readonly recordedAtMs: number
}

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
const LOG_HEAD = /* sql */ `
  SELECT sequence, recorded_at_ms AS recordedAtMs FROM events ORDER BY sequence DESC LIMIT 1`
const HEADS_THROUGH = /* sql */ `SELECT value FROM store WHERE key = 'headsThrough'`
const SET_HEADS_THROUGH = /* sql */ `
  INSERT INTO store (key, value) VALUES ('headsThrough', ?)
  ON CONFLICT (key) DO UPDATE SET value = excluded.value`

// Where nothing is missing from memory.
const NO_GAP = Number.POSITIVE_INFINITY

const EMPTY: LogHead = { sequence: 0, recordedAtMs: 0 }

/** Of a stream: its head, or the sequence of its newest event when nobody has asked for more yet. */
type Remembered = StreamHead | number | undefined

/** The heads as one connection sees them, inside its write transactions. */
export class Heads {
  readonly #connection: Connection
  readonly #removalTypes: () => readonly number[]
  readonly #streams = new OverlayMap<number, NonNullable<Remembered>>({
    maxEntries: Number.POSITIVE_INFINITY,
    isImmutable: true,
  })
  readonly #log = new OverlayValue<LogHead>(EMPTY)
  /** The sequence after which others may have appended what is not remembered. */
  readonly #gap = new OverlayValue(0)
  /** All streams of the tail, and perhaps others; their heads are in memory. */
  readonly #touched = new Set<number>()
  // As it was when it was read last: another process may have written heads since, which makes nothing
  // here wrong, for all that is after it is remembered.
  #through = 0
  #isThroughKnown = false
  #isLogKnown = false
  #searches = 0

  /** @param removalTypes ids of the types that remove their stream's entity. */
  constructor(connection: Connection, removalTypes: () => readonly number[]) {
    this.#connection = connection
    this.#removalTypes = removalTypes
    connection.addCache(this.#streams)
    connection.addCache(this.#log)
    connection.addCache(this.#gap)
    const keep = () => undefined
    const startOver = () => {
      this.#isLogKnown = false
      this.#isThroughKnown = false
    }
    connection.addCache({
      begin: () => {
        this.#searches = 0
      },
      savepoint: keep,
      release: keep,
      rollbackTo: startOver,
      commit: keep,
      rollback: startOver,
      invalidate: () => this.#othersCommitted(),
    })
  }

  /** The end of the log; sequence 0 when it is empty. */
  log(): LogHead {
    if (!this.#isLogKnown) {
      this.#log.value = readLogHead(this.#connection)
      this.#isLogKnown = true
    }
    return this.#log.value
  }

  setLog(head: LogHead): void {
    this.#log.value = head
  }

  /** The head of a stream that is in `streams`. */
  stream(id: number): StreamHead {
    const gap = this.#gapToSearch()
    const known = this.#streams.get(id)
    if (typeof known === 'object' && gap === NO_GAP) return known
    const head = this.#newerThan(known, id, gap) ?? this.#remembered(known, id)
    this.#streams.set(id, head)
    return head
  }

  // What others have appended: searched for one stream's, where that is cheaper than to read it all.
  #newerThan(known: Remembered, id: number, gap: number): StreamHead | undefined {
    if (gap === NO_GAP) return undefined
    this.#searches++
    return headAfter(this.#connection, id, Math.max(gap, sequenceOf(known)))
  }

  #remembered(known: Remembered, id: number): StreamHead {
    if (typeof known === 'object') return known
    return known === undefined
      ? headInTable(this.#connection, id)
      : headAt(this.#connection, id, known)
  }

  setStream(head: StreamHead): void {
    this.#streams.set(head.id, head)
    this.#touched.add(head.id)
  }

  /** Writes the heads once the tail is long enough. Before COMMIT. */
  flushWhenDue(): void {
    if (!this.#isLogKnown || this.log().sequence - this.#through < MAX_TAIL) return
    this.#readThrough()
    if (this.log().sequence - this.#through >= MAX_TAIL) this.flush()
  }

  /** Writes the heads of the tail's streams, so that the tail is empty. Inside a write transaction. */
  flush(): void {
    this.#closeGap()
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
    this.#isThroughKnown = false
  }

  #writeTouched(removals: readonly number[]): void {
    for (const id of this.#touched) {
      if (sequenceOf(this.#streams.get(id)) <= this.#through) continue
      const { version, sequence, typeId, recordedAtMs } = this.stream(id)
      const isRemoved = typeId !== null && removals.includes(typeId)
      const removedAtMs = isRemoved ? recordedAtMs : null
      this.#connection.run(WRITE_HEAD, [version, sequence, removedAtMs, id])
    }
  }

  /** Forgets everything: another log is in the file. */
  clear(): void {
    this.#forgetStreams()
    this.#touched.clear()
    this.#log.reset(EMPTY)
    this.#through = 0
    this.#isThroughKnown = false
    this.#isLogKnown = false
  }

  // For good, whatever becomes of this transaction: they have committed.
  #othersCommitted(): void {
    this.#isLogKnown = false
    if (this.#gap.value === NO_GAP) this.#gap.reset(this.#log.value.sequence)
  }

  #gapToSearch(): number {
    const gap = this.#gap.value
    if (this.#isThroughKnown) {
      if (gap === NO_GAP) return gap
      if (this.#searches < MAX_SEARCHES && this.log().sequence - gap <= MAX_GAP) return gap
    }
    this.#closeGap()
    return NO_GAP
  }

  #closeGap(): void {
    const gap = this.#gap.value
    const isLong = this.log().sequence - gap > TAIL_PAGE
    if (!this.#isThroughKnown || isLong || this.#streams.size > MAX_CACHED) this.#readThrough()
    else this.#readTail(gap)
  }

  #readThrough(): void {
    const before = this.#through
    this.#through = this.#connection.get<{ value: number }>(HEADS_THROUGH)?.value ?? 0
    this.#isThroughKnown = true
    const gap = Math.min(this.#gap.value, this.log().sequence)
    // Heads were written beyond what we have seen, so that those we remember may be old; or they were
    // not written after all, so that more streams are of the tail than we remember.
    const isAnother = gap < this.#through || this.#through < before
    const isForgetting = isAnother || this.#streams.size > MAX_CACHED
    if (isForgetting) this.#forgetStreams()
    // Of the tail's streams none may be missing from memory: the table does not know them.
    this.#readTail(isForgetting ? this.#through : gap)
    // Not where the heads are written, for that may be rolled back.
    if (this.#through !== before) this.#forgetUntouched()
  }

  // For good, and all is missing then: what is read anew goes with the transaction, if that is undone.
  #forgetStreams(): void {
    this.#streams.clear()
    this.#gap.reset(0)
  }

  #forgetUntouched(): void {
    for (const id of this.#touched) {
      if (sequenceOf(this.#streams.get(id)) <= this.#through) this.#touched.delete(id)
    }
  }

  #readTail(from: number): void {
    const { sequence } = this.log()
    for (let after = from; after < sequence; ) {
      const last = readTailPage(this.#connection, after, this.#seen)
      if (last === undefined) break
      after = last
    }
    this.#gap.value = NO_GAP
  }

  // In the order of the log, so the newest of a stream is what remains.
  readonly #seen = (id: number, sequence: number): void => {
    this.#streams.set(id, sequence)
    this.#touched.add(id)
  }
}

/** Sequence of the newest event that is remembered of a stream; 0 for none. */
function sequenceOf(known: Remembered): number {
  return typeof known === 'number' ? known : (known?.sequence ?? 0)
}

/** Reads the end of the log from the table. */
export function readLogHead(connection: Connection): LogHead {
  return connection.get<LogHead>(LOG_HEAD) ?? EMPTY
}
