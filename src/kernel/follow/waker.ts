/**
 * Wakes a store's followers: at once for commits of this process and for rings of the doorbell,
 * by a slow poll of `data_version` for writers that do not ring.
 *
 * It has a connection of its own that is never in a transaction while it waits: inside one,
 * `data_version` stands still. All of it is a hint; followers read the log to see what is there.
 */
import type { FSWatcher } from 'node:fs'
import type { Connection } from '../connection/connection.ts'
import { fileIdentity } from '../connection/file-identity.ts'
import { StoreError } from '../errors.ts'
import { watchBell } from './doorbell.ts'

const POLL_MS = 250
// Without a doorbell the poll is all there is.
const POLL_WITHOUT_BELL_MS = 20
const IDENTITY_EVERY_MS = 1000

const DATA_VERSION = /* sql */ `PRAGMA data_version`
const LOG_ID = /* sql */ `SELECT value FROM store WHERE key = 'logId'`

/** Called when there may be news, or with the error after which there will be none. */
export type OnWake = (failure?: StoreError) => void

/** The wake-ups of one open store; it runs while somebody waits. */
export class Waker {
  readonly connection: Connection
  readonly #waiting = new Set<OnWake>()
  readonly #file: string
  readonly #logId: string
  readonly #mayMakeBell: boolean
  #watcher: FSWatcher | undefined
  #timer: NodeJS.Timeout | undefined
  #dataVersion: unknown
  #lookedAtMs = 0

  /** @param mayMakeBell false in read mode, which makes no file. */
  constructor(connection: Connection, mayMakeBell: boolean) {
    this.connection = connection
    this.#mayMakeBell = mayMakeBell
    this.#file = fileIdentity(connection.path)
    this.#logId = readLogId(connection)
  }

  /** Identity of the log that is followed. */
  get logId(): string {
    return this.#logId
  }

  /** True once the store was closed. */
  get isClosed(): boolean {
    return this.connection.isClosed
  }

  /** Registers `onWake` until the returned function is called. */
  add(onWake: OnWake): () => void {
    if (this.#waiting.size === 0) this.#start()
    this.#waiting.add(onWake)
    return () => {
      this.#waiting.delete(onWake)
      if (this.#waiting.size === 0) this.#stop()
    }
  }

  /** Wakes everybody: this process has committed. */
  wake(): void {
    for (const onWake of this.#waiting) onWake()
  }

  close(): void {
    const failure = new StoreError('STORE_CLOSED', `${this.connection.path} was closed`)
    for (const onWake of [...this.#waiting]) onWake(failure)
    this.#stop()
    this.connection.close()
  }

  #start(): void {
    this.#dataVersion = this.#readDataVersion()
    this.#watch()
  }

  #watch(): void {
    this.#watcher = watchBell(this.connection.path, this.#mayMakeBell, () => this.wake())
    clearInterval(this.#timer)
    this.#timer = setInterval(() => this.#poll(), this.#watcher ? POLL_MS : POLL_WITHOUT_BELL_MS)
  }

  #stop(): void {
    this.#watcher?.close()
    this.#watcher = undefined
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #poll(): void {
    try {
      this.#ensureSameLog()
      const version = this.#readDataVersion()
      if (version === this.#dataVersion) return
      this.#dataVersion = version
      // Whoever has written has made a bell.
      if (!this.#watcher) this.#watch()
      this.wake()
    } catch (error) {
      const failure = error as StoreError
      for (const onWake of [...this.#waiting]) onWake(failure)
    }
  }

  #readDataVersion(): unknown {
    return this.connection.values(DATA_VERSION)[0]?.[0]
  }

  // A file that was replaced keeps answering from the unlinked one for ever, without a sign.
  #ensureSameLog(): void {
    const now = performance.now()
    if (now - this.#lookedAtMs < IDENTITY_EVERY_MS) return
    this.#lookedAtMs = now
    const { path } = this.connection
    if (fileIdentity(path) === this.#file && readLogId(this.connection) === this.#logId) return
    throw new StoreError('LOG_REPLACED', `${path} holds another log than the one followed`, {
      hint: 'open the store again and read from the start',
    })
  }
}

/** The random name of the log in this file. */
export function readLogId(connection: Connection): string {
  return connection.get<{ value: string }>(LOG_ID)?.value ?? ''
}
