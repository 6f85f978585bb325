/**
 * A live read: everything after a place, then whatever any process appends, in order, none missed
 * and none twice. Slow readers hold nothing up: pages are read when asked for, and between two of
 * them everything else of this process has its turn.
 */
import { setImmediate } from 'node:timers/promises'
import type { NewsWait } from './news-wait.ts'

/** Where a follower's items come from. */
export interface FollowSource<Item> {
  /** The next page; empty when nothing wanted came, or not yet: see `hasNews`. */
  read(): readonly Item[]
  /** True when there is more to be looked at. */
  readonly hasNews: boolean
}

/** An endless sequence of items; leaving the loop ends it. Nothing is read before it is asked for. */
export class Follower<Item> implements AsyncIterableIterator<Item> {
  readonly #news: NewsWait
  readonly #source: FollowSource<Item>
  #page: readonly Item[] = []
  #index = 0
  #filling: Promise<void> | undefined

  constructor(news: NewsWait, source: FollowSource<Item>) {
    this.#news = news
    this.#source = source
  }

  /** True when the next item has been read already and will come without waiting. */
  get hasBuffered(): boolean {
    return this.#index < this.#page.length
  }

  async next(): Promise<IteratorResult<Item, undefined>> {
    while (!this.#news.isEnded) {
      const item = this.#page[this.#index]
      if (item !== undefined) {
        this.#index++
        return { done: false, value: item }
      }
      // Shared by those who ask at the same time: two pages at once would lose one of them.
      this.#filling ??= this.#fill().finally(() => {
        this.#filling = undefined
      })
      await this.#filling
    }
    return { done: true, value: undefined }
  }

  async return(): Promise<IteratorResult<Item, undefined>> {
    this.#news.end()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #fill(): Promise<void> {
    // Promises alone would keep the event loop from turning, and no abort could be made.
    await setImmediate()
    if (this.#news.isEnded) return
    try {
      this.#page = this.#source.read()
      this.#index = 0
      if (this.#page.length === 0 && !this.#source.hasNews) {
        await this.#news.wait(() => this.#source.hasNews)
      }
    } catch (error) {
      // A loop that is thrown out of does not call return().
      this.#news.end()
      throw error
    }
  }
}
