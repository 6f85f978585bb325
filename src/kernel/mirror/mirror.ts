/**
 * The mirror: what is committed to the log, as lines of a file, in the order of sequences and each once
 * (docs/design/mirror.md). It is written after COMMIT and outside the transaction, by whoever has the lock;
 * whoever has not leaves it to that one, which looks once more after letting go.
 *
 * Invariant: nothing that happens here fails a commit, or keeps anybody else from one.
 */
import { sleepSync } from '../connection/busy-wait.ts'
import type { Connection } from '../connection/connection.ts'
import { isStoreError, StoreError } from '../errors.ts'
import { readLogHead } from '../log/heads.ts'
import type { RecordedEvent } from '../log/types.ts'
import { readPage } from './events-after.ts'
import { FULL_BYTES, LineBuffer } from './line-buffer.ts'
import type { MirrorCheckpoint } from './mirror-checkpoint.ts'
import type { MirrorFile } from './mirror-file.ts'
import { type MirroredEvent, type MirrorLines, note } from './mirror-lines.ts'
import type { MirrorLock } from './mirror-lock.ts'
import { OwnEvents } from './own-events.ts'
import type { MirrorProgress } from './types.ts'

// As the doorbell: commits that come closer together are written together.
const WRITE_EVERY_MS = 1
// What whoever commits may wait for the lines of others, beside its own.
const SLICE_MS = 50
const BETWEEN_SLICES_MS = 10
const CLOSE_MS = 1000
const RETRY_MS = 1000
// A checkpoint is a commit.
const SAVE_EVERY_MS = 100
const LOCK_TIMEOUT_MS = 10_000
// Events gone through without a line after which the file is told how far that was.
const MAX_PASSED = 10_000

/** What a mirror works with. */
export interface MirrorParts {
  readonly connection: Connection
  readonly path: string
  readonly lock: MirrorLock
  readonly file: MirrorFile
  readonly lines: MirrorLines
  readonly checkpoint: MirrorCheckpoint
  /** Tells which types are wanted; left out: all. */
  readonly wants: ((type: string) => boolean) | undefined
  /** The random name of the log. */
  readonly logId: () => string
}

/** One store's mirror, in one process. */
export class Mirror {
  readonly path: string
  readonly #parts: MirrorParts
  readonly #own = new OwnEvents()
  readonly #buffer = new LineBuffer()
  #timer: NodeJS.Timeout | undefined
  #dueAt = Number.POSITIVE_INFINITY
  #wroteAt = Number.NEGATIVE_INFINITY
  #retryAt = Number.NEGATIVE_INFINITY
  #problem: string | null = null
  #sequence = 0
  // The sequence that the file itself says, which those that are not wanted do not move.
  #stamped = 0
  // Written since somebody was told how many.
  #lines = 0
  #mayHaveGap = true

  constructor(parts: MirrorParts) {
    this.#parts = parts
    this.path = parts.path
    parts.connection.addCache(this.#own)
  }

  /** What keeps it from being written. */
  get problem(): string | null {
    return this.#problem
  }

  /** True when the log has gone on. */
  get hasNews(): boolean {
    return this.#head() > this.#sequence
  }

  /** Takes an event that was just inserted, with its data as stored. */
  add(event: RecordedEvent, text: string): void {
    this.#own.add(event, text)
  }

  /** Makes the file, or goes on with it. Throws only where it is not a mirror of this store. */
  start(): void {
    this.#tryWrite(SLICE_MS, (error) => {
      if (!isStoreError(error, 'PATH_REFUSED')) return
      // Nobody will have it to close.
      this.#parts.lock.close()
      this.#parts.checkpoint.forgetNew()
      throw error
    })
  }

  /** After a commit: writes now, or in a millisecond when it has just written. */
  afterCommit(): void {
    const now = performance.now()
    const dueAt = Math.max(this.#wroteAt + WRITE_EVERY_MS, this.#retryAt)
    if (now >= dueAt) this.#tryWrite(SLICE_MS)
    else this.#schedule(dueAt, true)
  }

  /** Writes what is missing, however long that takes; throws what stands in the way. */
  catchUp(): MirrorProgress {
    if (this.#parts.connection.isInTransaction) throw insideTransaction()
    const until = performance.now() + LOCK_TIMEOUT_MS
    try {
      while (this.#write(Number.POSITIVE_INFINITY) === 'busy') {
        if (performance.now() >= until) throw busy(this.path)
        sleepSync(WRITE_EVERY_MS)
      }
    } catch (error) {
      this.#noteProblem(error)
      throw error
    }
    this.#problem = null
    this.#parts.checkpoint.save(this.#sequence)
    const lines = this.#lines
    this.#lines = 0
    return { path: this.path, sequence: this.#sequence, lines }
  }

  /** Writes what is missing, within a second: the next process goes on. */
  close(): void {
    // Closed in the middle of a transaction: what is taken back then is not in the log.
    if (!this.#parts.connection.isInTransaction) {
      this.#tryWrite(CLOSE_MS)
      this.#parts.checkpoint.save(this.#sequence)
    }
    clearTimeout(this.#timer)
    this.#parts.file.close()
    this.#parts.lock.close()
  }

  #tryWrite(limitMs: number, onError?: (error: unknown) => void): void {
    try {
      const outcome = this.#write(limitMs)
      this.#problem = null
      if (outcome === 'more') this.#schedule(this.#wroteAt + BETWEEN_SLICES_MS)
      // Whoever has the lock writes for all; it may be killed over it.
      else if (outcome === 'busy' || !this.#saveWhenDue()) {
        this.#schedule(this.#wroteAt + SAVE_EVERY_MS)
      }
    } catch (error) {
      onError?.(error)
      this.#noteProblem(error)
    }
  }

  // The events are in the log: they are written as soon as whatever it is has passed.
  #noteProblem(error: unknown): void {
    this.#problem = (error as Error).message
    this.#mayHaveGap = true
    this.#retryAt = performance.now() + RETRY_MS
    this.#schedule(this.#retryAt)
  }

  // Once more after the lock was let go, for who has committed meanwhile and found it taken.
  #write(limitMs: number): 'done' | 'busy' | 'more' {
    const until = performance.now() + limitMs
    this.#parts.checkpoint.noteOnce()
    for (;;) {
      const isDone = this.#parts.lock.whenFree(() => this.#writeUntil(until))
      this.#wroteAt = performance.now()
      if (isDone === undefined) return 'busy'
      if (!isDone) return 'more'
      if (!this.hasNews) return 'done'
    }
  }

  // True when it has come to what was the log's end.
  #writeUntil(until: number): boolean {
    const { file, logId, checkpoint } = this.#parts
    // What a failure has left of a page.
    this.#buffer.take()
    const head = () => this.#head()
    const place = file.place({ logId: logId(), head, mirrored: () => checkpoint.read() })
    if (place !== this.#sequence) this.#stamped = place
    this.#sequence = place
    if (this.#mayHaveGap) this.#sayGap()
    for (const end = this.#head(); this.#sequence < end; ) {
      this.#writePage(end)
      if (performance.now() >= until) return this.#sequence >= end
    }
    file.rotateWhenFull()
    return true
  }

  #writePage(end: number): void {
    const own = this.#own.takeAfter(this.#sequence)
    const [last] = own.slice(-1)
    if (last) {
      this.#append(own, last.sequence)
      return
    }
    const { connection, wants } = this.#parts
    const through = Math.min(end, this.#own.first - 1)
    const page = readPage(connection, { after: this.#sequence, through, wants })
    this.#append(page.events, page.through)
  }

  #append(events: readonly (MirroredEvent | number)[], through: number): void {
    const { lines } = this.#parts
    for (const event of events) {
      const isEvent = typeof event !== 'number'
      const line = isEvent ? lines.lineOf(event) : note('unreadable', event)
      if (line === '') continue
      this.#stamped = isEvent ? event.sequence : event
      this.#buffer.add(line)
      this.#lines++
      if (this.#buffer.length >= FULL_BYTES) this.#flush(this.#stamped)
    }
    if (through - this.#stamped > MAX_PASSED) {
      this.#stamped = through
      this.#buffer.add(note('passed', through))
    }
    this.#flush(through)
  }

  #flush(through: number): void {
    this.#parts.file.append(this.#buffer.take(), through)
    this.#sequence = through
  }

  #sayGap(): void {
    const through = this.#parts.checkpoint.gap()?.through ?? 0
    if (through > this.#sequence) {
      this.#buffer.add(note('gap', this.#sequence, through))
      this.#flush(this.#sequence)
    }
    this.#mayHaveGap = false
  }

  #head(): number {
    return readLogHead(this.#parts.connection).sequence
  }

  #saveWhenDue(): boolean {
    const { checkpoint } = this.#parts
    if (checkpoint.saved >= this.#sequence) return true
    if (performance.now() - checkpoint.savedAt < SAVE_EVERY_MS) return false
    return checkpoint.save(this.#sequence)
  }

  // Whoever has committed waits for his lines; nobody waits for the rest.
  #schedule(dueAt: number, isWaitedFor = false): void {
    if (dueAt >= this.#dueAt) return
    clearTimeout(this.#timer)
    this.#dueAt = dueAt
    this.#timer = setTimeout(() => this.#whenDue(), dueAt - performance.now())
    if (!isWaitedFor) this.#timer.unref()
  }

  #whenDue(): void {
    this.#dueAt = Number.POSITIVE_INFINITY
    this.#tryWrite(SLICE_MS)
  }
}

// What is written may be taken back, and what is read may be older than the file.
function insideTransaction(): StoreError {
  return new StoreError('ARGUMENT_INVALID', 'a mirror cannot catch up inside a transaction', {
    hint: 'call it after the read() or write() that it stands in',
  })
}

function busy(path: string): StoreError {
  return new StoreError('BUSY', `another process has been writing ${path} for ten seconds`, {
    hint: 'try again; a process that was stopped in the middle of it holds it until it ends',
  })
}
