/**
 * A live read of the log: everything after a place, then whatever any process appends, in order,
 * none missed and none twice. Slow readers hold nothing up: pages are read when asked for.
 */
import type { LogReader } from '../log/log-reader.ts'
import type { FollowOptions } from '../log/module-store.ts'
import { moduleOf } from '../log/registry.ts'
import type { RecordedEvent } from '../log/types.ts'
import { NewsWait } from './news-wait.ts'
import type { Waker } from './waker.ts'

const PAGE = 500

/** An endless sequence of events; leaving the loop ends it. */
export class Follower implements AsyncIterableIterator<RecordedEvent> {
  readonly #news: NewsWait
  readonly #reader: LogReader
  readonly #options: FollowOptions
  #page: readonly RecordedEvent[] = []
  #index = 0
  #after: number

  constructor(waker: Waker, reader: LogReader, options: FollowOptions) {
    this.#news = new NewsWait(waker)
    this.#reader = reader
    this.#options = options
    // Now and not at the first next(): what is appended in between must be seen.
    this.#after = options.after ?? this.#head()
    options.signal?.addEventListener('abort', () => this.#news.end(), { once: true })
    if (options.signal?.aborted) this.#news.end()
  }

  /** Last sequence looked at: everything up to it was shown, or is not asked for. */
  get position(): number {
    const shown = this.#page[this.#index - 1]
    return this.#index < this.#page.length && shown ? shown.sequence : this.#after
  }

  /** True when the next event has been read already and will come without waiting. */
  get hasBuffered(): boolean {
    return this.#index < this.#page.length
  }

  async next(): Promise<IteratorResult<RecordedEvent, undefined>> {
    while (!this.#news.isEnded) {
      const event = this.#page[this.#index]
      if (event) {
        this.#index++
        return { done: false, value: event }
      }
      if (!this.#readPage()) await this.#news.wait(() => this.#head() > this.#after)
    }
    return { done: true, value: undefined }
  }

  async return(): Promise<IteratorResult<RecordedEvent, undefined>> {
    this.#news.end()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  // True when there is something to show or more to read.
  #readPage(): boolean {
    // The head before the page: a page that is not full has shown everything up to it.
    const head = this.#head()
    if (head <= this.#after) return false
    const { types } = this.#options
    const read = { after: this.#after, limit: PAGE, ...(types ? { types } : {}) }
    const page = this.#reader.read(read)
    const last = page.at(-1)?.sequence ?? 0
    this.#after = page.length < PAGE ? Math.max(head, last) : last
    this.#page = page.filter((event) => this.#isWanted(event))
    this.#index = 0
    return true
  }

  #isWanted(event: RecordedEvent): boolean {
    const { module, stream } = this.#options
    if (stream !== undefined && event.stream !== stream) return false
    return module === undefined || moduleOf(event.type) === module
  }

  #head(): number {
    return this.#reader.head()
  }
}
