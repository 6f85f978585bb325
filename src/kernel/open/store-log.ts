/** The log as a store shows it. */
import {
  Consumer,
  noteConsumer,
  readGap,
  removeCheckpoint,
  saveCheckpoint,
} from '../follow/consumer.ts'
import { Follower } from '../follow/follower.ts'
import { LiveFollower } from '../follow/live-follower.ts'
import { readLogId } from '../follow/waker.ts'
import type {
  ConsumerEvents,
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

  follow(options: LiveFollowOptions): LiveFollower
  follow(options?: FollowOptions): Follower
  follow(options: FollowOptions | LiveFollowOptions = {}): Follower | LiveFollower {
    const { waker, readerOn } = this.#attachment.kernel
    const reader = readerOn(waker.connection)
    return 'live' in options
      ? new LiveFollower(waker, reader, options, this.#clock())
      : new Follower(waker, reader, options)
  }

  consumer(name: string, options: Omit<FollowOptions, 'after'> = {}): ConsumerEvents {
    const { connection } = this.#attachment.kernel
    // Noted from the start, so that nothing before it is dropped while it is at work.
    const after = noteConsumer(connection, name, this.#clock())
    const gap = readGap(connection, name)
    return new Consumer(name, this.follow({ ...options, after }), gap, (sequence) =>
      saveCheckpoint(connection, { consumer: name, sequence }, this.#clock()),
    )
  }
  removeConsumer(name: string): void {
    removeCheckpoint(this.#attachment.kernel.connection, name)
  }
}
