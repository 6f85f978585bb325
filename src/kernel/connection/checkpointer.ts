/**
 * When the WAL is moved into the main file and begun anew: when it passes 16 MB, and when this
 * process falls idle.
 *
 * SQLite's own way, a passive checkpoint after a commit, moves the pages but leaves the restart to
 * a writer that meets nobody else; with several processes writing in turn none does, and four of them
 * made a WAL of 500 MB. So ours takes the write lock: others wait for it as for any other commit.
 */
import { statSync } from 'node:fs'
import { isStoreError } from '../errors.ts'
import type { Connection } from './connection.ts'

const IDLE_MS = 200
const COMMITS_BETWEEN_LOOKS = 8
// 4,000 pages: small enough to be moved in a few tens of milliseconds, large enough that the two
// fsyncs do not show.
const WAL_BYTES: number = 16 * 1024 * 1024
// How long to try for the write lock and for readers to be gone. Behind a reader that stays, each
// further try is short, or it would hold up the writers; the WAL grows meanwhile, as status shows.
const PATIENCE_MS = 100
const FURTHER_PATIENCE_MS = 10
const AGAIN_AFTER_MS = 100
// Below this an idle checkpoint saves the next opener nothing worth two fsyncs.
const IDLE_WAL_BYTES = 1024 * 1024

const PASSIVE = /* sql */ `PRAGMA wal_checkpoint(PASSIVE)`
const TRUNCATE = /* sql */ `PRAGMA wal_checkpoint(TRUNCATE)`
const SET_PATIENCE = /* sql */ `PRAGMA busy_timeout = ${PATIENCE_MS}`
const SET_FURTHER_PATIENCE = /* sql */ `PRAGMA busy_timeout = ${FURTHER_PATIENCE_MS}`
const SET_NO_PATIENCE = /* sql */ `PRAGMA busy_timeout = 0`

/** Watches one connection's commits. */
export class Checkpointer {
  readonly #connection: Connection
  readonly #onIdle: () => void
  #idleTimer: NodeJS.Timeout | undefined
  #commits = 0
  #failedAtMs = Number.NEGATIVE_INFINITY

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
    if (walBytes(this.#connection.path) <= WAL_BYTES) return
    if (performance.now() - this.#failedAtMs < AGAIN_AFTER_MS) return
    const { driver } = this.#connection
    const isFirst = this.#failedAtMs === Number.NEGATIVE_INFINITY
    driver.exec(isFirst ? SET_PATIENCE : SET_FURTHER_PATIENCE)
    try {
      this.#checkpoint(TRUNCATE)
    } finally {
      driver.exec(SET_NO_PATIENCE)
    }
    const isBounded = walBytes(this.#connection.path) <= WAL_BYTES
    this.#failedAtMs = isBounded ? Number.NEGATIVE_INFINITY : performance.now()
  }

  #checkpoint(sql: string): void {
    if (this.#connection.isClosed || this.#connection.isInTransaction) return
    try {
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
