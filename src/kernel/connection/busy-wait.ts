/**
 * Waiting for a lock. SQLite's own handler backs off to 100 ms while the holder takes the lock
 * hundreds of times again; short random sleeps share it evenly (Jain 0.98 of 8 processes,
 * `npm run bench -- 8`).
 */
import { isStoreError, StoreError } from '../errors.ts'
import { describeLockHolder } from './lock-holder.ts'

const MIN_SLEEP_MS = 0.05
// The bound of the random sleep: short at first, for most locks are held for a fraction of a
// millisecond. A longer bound lets eight writers commit more, in longer turns (8 ms: ×1.4), and
// triples the worst wait; we hold that nobody should wait.
const FIRST_SLEEP_MS = 0.4
const SLEEP_GROWTH = 1.6
const MAX_SLEEP_MS = 2

// A twenty-fifth of the time is given away, and eight writers wait 100 ms at most.
const TURN_MS = 4
const BREAK_MS = 0.15
// Longer than an fsync of a slow disk.
const PAUSE_MS = 100

/** Who waits, for how long, and how to sleep. */
export interface BusyWait {
  readonly path: string
  /** Total milliseconds before `BUSY` is thrown. */
  readonly timeoutMs: number
  /** Uniform in [0, 1). */
  readonly random: () => number
}

const SLEEPER = new Int32Array(new SharedArrayBuffer(4))

/** Blocks this thread for `ms`, fractions included. */
export function sleepSync(ms: number): void {
  Atomics.wait(SLEEPER, 0, 0, ms)
}

/** How long to sleep after so many attempts: random, so that waiters do not move in step. */
export function nextSleepMs(wait: BusyWait, attempts: number): number {
  const most = Math.min(MAX_SLEEP_MS, FIRST_SLEEP_MS * SLEEP_GROWTH ** (attempts - 1))
  return MIN_SLEEP_MS + wait.random() * (most - MIN_SLEEP_MS)
}

/** Runs `attempt` until it is not refused with `BUSY`, or the deadline has passed. */
export function retryWhileBusy<Result>(wait: BusyWait, attempt: () => Result): Result {
  // The monotonic clock: a wall clock that jumps must neither shorten nor stretch the wait.
  let startedAt = -1
  for (let attempts = 1; ; attempts++) {
    try {
      return attempt()
    } catch (error) {
      if (!isStoreError(error, 'BUSY')) throw error
      if (startedAt < 0) startedAt = performance.now()
      const waitedMs = performance.now() - startedAt
      if (waitedMs >= wait.timeoutMs) throw busyError(wait, waitedMs, error)
      sleepSync(Math.min(nextSleepMs(wait, attempts), wait.timeoutMs - waitedMs))
    }
  }
}

/**
 * Lets others have the lock now and then. Under `full` durability it is held for the length of an
 * fsync and free for the microseconds between two commits, which no waiter ever meets: of two such
 * processes one made 98 % of the commits.
 */
export class Turn {
  #startedAt = Number.NEGATIVE_INFINITY

  /** Call after each commit that waited for the disk; sleeps when this turn has lasted long. */
  share(): void {
    const now = performance.now()
    const lastedMs = now - this.#startedAt
    if (lastedMs < TURN_MS) return
    // After a longer time this is the first commit of a new turn, and nobody has waited for it.
    if (lastedMs < PAUSE_MS) sleepSync(BREAK_MS)
    this.#startedAt = performance.now()
  }
}

/** Runs `attempt` without stack traces: refused again and again, they are two thirds of its cost. */
export function withoutStackTraces(attempt: () => void): void {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    attempt()
  } finally {
    Error.stackTraceLimit = limit
  }
}

/** The error a caller sees when the deadline has passed. */
export function busyError(wait: BusyWait, waitedMs: number, cause: unknown): StoreError {
  const holder = describeLockHolder(wait.path)
  return new StoreError(
    'BUSY',
    `${wait.path} is being written by ${holder}; waited ${Math.round(waitedMs)} ms`,
    {
      hint: 'try again; if it lasts, see which process holds it: holdfast status',
      cause,
    },
  )
}
