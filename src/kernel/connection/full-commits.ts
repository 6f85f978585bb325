/**
 * Durability `full`: where a commit is flushed, outside the write lock or inside it.
 *
 * Outside (wal-sync.ts) nobody waits for another's flush, and several run at once. But the lock is free
 * meanwhile, so in a crowd a waiter pushes in at every flush, and a change of writer costs more than a
 * flush does. So while writers crowd, SQLite flushes inside the lock (`synchronous = FULL`), and a turn
 * lasts as it does under `normal`.
 *
 * Invariant: between the flush and the acknowledgement of a full commit nothing else happens.
 */
import type { Driver } from '../driver/driver.ts'
import type { WalSync } from './wal-sync.ts'

const IN_LOCK = /* sql */ `PRAGMA synchronous = FULL`
const OUTSIDE = /* sql */ `PRAGMA synchronous = NORMAL`

/** Makes the full commits of one connection safe. */
export class FullCommits {
  readonly #driver: Driver
  readonly #walSync: WalSync
  #isInLock = false

  constructor(driver: Driver, walSync: WalSync) {
    this.#driver = driver
    this.#walSync = walSync
  }

  /** Before BEGIN: SQLite takes the setting only outside a transaction. */
  prepare(isFull: boolean, isCrowd: boolean): void {
    const isInLock = isFull && isCrowd
    if (isInLock === this.#isInLock) return
    this.#driver.exec(isInLock ? IN_LOCK : OUTSIDE)
    this.#isInLock = isInLock
  }

  /** After COMMIT of a full transaction; returns when it is safe. Throws `IO`. */
  settle(): void {
    if (!this.#isInLock) this.#walSync.sync()
  }
}
