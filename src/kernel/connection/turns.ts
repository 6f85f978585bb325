/**
 * How long to sleep before the write lock is tried again.
 *
 * SQLite's own handler backs off to 100 ms while the holder takes the lock hundreds of times again,
 * and lets one of eight writers wait for seconds. Here sleeps are short and random: most locks are
 * held for a fraction of a millisecond. Only in a *crowd*, where others commit again and again while
 * one waits, are there turns: each change of writer costs the next one SQLite's page cache and a look
 * at what the others appended, so a writer is left alone for some milliseconds, and whoever has
 * waited longest comes next (`npm run bench -- 8 9`).
 */

const MIN_SLEEP_MS = 0.05
const FIRST_SLEEP_MS = 0.4
const SLEEP_GROWTH = 1.6
const MAX_SLEEP_MS = 2

// Refused so often while others commit, one is in a crowd; and still for a while after its last sign.
const ATTEMPTS_ALONE = 12
const CROWD_MS = 100
/** In a crowd, how long one waits before one pushes in: with eight writers, eight times a turn. */
const TURN_WAIT_MS = 60
const PUSH_MS = 0.4
// Commits in a row, each with another's between, after which a writer that was not refused stands
// back: under `full` durability the lock is free while the disk is waited for.
const MAX_SHARED = 3
// From one commit to the next. A writer that commits less often, or waits longer for the disk, leaves
// the others room enough, and flushes that run at once are worth more than a warm cache.
const RUN_MS = 1

/** What one connection knows of the other writers. */
export class Turns {
  readonly #random: () => number
  readonly #countCommits: () => number
  #commits = 0
  #crowdedUntil = Number.NEGATIVE_INFINITY
  #committedAt = Number.NEGATIVE_INFINITY
  #shared = 0

  /** @param countCommits a number that moves when another connection commits. */
  constructor(random: () => number, countCommits: () => number = () => 0) {
    this.#random = random
    this.#countCommits = countCommits
  }

  /** Call when another connection has committed since this one's last transaction. */
  sharing(): void {
    const isRun = performance.now() - this.#committedAt < RUN_MS
    this.#shared = isRun ? this.#shared + 1 : 0
  }

  /** Call after each commit. */
  committed(): void {
    this.#committedAt = performance.now()
  }

  /** True when this writer's turn is over: it waits, as if it had been refused. */
  isOver(): boolean {
    if (this.#shared < MAX_SHARED) return false
    this.#shared = 0
    const now = performance.now()
    if (now - this.#committedAt >= RUN_MS) return false
    this.#crowdedUntil = now + CROWD_MS
    return true
  }

  /** Milliseconds to sleep after so many refused attempts; random, so that waiters do not move in step. */
  sleepMs(attempts: number, waitedMs: number): number {
    if (!this.#isCrowded(attempts)) {
      const most = Math.min(MAX_SLEEP_MS, FIRST_SLEEP_MS * SLEEP_GROWTH ** (attempts - 1))
      return this.#between(MIN_SLEEP_MS, most)
    }
    const remainingMs = TURN_WAIT_MS - waitedMs
    if (remainingMs > PUSH_MS) return this.#between(remainingMs / 4, remainingMs / 2)
    // The longer, the more often: of several whose turn it is, the oldest comes first.
    return this.#between(MIN_SLEEP_MS, Math.max(2 * MIN_SLEEP_MS, PUSH_MS + remainingMs / 500))
  }

  #isCrowded(attempts: number): boolean {
    const now = performance.now()
    const isKnown = now < this.#crowdedUntil
    if (attempts <= ATTEMPTS_ALONE && !isKnown) return false
    const commits = this.#countCommits()
    const hasMoved = commits !== this.#commits
    this.#commits = commits
    if (hasMoved) this.#crowdedUntil = now + CROWD_MS
    return hasMoved || isKnown
  }

  #between(least: number, most: number): number {
    return least + this.#random() * (most - least)
  }
}
