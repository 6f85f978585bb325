/**
 * Durability `full`: a commit is safe against power failure before it is acknowledged.
 *
 * SQLite's `synchronous = FULL` flushes the WAL while it holds the write lock, so that all processes
 * together make as many commits as the disk flushes. Here the transaction commits as in NORMAL and
 * the WAL is flushed when the lock is free again: the flushes of several processes run at once, and
 * each covers all that was committed before it. A flush takes in every earlier frame, so what is
 * acknowledged never rests on something that is not safe. A checkpoint flushes the WAL before it
 * moves pages (sqlite.org/wal.html, "checkpoints and durability"), so frames that are written over
 * are safe in the main file.
 *
 * Others may see a commit for the length of a flush before it is safe.
 */
import { closeSync, constants, fdatasyncSync, openSync } from 'node:fs'
import { StoreError } from '../errors.ts'

/** Flushes one store's WAL. */
export class WalSync {
  readonly #path: string
  #descriptor: number | undefined

  constructor(store: string) {
    this.#path = `${store}-wal`
  }

  /** Returns when all that was committed is on the disk. Throws `IO`. */
  sync(): void {
    try {
      // Opened once, and no danger to SQLite's locks: they are on the main file and on `-shm`, and the
      // WAL stays the same file while a connection is open. Windows flushes only what may be written.
      this.#descriptor ??= openSync(this.#path, constants.O_RDWR | constants.O_NOFOLLOW)
      fdatasyncSync(this.#descriptor)
    } catch (cause) {
      throw new StoreError(
        'IO',
        `${this.#path} was committed to, but not flushed: ${(cause as Error).message}`,
        {
          hint: 'the commit is in the store, and may be lost by a power failure: look at the disk, and do not write it again',
          cause,
        },
      )
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }
}
