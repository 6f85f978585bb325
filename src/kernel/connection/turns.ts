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
// Pushed out after fewer commits, one comes again soon: of two that push in at once both get a turn.
const MIN_TURN = 8
const SHORT_WAIT_MS = 5
// Commits no further apart are a run: a turn, in a crowd. A writer that commits less often, or waits
// longer for the disk, leaves the others room enough, and flushes at once are worth more then.
const RUN_MS = 1
// How long one looks whether who pushed in goes on, or wanted no more than one commit.
const LOOK_MS = 1

/** What one connection knows of the other writers. */
export class Turns {
  readonly #random: () => number
  readonly #countCommits: () => number
  #commits = 0
  #crowdedUntil = Number.NEGATIVE_INFINITY
  #committedAt = Number.NEGATIVE_INFINITY
  #commitsInTurn = 0
  #isPushedOut = false
  #backSince: number | undefined

  /** @param countCommits a number that moves when another connection commits. */
  constructor(random: () => number, countCommits: () => number = () => 0) {
    this.#random = random
    this.#countCommits = countCommits
  }

  /** Call when another connection has committed since this one's last transaction. */
  othersCommitted(): void {
    this.#isPushedOut = this.#isInRun()
  }

  /** Call after each commit. */
  committed(): void {
    this.#commitsInTurn = this.#isInRun() ? this.#commitsInTurn + 1 : 1
    this.#committedAt = performance.now()
  }

  /**
   * True while this writer does not even ask for the lock. Someone has pushed into its run: it looks
   * whether others go on, and if they do, waits until it is its turn again. Without it a lock that is
   * free between two commits, or during a flush, would change hands at every commit.
   */
  standsBack(): boolean {
    if (this.#backSince === undefined) {
      if (!this.#isPushedOut) return false
      this.#isPushedOut = false
      if (this.#isInRun()) this.#stepBack()
      return this.#backSince !== undefined
    }
    const waitedMs = performance.now() - this.#backSince
    if (this.#haveOthersCommitted() && waitedMs < TURN_WAIT_MS) return true
    this.#backSince = undefined
    return false
  }

  /** Milliseconds to sleep after so many refused attempts; random, so that waiters do not move in step. */
  sleepMs(attempts: number, waitedMs: number): number {
    if (attempts === 1 && this.#backSince === undefined && this.#isInRun()) this.#stepBack()
    if (attempts === 1 && this.#backSince !== undefined) {
      return this.#between(LOOK_MS / 2, LOOK_MS)
    }
    if (!this.#isCrowded(attempts)) {
      const most = Math.min(MAX_SLEEP_MS, FIRST_SLEEP_MS * SLEEP_GROWTH ** (attempts - 1))
      return this.#between(MIN_SLEEP_MS, most)
    }
    const sinceMs = this.#backSince === undefined ? waitedMs : performance.now() - this.#backSince
    const remainingMs = TURN_WAIT_MS - sinceMs
    if (remainingMs > PUSH_MS) return this.#between(remainingMs / 4, remainingMs / 2)
    // The longer, the more often: of several whose turn it is, the oldest comes first.
    return this.#between(MIN_SLEEP_MS, Math.max(2 * MIN_SLEEP_MS, PUSH_MS + remainingMs / 500))
  }

  #isInRun(): boolean {
    return performance.now() - this.#committedAt < RUN_MS
  }

  #stepBack(): void {
    const now = performance.now()
    this.#backSince = this.#commitsInTurn < MIN_TURN ? now - TURN_WAIT_MS + SHORT_WAIT_MS : now
    this.#commits = this.#countCommits()
  }

  #isCrowded(attempts: number): boolean {
    if (performance.now() < this.#crowdedUntil) return true
    return attempts > ATTEMPTS_ALONE && this.#haveOthersCommitted()
  }

  // Since it was last asked.
  #haveOthersCommitted(): boolean {
    const commits = this.#countCommits()
    const hasMoved = commits !== this.#commits
    this.#commits = commits
    if (hasMoved) this.#crowdedUntil = performance.now() + CROWD_MS
    return hasMoved
  }

  #between(least: number, most: number): number {
    return least + this.#random() * (most - least)
  }
}
