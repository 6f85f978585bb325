/** Takes SQLite's write lock: at once or not at all, or in turn with those who wait for it too. */
import { StoreError } from '../errors.ts'
import { askUntilGranted, type BusyWait, withoutStackTraces } from './busy-wait.ts'
import type { SqlSession } from './sql-session.ts'
import type { Turns } from './turns.ts'

const BEGIN_WRITE = /* sql */ `BEGIN IMMEDIATE`

/** The write lock as one connection asks for it; having it is being in a write transaction. */
export class WriteLock {
  readonly #session: SqlSession
  readonly #wait: BusyWait
  readonly #turns: Turns
  readonly #ask = (): boolean => this.#session.controlUnlessBusy(BEGIN_WRITE)
  readonly #askQuietly = (): boolean => withoutStackTraces(this.#ask)

  constructor(session: SqlSession, wait: BusyWait, turns: Turns) {
    this.#session = session
    this.#wait = wait
    this.#turns = turns
  }

  /** Waits as long as it must; throws `BUSY` at the deadline. */
  readonly take = (): void => askUntilGranted(this.#wait, this.#turns, this.#askQuietly)

  /** Throws `BUSY` where another connection has it. */
  readonly takeAtOnce = (): void => {
    if (this.#askQuietly()) return
    throw new StoreError('BUSY', `${this.#wait.path} is being written by another connection`, {
      hint: 'wait a little, and try again',
    })
  }
}
