/**
 * When the WAL is moved into the main file: by SQLite itself every 4,000 pages, by a passive
 * checkpoint when this process falls idle, and by force when the WAL passes its bound.
 */
import { statSync } from 'node:fs'
import { isStoreError } from '../errors.ts'
import type { Connection } from './connection.ts'
import { MAX_WAL_BYTES } from './pragmas.ts'

const IDLE_MS = 200
const COMMITS_BETWEEN_LOOKS = 64
const FORCED_EVERY_MS = 1000
// Below this an idle checkpoint saves the next opener nothing worth two fsyncs.
const IDLE_WAL_BYTES = 1024 * 1024

const PASSIVE = /* sql */ `PRAGMA wal_checkpoint(PASSIVE)`
const TRUNCATE = /* sql */ `PRAGMA wal_checkpoint(TRUNCATE)`

/** Watches one connection's commits. */
export class Checkpointer {
  readonly #connection: Connection
  readonly #onIdle: () => void
  #idleTimer: NodeJS.Timeout | undefined
  #commits = 0
  #forcedAtMs = Number.NEGATIVE_INFINITY

  /** @param onIdle work that was put off, done before the checkpoint. */
  constructor(connection: Connection, onIdle: () => void) {
    this.#connection = connection
    this.#onIdle = onIdle
  }

  /** Call after each commit. */
  afterCommit(): void {
    if (this.#idleTimer) this.#idleTimer.refresh()
    else this.#idleTimer = setTimeout(() => this.#whenIdle(), IDLE_MS).unref()
    if (++this.#commits % COMMITS_BETWEEN_LOOKS === 0) this.#boundWal()
  }

  stop(): void {
    clearTimeout(this.#idleTimer)
  }

  #whenIdle(): void {
    this.#idleTimer = undefined
    if (this.#connection.isClosed || this.#connection.isInTransaction) return
    this.#onIdle()
    if (walBytes(this.#connection.path) > IDLE_WAL_BYTES) this.#checkpoint(PASSIVE)
  }

  #boundWal(): void {
    const now = performance.now()
    if (now - this.#forcedAtMs < FORCED_EVERY_MS) return
    if (walBytes(this.#connection.path) <= MAX_WAL_BYTES) return
    this.#forcedAtMs = now
    this.#checkpoint(TRUNCATE)
  }

  #checkpoint(sql: string): void {
    if (this.#connection.isClosed || this.#connection.isInTransaction) return
    try {
      // Not through the busy wait: a reader may need the WAL for long, and the next look comes.
      this.#connection.driver.prepare(sql).all()
    } catch (error) {
      // A checkpoint is never needed for correctness; the WAL's size is shown by status.
      if (!isStoreError(error)) throw error
    }
  }
}

/** Size of the WAL in bytes, by stat alone: opening it would drop SQLite's locks. */
export function walBytes(path: string): number {
  return statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0
}
