/**
 * Who may write a store's mirrors: one process at a time, for as long as one write takes.
 *
 * The lock is SQLite's on an empty file beside the store, so that the system takes it back from a
 * process that is killed, at once and without a clock; and nobody who only appends waits for it. The
 * file is opened by nothing but SQLite: closing another descriptor on it would drop the lock.
 */
import { closeSync, openSync } from 'node:fs'
import type { Driver, DriverFactory, Statement } from '../driver/driver.ts'

/** The lock's file. */
export function mirrorLockPath(store: string): string {
  return `${store}-mirror`
}

/** One process's hold on the lock; opened when it is first asked for. */
export class MirrorLock {
  readonly #factory: DriverFactory
  readonly #path: string
  #driver: Driver | undefined
  #begin: Statement | undefined
  #end: Statement | undefined

  constructor(factory: DriverFactory, store: string) {
    this.#factory = factory
    this.#path = mirrorLockPath(store)
  }

  /** Runs `work` under the lock; `undefined` when somebody else has it. */
  whenFree<Result>(work: () => Result): Result | undefined {
    this.#open()
    if (this.#begin?.runUnlessBusy() !== true) return undefined
    try {
      return work()
    } finally {
      this.#end?.run()
    }
  }

  close(): void {
    this.#driver?.close()
    this.#driver = undefined
  }

  #open(): void {
    if (this.#driver) return
    makeFile(this.#path)
    const driver = this.#factory.open(this.#path)
    try {
      // Beginning a transaction in an empty file would make a journal, and ending it remove that again.
      driver.exec('PRAGMA journal_mode = MEMORY')
      this.#begin = driver.prepare('BEGIN IMMEDIATE')
      this.#end = driver.prepare('ROLLBACK')
    } catch (error) {
      // Kept, it would look as if somebody else had the lock.
      driver.close()
      throw error
    }
    this.#driver = driver
  }
}

// Its owner's alone, like everything beside a store; where it is, `wx` opens nothing.
function makeFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
