/** A clock that stands still until it is told to go on, so that every time in a test is known. */

/** Where a {@link TestClock} stands at first: 2026-01-01T00:00:00Z. */
const START_MS = 1_767_225_600_000

/** A clock for tests. */
export class TestClock {
  #nowMs: number

  constructor(nowMs: number = START_MS) {
    this.#nowMs = nowMs
  }

  /** Epoch milliseconds, to be given to `openStore` as `clock`. */
  readonly now = (): number => this.#nowMs

  /** Moves on by `ms`; a negative number is a clock that was set back. */
  advance(ms: number): void {
    this.#nowMs += ms
  }

  /** Sets the clock to epoch milliseconds. */
  set(nowMs: number): void {
    this.#nowMs = nowMs
  }
}
