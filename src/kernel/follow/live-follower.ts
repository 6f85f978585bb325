/**
 * A follower that also shows texts as they grow, and says when it has come to the log's end.
 *
 * Invariant: events and pieces are read from one view of the store, events first. An event and the
 * end of the live text it replaces are one transaction, so neither is seen without the other.
 */
import { setImmediate } from 'node:timers/promises'
import { StoreError } from '../errors.ts'
import type { LogReader } from '../log/log-reader.ts'
import type { FollowItem, LiveFollowOptions } from '../log/module-store.ts'
import { EventPages } from './event-pages.ts'
import { LiveReader } from './live-reader.ts'
import { NewsWait } from './news-wait.ts'
import type { Waker } from './waker.ts'

const DEFAULT_MAX_BYTES = 1024 * 1024

/** An endless sequence of items; leaving the loop ends it. Nothing is read before it is asked for. */
export class LiveFollower implements AsyncIterableIterator<FollowItem> {
  readonly #news: NewsWait
  readonly #reader: LogReader
  readonly #pages: EventPages
  readonly #live: LiveReader
  readonly #maxBytes: number
  #items: FollowItem[] = []
  #isSynchronized = false

  constructor(waker: Waker, reader: LogReader, options: LiveFollowOptions, nowMs: number) {
    const { maxBytes = DEFAULT_MAX_BYTES, after, signal } = options
    if (!(maxBytes > 0)) {
      throw new StoreError('ARGUMENT_INVALID', `maxBytes ${maxBytes} is not a number above 0`, {
        hint: 'leave it out for 1 MiB',
      })
    }
    this.#news = new NewsWait(waker)
    this.#reader = reader
    this.#maxBytes = maxBytes
    const { connection } = reader.context
    // Now and not at the first next(): what is appended in between must be seen.
    this.#pages = connection.read(
      () => new EventPages(reader, after ?? reader.head(), options, maxBytes),
    )
    this.#live = new LiveReader(connection, nowMs, (key) => isWanted(key, options))
    signal?.addEventListener('abort', () => this.#news.end(), { once: true })
    if (signal?.aborted) this.#news.end()
  }

  async next(): Promise<IteratorResult<FollowItem, undefined>> {
    while (!this.#news.isEnded) {
      const item = this.#items.shift()
      if (item) return { done: false, value: item }
      this.#items = this.#read()
      if (this.#items.length > 0) continue
      // Between two looks at a long log nothing else should have to wait.
      if (this.#pages.hasNews) await setImmediate()
      else await this.#news.wait(() => this.#pages.hasNews || this.#live.hasNews)
    }
    return { done: true, value: undefined }
  }

  async return(): Promise<IteratorResult<FollowItem, undefined>> {
    this.#news.end()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #read(): FollowItem[] {
    return this.#reader.context.connection.read(() => {
      const items: FollowItem[] = this.#pages
        .read()
        .map((event) => ({ kind: 'event' as const, event }))
      if (this.#pages.hasNews) return items
      if (!this.#isSynchronized) {
        this.#isSynchronized = true
        items.push({ kind: 'synchronized', sequence: this.#pages.position })
      }
      for (const item of this.#live.read(this.#maxBytes)) items.push(item)
      return items
    })
  }
}

function isWanted(key: string, { stream, module }: LiveFollowOptions): boolean {
  if (stream !== undefined && key !== stream && !key.startsWith(`${stream}#`)) return false
  return module === undefined || key.startsWith(`${module}.`)
}
