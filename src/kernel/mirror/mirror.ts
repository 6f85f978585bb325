/**
 * The mirror: what is committed to the log, as lines of a file, in the order of sequences and each once
 * (docs/design/mirror.md). It is written after COMMIT and outside the transaction, by whoever has the lock;
 * whoever has not leaves it to that one, which looks once more after letting go.
 *
 * Invariant: nothing that happens here fails a commit, or keeps anybody else from one.
 */
import { sleepSync } from '../connection/busy-wait.ts'
import type { Connection } from '../connection/connection.ts'
import { isStoreError } from '../errors.ts'
import type { RecordedEvent } from '../log/types.ts'
import { insideTransaction, keptByOther, mirrorFailure } from './failure.ts'
import type { MirrorCheckpoint } from './mirror-checkpoint.ts'
import type { MirrorFile } from './mirror-file.ts'
import type { MirrorLock } from './mirror-lock.ts'
import type { MirrorWriter } from './mirror-writer.ts'
import { type Outcome, Pace, SLICE_MS } from './pace.ts'
import type { MirrorProgress } from './types.ts'

const CLOSE_MS = 1000
// A checkpoint is a commit.
const SAVE_EVERY_MS = 100
// A lock that is kept so long is not only passed from hand to hand.
const LOCK_TIMEOUT_MS = 10_000
const ASK_EVERY_MS = 1

/** What a mirror works with. */
export interface MirrorParts {
  readonly connection: Connection
  readonly path: string
  readonly lock: MirrorLock
  readonly file: MirrorFile
  readonly writer: MirrorWriter
  readonly checkpoint: MirrorCheckpoint
}

/** One store's mirror, in one process. */
export class Mirror {
  readonly path: string
  readonly #parts: MirrorParts
  readonly #pace = new Pace()
  #timer: NodeJS.Timeout | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #failure: string | null = null
  // Since when it has found the lock taken, each time it asked.
  #refusedSince: number | undefined

  constructor(parts: MirrorParts) {
    this.#parts = parts
    this.path = parts.path
  }

  /** What keeps it from being written, or makes it late. */
  get problem(): string | null {
    if (this.#failure !== null) return this.#failure
    const refusedMs = performance.now() - (this.#refusedSince ?? Number.POSITIVE_INFINITY)
    if (refusedMs >= LOCK_TIMEOUT_MS) return keptByOther(this.path, refusedMs).message
    const { slowMs } = this.#pace
    if (slowMs === undefined) return null
    return `the last write to ${this.path} took ${Math.round(slowMs)} ms: it is written less often`
  }

  /** True when the log has gone on. */
  get hasNews(): boolean {
    return this.#parts.writer.hasNews
  }

  /** Takes an event that was just inserted, with its data as stored. */
  add(event: RecordedEvent, text: string): void {
    this.#parts.writer.add(event, text)
  }

  /** Makes the file, or goes on with it. Throws only where it is not a mirror of this store. */
  start(): void {
    const failure = this.#tryWrite(SLICE_MS, true)
    // Of one that only cannot be renamed, now that it is full, the lines are written.
    if (!isStoreError(failure, 'PATH_REFUSED') || this.#parts.file.isOpen) return
    // Nobody will have it to close.
    this.#end()
    this.#parts.checkpoint.forgetNew()
    throw failure
  }

  /** After a commit: writes now, or when it may again. */
  afterCommit(): void {
    const { dueAt } = this.#pace
    if (performance.now() >= dueAt) this.#tryWrite(SLICE_MS)
    else this.#schedule(dueAt, this.problem === null)
  }

  /** Writes what is missing, however long that takes; throws what stands in the way. */
  catchUp(): MirrorProgress {
    const { connection, writer, checkpoint } = this.#parts
    if (connection.isInTransaction) throw insideTransaction()
    const startedAt = performance.now()
    try {
      while (this.#write(Number.POSITIVE_INFINITY, true) === 'busy') {
        const waitedMs = performance.now() - startedAt
        if (waitedMs >= LOCK_TIMEOUT_MS) throw keptByOther(this.path, waitedMs)
        sleepSync(ASK_EVERY_MS)
      }
    } catch (error) {
      throw this.#noteFailure(error, startedAt)
    }
    checkpoint.save(writer.sequence)
    return { path: this.path, sequence: writer.sequence, lines: writer.takeCount() }
  }

  /** Writes what is missing, within a second: the next process goes on. */
  close(): void {
    const { connection, checkpoint, writer } = this.#parts
    // Closed in the middle of a transaction: what is taken back then is not in the log.
    if (!connection.isInTransaction) {
      this.#tryWrite(CLOSE_MS)
      checkpoint.save(writer.sequence)
    }
    this.#end()
  }

  #end(): void {
    clearTimeout(this.#timer)
    this.#parts.file.close()
    this.#parts.lock.close()
  }

  // The failure, which is kept: the events are in the log, and written when whatever it is has passed.
  #tryWrite(limitMs: number, mayWait = false): unknown {
    const startedAt = performance.now()
    try {
      const outcome = this.#write(limitMs, mayWait)
      this.#pace.note(outcome, startedAt)
      const { dueAt } = this.#pace
      if (outcome === 'more') this.#schedule(dueAt)
      // Whoever has the lock writes for all; it may be killed over it.
      else if (outcome === 'busy' || !this.#saveWhenDue()) this.#schedule(dueAt + SAVE_EVERY_MS)
      return undefined
    } catch (error) {
      return this.#noteFailure(error, startedAt)
    }
  }

  #noteFailure(error: unknown, startedAt: number): unknown {
    const failure = mirrorFailure(this.path, error)
    this.#failure = (failure as Error).message
    this.#parts.writer.noteFailure()
    this.#pace.note('failed', startedAt)
    this.#schedule(this.#pace.dueAt)
    return failure
  }

  // Once more after the lock was let go, for who has committed meanwhile and found it taken.
  #write(limitMs: number, mayWait: boolean): Exclude<Outcome, 'failed'> {
    const { lock, writer, checkpoint } = this.#parts
    const until = performance.now() + limitMs
    checkpoint.noteOnce(mayWait)
    for (;;) {
      const isDone = lock.whenFree(() => writer.write(until))
      if (isDone === undefined) {
        this.#refusedSince ??= performance.now()
        return 'busy'
      }
      this.#refusedSince = undefined
      this.#failure = null
      if (!isDone) return 'more'
      if (!writer.hasNews) return 'done'
    }
  }

  #saveWhenDue(): boolean {
    const { checkpoint, writer } = this.#parts
    if (checkpoint.saved >= writer.sequence) return true
    if (performance.now() - checkpoint.savedAt < SAVE_EVERY_MS) return false
    return checkpoint.save(writer.sequence)
  }

  // Whoever has committed waits for his lines, as long as nothing is the matter; nobody waits for the rest.
  #schedule(dueAt: number, isWaitedFor = false): void {
    if (dueAt >= this.#timerAt) return
    clearTimeout(this.#timer)
    this.#timerAt = dueAt
    this.#timer = setTimeout(() => this.#whenDue(), dueAt - performance.now())
    if (!isWaitedFor) this.#timer.unref()
  }

  #whenDue(): void {
    this.#timerAt = Number.POSITIVE_INFINITY
    this.#tryWrite(SLICE_MS)
  }
}
