/** Reading the live ring: what came after a tick, and what a late follower should still see. */
import type { Connection } from '../connection/connection.ts'
import type { LiveItem } from '../log/module-store.ts'

const ROWS_AT_ONCE = 50
// An abandoned text of yesterday is no news to somebody who comes today.
const FRESH_MS = 60_000

const LAST_TICK = /* sql */ `SELECT ifnull(max(tick), 0) AS tick FROM live`
const AFTER = /* sql */ `
  SELECT tick, key, data FROM live WHERE tick > :tick AND at_ms > :since
  ORDER BY tick LIMIT ${ROWS_AT_ONCE}`

interface Row {
  readonly tick: number
  readonly key: string
  readonly data: string
}

/** A place in the ring, through one connection. */
export class LiveReader {
  readonly #connection: Connection
  readonly #wants: (key: string) => boolean
  #since: number
  #tick = 0
  #isFirst = true

  constructor(connection: Connection, nowMs: number, wants: (key: string) => boolean) {
    this.#connection = connection
    this.#wants = wants
    this.#since = nowMs - FRESH_MS
  }

  /** True when the ring has gone on. */
  get hasNews(): boolean {
    return this.#lastTick() > this.#tick
  }

  /** The next items, some `maxBytes` of them at most; pieces that go on from each other are one. */
  read(maxBytes: number): LiveItem[] {
    const items: LiveItem[] = []
    const last = this.#lastTick()
    for (let bytes = 0; bytes < maxBytes; ) {
      const rows = this.#connection.all<Row>(AFTER, { tick: this.#tick, since: this.#since })
      for (const row of rows) {
        this.#tick = row.tick
        bytes += row.data.length
        if (this.#wants(row.key)) this.#add(items, row)
      }
      if (rows.length < ROWS_AT_ONCE) {
        // Rows too old to be shown are passed as well.
        this.#tick = Math.max(this.#tick, last)
        this.#isFirst = false
        this.#since = Number.MIN_SAFE_INTEGER
        break
      }
    }
    return items
  }

  #add(items: LiveItem[], { key, data }: Row): void {
    const { offset = 0, text = '', isEnd = false } = JSON.parse(data) as Partial<LiveItem>
    // Who comes late has seen nothing of what has ended.
    if (isEnd && this.#isFirst) return
    const before = items.at(-1)
    if (
      before?.key === key &&
      !isEnd &&
      text !== '' &&
      before.offset + before.text.length === offset
    ) {
      items[items.length - 1] = { ...before, text: before.text + text }
    } else items.push({ kind: 'live', key, offset, text, isEnd })
  }

  #lastTick(): number {
    return this.#connection.get<{ tick: number }>(LAST_TICK)?.tick ?? 0
  }
}
