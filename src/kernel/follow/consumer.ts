/**
 * A consumer: a follower with a name whose place in the log lasts. Each event is delivered at
 * least once; it counts as handled when the next one is asked for.
 *
 * Prune and superseding never pass the smallest checkpoint, so that a consumer misses nothing. Only
 * one that has not moved for seven days is passed by prune; then it is told of the gap. A checkpoint
 * that is missing is not made again by whoever had it: nothing held the log back meanwhile. One that was
 * taken over from another log by a restore is refused until it is removed.
 */
import type { Connection } from '../connection/connection.ts'
import { isStoreError, StoreError } from '../errors.ts'
import type { ConsumerGap } from '../log/module-store.ts'
import type { RecordedEvent } from '../log/types.ts'
import type { Follower } from './follower.ts'

// A checkpoint is a commit; this many milliseconds of events may come again after a kill.
const SAVE_EVERY_MS = 100
// How often a consumer that is given nothing says how far it has looked.
const SAVE_PASSED_EVERY_MS = 30_000

const NOTE = /* sql */ `
  INSERT INTO checkpoints (consumer, sequence, updated_at_ms) VALUES (:consumer, 0, :nowMs)
  ON CONFLICT (consumer) DO UPDATE SET updated_at_ms = excluded.updated_at_ms
  RETURNING sequence`
const SAVE = /* sql */ `
  UPDATE checkpoints SET
    sequence = max(sequence, :sequence), updated_at_ms = :nowMs,
    gap_through = iif(:sequence >= gap_through, NULL, gap_through)
  WHERE consumer = :consumer`
const GAP = /* sql */ `
  SELECT sequence AS after, gap_through AS through FROM checkpoints
  WHERE consumer = ? AND gap_through > sequence`
const REMOVE = /* sql */ `DELETE FROM checkpoints WHERE consumer = ?`
const IS_OF_OLD_LOG = /* sql */ `
  SELECT 1 FROM store, json_each(store.value) AS list
  WHERE store.key = 'consumersOfOldLog' AND list.value = ?`
const FORGET_OLD = /* sql */ `
  UPDATE store SET value = (
    SELECT json_group_array(list.value) FROM json_each(store.value) AS list WHERE list.value <> ?)
  WHERE key = 'consumersOfOldLog'`
const LIST = /* sql */ `
  SELECT consumer, sequence, updated_at_ms AS updatedAtMs FROM checkpoints ORDER BY consumer`

/** A row of `checkpoints`. */
export interface Checkpoint {
  readonly consumer: string
  /** Last sequence handled. */
  readonly sequence: number
  readonly updatedAtMs: number
}

/**
 * Notes that the consumer is at work; returns its checkpoint, 0 when it is new. Throws `LOG_REPLACED`
 * for one that was at work in the log of which this one is a restored copy: it may have handled events
 * that are not in this one, and their sequences are given again.
 */
export function noteConsumer(connection: Connection, consumer: string, nowMs: number): number {
  return connection.write(() => {
    if (connection.get(IS_OF_OLD_LOG, [consumer])) throw ofOldLog(consumer)
    return connection.get<{ sequence: number }>(NOTE, { consumer, nowMs })?.sequence ?? 0
  })
}

/** What the consumer will not see because prune has passed it, or `null`. */
export function readGap(connection: Connection, consumer: string): ConsumerGap | null {
  return connection.get<ConsumerGap>(GAP, [consumer]) ?? null
}

/** Every durable consumer. */
export function listCheckpoints(connection: Connection): Checkpoint[] {
  return connection.all<Checkpoint>(LIST)
}

/** Moves a checkpoint forward, never back; `false` when it is not there any more. */
export function saveCheckpoint(
  connection: Connection,
  checkpoint: Omit<Checkpoint, 'updatedAtMs'>,
  nowMs: number,
): boolean {
  return connection.write(() => connection.run(SAVE, { ...checkpoint, nowMs }).changes > 0)
}

/** Forgets a consumer, so that it holds nothing back any more. */
export function removeCheckpoint(connection: Connection, consumer: string): void {
  connection.write(() => {
    connection.run(REMOVE, [consumer])
    connection.run(FORGET_OLD, [consumer])
  })
}

/** What a consumer works with. */
export interface ConsumerOptions {
  readonly gap: ConsumerGap | null
  /** Everything up to this sequence was read, or is not asked for. */
  readonly passed: () => number
  /** Saves the checkpoint; `false` when it is not there any more. */
  readonly save: (sequence: number) => boolean
  /** Default 30,000. */
  readonly savePassedEveryMs?: number
}

/** The events of one consumer, from its checkpoint on. */
export class Consumer implements AsyncIterableIterator<RecordedEvent> {
  readonly name: string
  /** Events of this part of the log went while the consumer was idle; it starts from their rest. */
  readonly gap: ConsumerGap | null
  readonly #follower: Follower<RecordedEvent>
  readonly #options: ConsumerOptions
  #delivered = 0
  #handled = 0
  #saved = 0
  #savedAt = performance.now()
  #failure: unknown

  constructor(name: string, follower: Follower<RecordedEvent>, options: ConsumerOptions) {
    this.name = name
    this.gap = options.gap
    this.#follower = follower
    this.#options = options
  }

  async next(): Promise<IteratorResult<RecordedEvent, undefined>> {
    this.#handled = this.#delivered
    const isWaiting = !this.#follower.hasBuffered
    if (isWaiting || performance.now() - this.#savedAt >= SAVE_EVERY_MS) this.#saveHandled()
    const { savePassedEveryMs = SAVE_PASSED_EVERY_MS } = this.#options
    const timer = setInterval(() => this.#savePassed(), savePassedEveryMs)
    timer.unref()
    try {
      const result = await this.#follower.next()
      if (this.#failure !== undefined) throw this.#failure
      if (!result.done) this.#delivered = result.value.sequence
      return result
    } finally {
      clearInterval(timer)
    }
  }

  /** Ends the consumer. The event in hand will come again: a loop is left by a throw as well. */
  async return(): Promise<IteratorResult<RecordedEvent, undefined>> {
    // Of one that was removed there is nothing to keep.
    this.#trySave()
    return this.#follower.return()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Saves the checkpoint now, the event in hand included. */
  commit(): void {
    this.#handled = this.#delivered
    this.#saveHandled()
  }

  // While it waits, everything up to the follower's place was handled or not asked for. Without
  // this a consumer whose filter nothing matches would hold the log back, and then count as idle.
  #savePassed(): void {
    if (this.#follower.hasBuffered) return
    this.#handled = Math.max(this.#handled, this.#options.passed())
    try {
      this.#saveHandled()
    } catch (error) {
      // It is said again in a while. Anything else ends the wait, and is thrown there.
      if (isStoreError(error, 'BUSY')) return
      this.#failure = error
      void this.#follower.return()
    }
  }

  #saveHandled(): void {
    if (this.#trySave()) return
    void this.#follower.return()
    throw removed(this.name)
  }

  #trySave(): boolean {
    if (this.#handled <= this.#saved) return true
    if (!this.#options.save(this.#handled)) return false
    this.#saved = this.#handled
    this.#savedAt = performance.now()
    return true
  }
}

function ofOldLog(name: string): StoreError {
  return new StoreError('LOG_REPLACED', `consumer '${name}' was at work in another log`, {
    hint: 'this store was restored: empty what the consumer keeps, then log.removeConsumer() it to begin anew',
  })
}

function removed(name: string): StoreError {
  return new StoreError('NOT_FOUND', `the checkpoint of consumer '${name}' is not there any more`, {
    hint: 'it was removed while the consumer was at work, and events may have gone unseen since; asked for again it begins at the beginning',
  })
}
