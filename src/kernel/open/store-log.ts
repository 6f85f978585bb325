/** The log as a store shows it. */
import {
  Consumer,
  noteConsumer,
  readGap,
  removeCheckpoint,
  saveCheckpoint,
} from '../follow/consumer.ts'
import { EventPages } from '../follow/event-pages.ts'
import { Follower } from '../follow/follower.ts'
import { LivePages } from '../follow/live-pages.ts'
import { NewsWait } from '../follow/news-wait.ts'
import { readLogId } from '../follow/waker.ts'
import type { LogReader } from '../log/log-reader.ts'
import type {
  ConsumerEvents,
  FollowItem,
  FollowOptions,
  LiveFollowOptions,
  Log,
  WriteOptions,
} from '../log/module-store.ts'
import type {
  AppendOptions,
  AppendResult,
  NewEvent,
  ReadOptions,
  ReadStreamOptions,
  RecordedEvent,
} from '../log/types.ts'
import { asEvents } from './as-events.ts'
import type { Attachment } from './attachment.ts'

/** Implements {@link Log} over the attached kernel. */
export class StoreLog implements Log {
  readonly #attachment: Attachment
  readonly #clock: () => number

  constructor(attachment: Attachment, { clock }: { readonly clock: () => number }) {
    this.#attachment = attachment
    this.#clock = clock
  }

  get id(): string {
    return readLogId(this.#attachment.kernel.connection)
  }

  append(
    stream: string,
    events: NewEvent | readonly NewEvent[],
    options: AppendOptions & WriteOptions = {},
  ): AppendResult {
    const { kernel } = this.#attachment
    return kernel.connection.write(
      () => kernel.append(stream, asEvents(events), options),
      options.durability,
    )
  }

  read(options?: ReadOptions): RecordedEvent[] {
    return this.#attachment.kernel.reader.read(options)
  }

  readStream(stream: string, options?: ReadStreamOptions): RecordedEvent[] {
    return this.#attachment.kernel.reader.readStream(stream, options)
  }

  pages(options?: Omit<ReadOptions, 'limit'>): Generator<readonly RecordedEvent[]> {
    return this.#attachment.kernel.reader.pages(options)
  }

  head(): number {
    return this.#attachment.kernel.reader.head()
  }

  streamVersion(stream: string): number {
    const { connection, writer, reader } = this.#attachment.kernel
    return connection.isWriting ? writer.versionOf(stream) : reader.versionOf(stream)
  }

  follow(options: LiveFollowOptions): Follower<FollowItem>
  follow(options?: FollowOptions): Follower<RecordedEvent>
  follow(
    options: FollowOptions | LiveFollowOptions = {},
  ): Follower<RecordedEvent> | Follower<FollowItem> {
    if (!('live' in options)) return this.#followEvents(options).follower
    const pages = new LivePages(this.#reader(), options, this.#clock())
    return new Follower(this.#newsFor(options), pages)
  }

  consumer(name: string, options: Omit<FollowOptions, 'after'> = {}): ConsumerEvents {
    const { connection } = this.#attachment.kernel
    // Noted from the start, so that nothing before it is dropped while it is at work.
    const after = noteConsumer(connection, name, this.#clock())
    const gap = readGap(connection, name)
    const { follower, pages } = this.#followEvents({ ...options, after })
    return new Consumer(name, follower, {
      gap,
      passed: () => pages.position,
      save: (sequence) => saveCheckpoint(connection, { consumer: name, sequence }, this.#clock()),
    })
  }

  removeConsumer(name: string): void {
    removeCheckpoint(this.#attachment.kernel.connection, name)
  }

  // Its place is found now and not at the first next(): what is appended in between must be seen.
  #followEvents(options: FollowOptions): {
    readonly follower: Follower<RecordedEvent>
    readonly pages: EventPages
  } {
    const reader = this.#reader()
    const pages = reader.context.connection.read(() => new EventPages(reader, options))
    return { follower: new Follower(this.#newsFor(options), pages), pages }
  }

  // After the pages: whoever is refused must leave nothing at the signal.
  #newsFor({ signal }: FollowOptions): NewsWait {
    return new NewsWait(this.#attachment.kernel.waker, signal)
  }

  // Through a connection of the followers' own, which is never in the caller's transaction.
  #reader(): LogReader {
    const { waker, readerOn } = this.#attachment.kernel
    return readerOn(waker.connection)
  }
}
