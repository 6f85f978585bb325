/**
 * How often a mirror is written: its file may be on a disk that is slow, and whoever commits writes it.
 *
 * Invariant: a write that is quick comes a millisecond after the one before it at the earliest. A slice of a
 * backlog is followed by as long a rest, so that half of the time is left; one that took longer than slices
 * do, by nine times as long a rest, so that nine tenths are. That is when it is the second in a row: a
 * process may be stopped at any moment, and its disk is not slow for that.
 */

// As the doorbell: commits that come closer together are written together.
const QUICK_MS = 1
/** What whoever commits may wait for the lines of others, beside its own. */
export const SLICE_MS = 50
// A page of lines may be begun within a slice: twice its length is the disk.
const SLOW_MS = 2 * SLICE_MS
const RESTS_OF_A_SLOW_WRITE = 9
// Whatever it was, it may have passed.
const MAX_REST_MS = 60_000
const RETRY_MS = 1000

/** What became of a write; `'more'`: its slice is over, and the log is not. */
export type Outcome = 'done' | 'busy' | 'more' | 'failed'

/** The rests between one mirror's writes. */
export class Pace {
  #dueAt = Number.NEGATIVE_INFINITY
  #slowMs: number | undefined
  #wasSlow = false

  /** When it may be written again, by the clock of `performance.now`. */
  get dueAt(): number {
    return this.#dueAt
  }

  /** Milliseconds that the last write took, if it is rested after that. */
  get slowMs(): number | undefined {
    return this.#slowMs
  }

  /** Notes a write that has just ended. */
  note(outcome: Outcome, startedAt: number): void {
    const now = performance.now()
    const tookMs = now - startedAt
    const isSlow = tookMs > SLOW_MS
    this.#slowMs = isSlow && this.#wasSlow ? tookMs : undefined
    this.#wasSlow = isSlow
    const restMs = (this.#slowMs ?? 0) * RESTS_OF_A_SLOW_WRITE
    const leastMs = outcome === 'failed' ? RETRY_MS : outcome === 'more' ? tookMs : QUICK_MS
    this.#dueAt = now + Math.min(Math.max(restMs, leastMs), MAX_REST_MS)
  }
}
