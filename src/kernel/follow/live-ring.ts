/**
 * The live ring: growing texts in a table of a thousand rows, for followers in any process
 * (docs/design/growth.md). Streams of tokens are not events; what is durable of them is appended at
 * a boundary.
 *
 * Invariant: ticks rise over all processes and never come twice, though rows go: whoever takes rows
 * away adds one in the same transaction.
 */
import { checkArgument, NAME, OBJECT, TEXT } from '../arguments.ts'
import type { Connection } from '../connection/connection.ts'
import { isStoreError, StoreError } from '../errors.ts'
import type { Live, LivePiece } from '../log/module-store.ts'

const SLOTS = 1000
// A follower's eye cannot tell more, and each write is a commit.
const WRITE_EVERY_MS = 40
const RETRY_MS = 5
const MAX_KEYS = 1000
const MAX_PIECE_LENGTH = 64 * 1024
const MAX_RING_BYTES = 8 * 1024 * 1024

const LAST_TICK = /* sql */ `SELECT ifnull(max(tick), 0) AS tick FROM live`
const ADD = /* sql */ `
  INSERT OR REPLACE INTO live (slot, tick, key, data, at_ms)
  VALUES (:tick % ${SLOTS}, :tick, :key, :data, :atMs)`
const DROP_KEY = /* sql */ `DELETE FROM live WHERE key = :key AND tick <> :tick`
const OF_KEY = /* sql */ `SELECT data FROM live WHERE key = ? ORDER BY tick`
const SIZE = /* sql */ `SELECT count(*) AS rows, sum(octet_length(data)) AS bytes FROM live`
const DROP_OLDEST = /* sql */ `
  DELETE FROM live WHERE tick < (SELECT (min(tick) + max(tick) + 1) / 2 FROM live)`

/** What a ring works with. */
export interface LiveRingOptions {
  readonly connection: Connection
  readonly clock: () => number
  /** Called when something was written outside the caller's own transaction. */
  readonly onWritten: () => void
}

/** One process's side of the ring. */
export class LiveRing implements Live {
  readonly #options: LiveRingOptions
  readonly #pending = new Map<string, LivePiece>()
  readonly #writtenAt = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: LiveRingOptions) {
    this.#options = options
  }

  pieces(key: string): LivePiece[] {
    checkArgument('live.pieces: the key', key, NAME)
    const rows = this.#options.connection.all<{ data: string }>(OF_KEY, [key])
    const shown = rows.map(({ data }) => JSON.parse(data) as LivePiece | { readonly isEnd: true })
    return shown.filter((piece): piece is LivePiece => !('isEnd' in piece))
  }

  set(key: string, piece: LivePiece): void {
    checkArgument('live.set: the piece', piece, OBJECT)
    checkArgument('live.set: text', piece.text, TEXT)
    this.#check(key, piece.offset)
    const pending = this.#pending.get(key)
    this.#pending.set(key, pending ? joined(pending, piece) : piece)
    if (this.#pending.size > MAX_KEYS) this.flush()
    this.#schedule(Math.max(0, this.#dueAt(key) - performance.now()))
  }

  settle(key: string, offset: number): void {
    this.#check(key, offset)
    this.#replaceAll(key, { offset, text: '' })
  }

  end(key: string): void {
    this.#check(key, 0)
    this.#writtenAt.delete(key)
    this.#replaceAll(key, { isEnd: true })
  }

  /** Writes what waits, as far as the lock can be had. */
  flush(): void {
    this.#write([...this.#pending.keys()])
  }

  close(): void {
    this.flush()
    clearTimeout(this.#timer)
    this.#pending.clear()
  }

  #schedule(ms: number): void {
    this.#timer ??= setTimeout(() => this.#whenDue(), ms)
  }

  #whenDue(): void {
    this.#timer = undefined
    const now = performance.now()
    this.#write([...this.#pending.keys()].filter((key) => this.#dueAt(key) <= now))
    const rest = Array.from(this.#pending.keys(), (key) => this.#dueAt(key))
    if (rest.length > 0) this.#schedule(Math.max(RETRY_MS, Math.min(...rest) - now))
  }

  #dueAt(key: string): number {
    return (this.#writtenAt.get(key) ?? Number.NEGATIVE_INFINITY) + WRITE_EVERY_MS
  }

  #write(keys: readonly string[]): void {
    const { connection } = this.#options
    // In a transaction, or closed: what waits goes with the next attempt, or with the process.
    if (keys.length === 0 || connection.isClosed || connection.isInTransaction) return
    try {
      connection.tryWrite(() => this.#writePending(keys))
    } catch (error) {
      if (!isStoreError(error)) throw error
      // Busy: at the next attempt. Anything else will be said by the next append.
      if (error.code !== 'BUSY') this.#pending.clear()
      return
    }
    const now = performance.now()
    if (this.#writtenAt.size > MAX_KEYS) this.#writtenAt.clear()
    for (const key of keys) {
      this.#pending.delete(key)
      this.#writtenAt.set(key, now)
    }
    this.#options.onWritten()
  }

  #writePending(keys: readonly string[]): void {
    const { connection, clock } = this.#options
    let tick = this.#lastTick()
    const atMs = clock()
    for (const key of keys) {
      const { offset = 0, text = '' } = this.#pending.get(key) ?? {}
      for (let at = 0; at < text.length; at += MAX_PIECE_LENGTH) {
        const piece = { offset: offset + at, text: text.slice(at, at + MAX_PIECE_LENGTH) }
        connection.run(ADD, { tick: ++tick, key, data: JSON.stringify(piece), atMs })
      }
    }
    // Half of the ticks that are left each time, so ten times at most.
    while (this.#isTooLarge()) connection.run(DROP_OLDEST)
  }

  #isTooLarge(): boolean {
    const row = this.#options.connection.get<{ rows: number; bytes: number }>(SIZE)
    return row !== undefined && row.rows > 1 && row.bytes > MAX_RING_BYTES
  }

  #replaceAll(key: string, mark: LivePiece | { readonly isEnd: true }): void {
    const { connection, clock } = this.#options
    this.#pending.delete(key)
    const isJoining = connection.isWriting
    connection.write(() => {
      const tick = this.#lastTick() + 1
      connection.run(ADD, { tick, key, data: JSON.stringify(mark), atMs: clock() })
      connection.run(DROP_KEY, { key, tick })
    })
    // Inside a transaction of the caller's, the event that it appends rings.
    if (!isJoining) this.#options.onWritten()
  }

  #lastTick(): number {
    return this.#options.connection.get<{ tick: number }>(LAST_TICK)?.tick ?? 0
  }

  #check(key: string, offset: number): void {
    const { connection } = this.#options
    if (connection.isReadOnly) {
      throw new StoreError('READ_ONLY', `${connection.path} is open for reading`, {
        hint: "open it with { mode: 'write' }",
      })
    }
    if (NAME.fits(key) && Number.isSafeInteger(offset) && offset >= 0) return
    throw new StoreError('ARGUMENT_INVALID', 'a live text needs a key and an offset from 0 up', {
      hint: `the key is ${NAME.name}, such as 'chat.message/m1#text'`,
    })
  }
}

// One piece, where the second goes on from the first; else the second alone, from which it goes on.
function joined(first: LivePiece, second: LivePiece): LivePiece {
  if (first.offset + first.text.length !== second.offset) return second
  const text = first.text + second.text
  // What the lock has kept back for so long is shown in part: the rest has been overtaken.
  const excess = Math.max(0, text.length - 4 * MAX_PIECE_LENGTH)
  return { offset: first.offset + excess, text: text.slice(excess) }
}
