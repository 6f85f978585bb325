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
/** The longest sleep of a writer whose commits are flushed. */
const FLUSH_SLEEP_MS = 1

// Refused so often while others commit, one is in a crowd; and still for a while after its last sign.
const ATTEMPTS_ALONE = 12
const CROWD_MS = 100
/** In a crowd, how long one waits before one pushes in: with eight writers, eight times a turn. */
const TURN_WAIT_MS = 45
const PUSH_MS = 0.4
// Whoever pushes in meets one last commit of the writer it pushed out, and perhaps another that pushed in
// with it. Each draws after how many commits it minds others: of two, one gives way first.
const MIN_GRACE = 3
const MAX_GRACE = 10
// A write that is asked for so soon after the last one was acknowledged is one of a run. A writer that pauses
// longer leaves the others room enough.
const RUN_MS = 1
// Commits that take longer, large ones, take no turns: each would be most of one.
const MAX_PACE_MS = 2
const PACE_WEIGHT = 1 / 8
// How long one waits in one's own turn before one takes it for lost: a few commits of the predecessor.
const HELD_UP_MS = 5
// How long one looks whether who pushed in goes on, or wanted no more than one commit.
const LOOK_MS = 1

/** What one connection knows of the other writers. */
export class Turns {
  readonly #random: () => number
  readonly #countCommits: () => number
  readonly #nowMs: () => number
  #commits = 0
  #crowdedUntil = Number.NEGATIVE_INFINITY
  #committedAt = Number.NEGATIVE_INFINITY
  #isInRun = false
  #isFlushing = false
  // From one commit of a run to the next, smoothed.
  #paceMs = 0
  #commitsInTurn = 0
  #grace = MIN_GRACE
  #isPushedOut = false
  #backSince: number | undefined

  /**
   * @param countCommits a number that moves when another connection commits.
   * @param nowMs a clock that nobody sets.
   */
  constructor(
    random: () => number,
    countCommits: () => number = () => 0,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#random = random
    this.#countCommits = countCommits
    this.#nowMs = nowMs
  }

  /** True while writers push each other out, and a little longer. */
  get isCrowd(): boolean {
    return this.#nowMs() < this.#crowdedUntil
  }

  /**
   * Call when a write is asked for, before it waits for anything. One that will be flushed before it is
   * acknowledged leaves the lock free meanwhile, so that nobody waits long for it: such writers take no turns.
   */
  begins(isFlushed = false): void {
    this.#isFlushing = isFlushed
    this.#isInRun =
      !isFlushed && this.#nowMs() - this.#committedAt < RUN_MS && this.#paceMs < MAX_PACE_MS
  }

  /** Call when another connection has committed since this one's last transaction. */
  othersCommitted(): void {
    if (!this.#isInRun) return
    this.#crowdedUntil = this.#nowMs() + CROWD_MS
    this.#isPushedOut = this.#isTurnOver()
  }

  /** Call after each commit, when it is as safe as it has to be. */
  committed(): void {
    const now = this.#nowMs()
    const paceMs = now - this.#committedAt
    if (paceMs < MAX_PACE_MS * 4) this.#paceMs += (paceMs - this.#paceMs) * PACE_WEIGHT
    if (this.#isInRun) this.#commitsInTurn++
    else this.#beginTurn(1)
    this.#committedAt = now
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
      this.#stepBack()
      return true
    }
    const waitedMs = this.#nowMs() - this.#backSince
    if (this.#haveOthersCommitted() && waitedMs < TURN_WAIT_MS) return true
    this.#backSince = undefined
    return false
  }

  /** Milliseconds to sleep after so many refused attempts; random, so that waiters do not move in step. */
  sleepMs(attempts: number, waitedMs: number): number {
    if (this.#backSince === undefined && this.#isInRun && waitedMs < HELD_UP_MS) {
      // Refused in its own turn: by its successor, or by the last commit of its predecessor.
      if (!this.#isTurnOver()) return this.#between(MIN_SLEEP_MS, PUSH_MS)
      this.#stepBack()
      return this.#lookMs()
    }
    if (attempts === 1 && this.#backSince !== undefined) return this.#lookMs()
    // The lock is free during each flush, and a waiter that slept the longer the more often it was refused
    // would be passed over by those who have just come.
    if (this.#isFlushing) return this.#between(MIN_SLEEP_MS, FLUSH_SLEEP_MS)
    if (!this.#isCrowded(attempts)) {
      const most = Math.min(MAX_SLEEP_MS, FIRST_SLEEP_MS * SLEEP_GROWTH ** (attempts - 1))
      return this.#between(MIN_SLEEP_MS, most)
    }
    const sinceMs = this.#backSince === undefined ? waitedMs : this.#nowMs() - this.#backSince
    const remainingMs = TURN_WAIT_MS - sinceMs
    if (remainingMs > PUSH_MS) return this.#between(remainingMs / 2, 0.9 * remainingMs)
    // The longer, the more often: of several whose turn it is, the oldest comes first.
    return this.#between(MIN_SLEEP_MS, Math.max(2 * MIN_SLEEP_MS, PUSH_MS + remainingMs / 500))
  }

  // Long enough for the other's next commit.
  #lookMs(): number {
    return this.#between(LOOK_MS / 2, LOOK_MS) + 2 * this.#paceMs
  }

  // Once others push in, and a writer has had the few commits in which it does not mind.
  #isTurnOver(): boolean {
    return this.#commitsInTurn >= this.#grace
  }

  #beginTurn(commits: number): void {
    this.#commitsInTurn = commits
    this.#grace = this.#between(MIN_GRACE, MAX_GRACE)
  }

  #stepBack(): void {
    this.#backSince = this.#nowMs()
    this.#beginTurn(0)
    this.#commits = this.#countCommits()
  }

  #isCrowded(attempts: number): boolean {
    if (this.#isFlushing) return false
    if (this.isCrowd) return true
    return attempts > ATTEMPTS_ALONE && this.#haveOthersCommitted()
  }

  // Since it was last asked.
  #haveOthersCommitted(): boolean {
    const commits = this.#countCommits()
    const hasMoved = commits !== this.#commits
    this.#commits = commits
    if (hasMoved) this.#crowdedUntil = this.#nowMs() + CROWD_MS
    return hasMoved
  }

  #between(least: number, most: number): number {
    return least + this.#random() * (most - least)
  }
}
