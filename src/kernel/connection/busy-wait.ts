/** Waiting for a lock, with a deadline and an error that names who has it; how long: turns.ts. */
import { isStoreError, StoreError } from '../errors.ts'
import { describeLockHolder } from './lock-holder.ts'
import { Turns } from './turns.ts'

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

/** Runs `attempt` until it is not refused with `BUSY`, or the deadline has passed. */
export function retryWhileBusy<Result>(wait: BusyWait, attempt: () => Result): Result {
  const patience = new Patience(wait, new Turns(wait.random))
  for (;;) {
    try {
      return attempt()
    } catch (error) {
      if (!isStoreError(error, 'BUSY')) throw error
      if (!patience.sleep()) throw patience.error(error)
    }
  }
}

/**
 * Asks until the answer is true, or throws `BUSY` at the deadline; makes no errors on the way. Before it
 * throws it asks out of turn: nobody is refused a lock that is free.
 */
export function askUntilGranted(wait: BusyWait, turns: Turns, ask: () => boolean): void {
  if (!turns.standsBack() && ask()) return
  const patience = new Patience(wait, turns)
  while (patience.sleep()) if (!turns.standsBack() && ask()) return
  if (!ask()) throw patience.error()
}

/** Sleeps between attempts, until the deadline. */
class Patience {
  readonly #wait: BusyWait
  readonly #turns: Turns
  // The monotonic clock: a wall clock that jumps must neither shorten nor stretch the wait.
  #startedAt: number | undefined
  #attempts = 0

  constructor(wait: BusyWait, turns: Turns) {
    this.#wait = wait
    this.#turns = turns
  }

  /** False at the deadline. */
  sleep(): boolean {
    const waitedMs = this.#waitedMs()
    const remainingMs = this.#wait.timeoutMs - waitedMs
    if (remainingMs <= 0) return false
    sleepSync(Math.min(this.#turns.sleepMs(++this.#attempts, waitedMs), remainingMs))
    return true
  }

  error(cause?: unknown): StoreError {
    return busyError(this.#wait, this.#waitedMs(), cause)
  }

  #waitedMs(): number {
    this.#startedAt ??= performance.now()
    return performance.now() - this.#startedAt
  }
}

/** Runs `attempt` without stack traces: refused again and again, they are most of its cost. */
export function withoutStackTraces<Result>(attempt: () => Result): Result {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    return attempt()
  } finally {
    Error.stackTraceLimit = limit
  }
}

/** The error a caller sees when the deadline has passed. */
export function busyError(wait: BusyWait, waitedMs: number, cause?: unknown): StoreError {
  const holder = describeLockHolder(wait.path)
  return new StoreError(
    'BUSY',
    `${wait.path} is being written by ${holder}; waited ${Math.round(waitedMs)} ms`,
    {
      hint: 'try again; if it lasts, see which process holds it: holdfast status',
      ...(cause === undefined ? {} : { cause }),
    },
  )
}
