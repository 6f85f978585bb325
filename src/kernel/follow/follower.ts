/**
 * A live read of the log: everything after a place, then whatever any process appends, in order,
 * none missed and none twice. Slow readers hold nothing up: pages are read when asked for.
 */
import type { LogReader } from '../log/log-reader.ts'
import type { FollowOptions } from '../log/module-store.ts'
import { moduleOf } from '../log/registry.ts'
import type { RecordedEvent } from '../log/types.ts'
import type { Waker } from './waker.ts'

const PAGE = 500

/** An endless sequence of events; leaving the loop ends it. */
export class Follower implements AsyncIterableIterator<RecordedEvent> {
  readonly #waker: Waker
  readonly #reader: LogReader
  readonly #options: FollowOptions
  #page: readonly RecordedEvent[] = []
  #index = 0
  #after: number
  #isDone = false
  #endWait: (() => void) | undefined

  constructor(waker: Waker, reader: LogReader, options: FollowOptions) {
    this.#waker = waker
    this.#reader = reader
    this.#options = options
    // Now and not at the first next(): what is appended in between must be seen.
    this.#after = options.after ?? this.#head()
    options.signal?.addEventListener('abort', () => this.#end(), { once: true })
    if (options.signal?.aborted) this.#end()
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
    while (!this.#isDone) {
      const event = this.#page[this.#index]
      if (event) {
        this.#index++
        return { done: false, value: event }
      }
      if (!this.#readPage()) await this.#wait()
    }
    return { done: true, value: undefined }
  }

  async return(): Promise<IteratorResult<RecordedEvent, undefined>> {
    this.#end()
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

  #wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      const remove = this.#waker.add((failure) => {
        remove()
        this.#endWait = undefined
        if (!failure) return resolve()
        this.#isDone = true
        // Closing the store is how its owner ends a follower.
        if (failure.code === 'STORE_CLOSED') resolve()
        else reject(failure)
      })
      this.#endWait = () => {
        remove()
        resolve()
      }
      // A commit between the last look and the registration has rung already.
      if (this.#head() > this.#after) this.#endWait()
    })
  }

  #end(): void {
    this.#isDone = true
    this.#endWait?.()
  }

  #head(): number {
    return this.#reader.head()
  }
}
