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
import { closeSync, constants, fdatasync, fdatasyncSync, openSync } from 'node:fs'
import { StoreError } from '../errors.ts'

/** Flushes one store's WAL. */
export class WalSync {
  readonly #path: string
  #descriptor: number | undefined
  // Begun and not yet reported: a loop that never yields is told of none.
  #begun = 0

  constructor(store: string) {
    this.#path = `${store}-wal`
  }

  /** Returns when all that was committed is on the disk. Throws `IO`. */
  sync(): void {
    try {
      fdatasyncSync(this.#open())
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

  /**
   * Begins a flush that nobody waits for. A checkpoint has to flush the WAL first, and would wait for
   * all of it at once; the disk is idle meanwhile.
   */
  begin(): void {
    let descriptor: number
    try {
      descriptor = this.#open()
    } catch {
      // Nothing depends on it: the checkpoint flushes whatever there is.
      return
    }
    this.#begun++
    fdatasync(descriptor, () => {
      this.#begun--
      if (this.#descriptor !== descriptor && this.#begun === 0) closeSync(descriptor)
    })
  }

  close(): void {
    // A descriptor that is still being flushed is closed by the last flush.
    if (this.#descriptor !== undefined && this.#begun === 0) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }

  // Opened once, and no danger to SQLite's locks: they are on the main file and on `-shm`, and the WAL
  // stays the same file while a connection is open. Windows flushes only what may be written.
  #open(): number {
    this.#descriptor ??= openSync(this.#path, constants.O_RDWR | constants.O_NOFOLLOW)
    return this.#descriptor
  }
}
