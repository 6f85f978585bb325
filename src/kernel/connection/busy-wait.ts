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
export function retryWhileBusy<Result>(
  wait: BusyWait,
  attempt: () => Result,
  turns: Turns = new Turns(wait.random),
): Result {
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
      sleepSync(Math.min(turns.sleepMs(attempts, waitedMs), wait.timeoutMs - waitedMs))
    }
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
