/**
 * When the WAL is moved into the main file and begun anew: when 16 MB of it are not in the main
 * file yet, and when this process falls idle.
 *
 * SQLite's own way, a passive checkpoint after a commit, moves the pages but leaves the restart to
 * a writer that meets nobody else; with several processes writing in turn none does, and four of them
 * made a WAL of 500 MB. So ours takes the write lock: others wait for it as for any other commit.
 */
import { statSync } from 'node:fs'
import { isStoreError } from '../errors.ts'
import type { Connection } from './connection.ts'
import { type Durability, MAX_WAL_BYTES } from './pragmas.ts'

const IDLE_MS = 200
const COMMITS_BETWEEN_LOOKS = 8
// Frames not yet in the main file after which they are moved: 16 MB, some ten milliseconds. Under
// full durability a WAL that grows costs twice the flush of one that is written over: 4 MB.
const MAX_FRAMES: Readonly<Record<Durability, number>> = { normal: 4000, full: 1000 }
// 4 MB, which a disk takes in a few milliseconds.
const FRAMES_A_FLUSH = 1000
// How long to try for the write lock and for readers to be gone. Behind a reader that stays, each
// further try is short, or it would hold up the writers; the WAL grows meanwhile, as status shows.
const PATIENCE_MS = 100
const FURTHER_PATIENCE_MS = 10
const AGAIN_AFTER_MS = 100
// Below this an idle checkpoint saves the next opener nothing worth two fsyncs.
const IDLE_WAL_BYTES = 1024 * 1024

const PASSIVE = /* sql */ `PRAGMA wal_checkpoint(PASSIVE)`
// The WAL's file is kept and written over: making it anew each time costs a single writer 40 %.
const RESTART = /* sql */ `PRAGMA wal_checkpoint(RESTART)`
const TRUNCATE = /* sql */ `PRAGMA wal_checkpoint(TRUNCATE)`
// Moves nothing and says how much there is (SQLite 3.51).
const LOOK = /* sql */ `PRAGMA wal_checkpoint(NOOP)`
const SET_PATIENCE = /* sql */ `PRAGMA busy_timeout = ${PATIENCE_MS}`
const SET_FURTHER_PATIENCE = /* sql */ `PRAGMA busy_timeout = ${FURTHER_PATIENCE_MS}`
const SET_NO_PATIENCE = /* sql */ `PRAGMA busy_timeout = 0`

interface WalState {
  /** 1 when a lock was not to be had. */
  readonly busy: number
  /** Frames in the WAL. */
  readonly log: number
  /** Those of them that are in the main file too. */
  readonly checkpointed: number
}

/** Watches one connection's commits. */
export class Checkpointer {
  readonly #connection: Connection
  readonly #onIdle: () => void
  #idleTimer: NodeJS.Timeout | undefined
  readonly #maxFrames: number
  #flushedFrames = 0
  #commits = 0
  #failedAtMs = Number.NEGATIVE_INFINITY

  /** @param onIdle work that was put off, done before the checkpoint. */
  constructor(connection: Connection, onIdle: () => void) {
    this.#connection = connection
    this.#maxFrames = MAX_FRAMES[connection.durability]
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
    const state = this.#checkpoint(LOOK)
    if (!state) return
    this.#flushBehind(state.log)
    if (state.log - state.checkpointed <= this.#maxFrames) return
    if (performance.now() - this.#failedAtMs < AGAIN_AFTER_MS) return
    const { driver, path } = this.#connection
    const isFirst = this.#failedAtMs === Number.NEGATIVE_INFINITY
    driver.exec(isFirst ? SET_PATIENCE : SET_FURTHER_PATIENCE)
    let after: WalState | undefined
    try {
      // A reader has let the file grow beyond its bound: the room is given back.
      after = this.#checkpoint(walBytes(path) > MAX_WAL_BYTES ? TRUNCATE : RESTART)
    } finally {
      driver.exec(SET_NO_PATIENCE)
    }
    this.#failedAtMs = after?.busy === 0 ? Number.NEGATIVE_INFINITY : performance.now()
  }

  // Ahead of the checkpoint, which would wait for the disk to take it all.
  #flushBehind(frames: number): void {
    if (this.#connection.durability === 'full') return
    // The WAL has begun anew.
    if (frames < this.#flushedFrames) this.#flushedFrames = 0
    if (frames - this.#flushedFrames < FRAMES_A_FLUSH) return
    this.#flushedFrames = frames
    this.#connection.walSync.begin()
  }

  #checkpoint(sql: string): WalState | undefined {
    if (this.#connection.isClosed || this.#connection.isInTransaction) return undefined
    try {
      return this.#connection.get<WalState>(sql)
    } catch (error) {
      // A checkpoint is never needed for correctness; the WAL's size is shown by status.
      if (!isStoreError(error)) throw error
      return undefined
    }
  }
}

/** Size of the WAL in bytes, by stat alone: opening it would drop SQLite's locks. */
export function walBytes(path: string): number {
  return statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0
}
