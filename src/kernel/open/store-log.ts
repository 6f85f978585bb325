/** The log as a store shows it. */
import {
  ANY,
  checkArgument,
  checkOptions,
  FUNCTION,
  type Kind,
  type Kinds,
  listOf,
  NAME,
  OBJECT,
  SIGNAL,
  TEXT,
  WHOLE,
} from '../arguments.ts'
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
import type { LogReader, OnDamage } from '../log/log-reader.ts'
import type {
  ConsumerEvents,
  FollowItem,
  FollowOptions,
  LiveFollowOptions,
  Log,
  StreamChoice,
  WriteOptions,
} from '../log/module-store.ts'
import { type LogExtent, type LogPlace, placeOf, sequenceOf } from '../log/place.ts'
import type {
  AppendOptions,
  AppendResult,
  NewEvent,
  ReadOptions,
  ReadStreamOptions,
  RecordedEvent,
} from '../log/types.ts'
import { unreadableEvent } from '../log/unreadable.ts'
import { streamBlocked } from '../projections/quarantine.ts'
import { asEvents } from './as-events.ts'
import type { Attachment } from './attachment.ts'
import { WRITE } from './check-write.ts'

const READ_STREAM: Kinds = { after: WHOLE, limit: ANY, onUnreadable: ANY }
const PAGES: Kinds = { after: WHOLE, types: listOf(TEXT), onUnreadable: ANY }
const READ: Kinds = { ...PAGES, limit: ANY }
const APPEND: Kinds = { ...WRITE, expectedVersion: ANY, idempotencyKey: ANY }
// Where it begins is judged as a place.
const CONSUME: Kinds = {
  types: listOf(TEXT),
  module: TEXT,
  stream: TEXT,
  maxBytes: { name: 'bytes from 1 up', fits: (value) => WHOLE.fits(value) && Number(value) > 0 },
  onUnreadable: FUNCTION,
  signal: SIGNAL,
}
const FOLLOW: Kinds = {
  ...CONSUME,
  after: ANY,
  live: { name: 'true, or left out', fits: (value) => value === true },
}
const SEQUENCE: Kind = {
  name: 'a sequence, which is a whole number from 0 up',
  fits: (value) => WHOLE.fits(value) && Number(value) >= 0,
}

const CHOICE: Kind = {
  name: 'an object with the text stream or prefix',
  fits: (value) => {
    if (!OBJECT.fits(value)) return false
    const choice = value as { readonly stream?: unknown; readonly prefix?: unknown }
    return TEXT.fits('stream' in choice ? choice.stream : choice.prefix)
  },
}

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
    checkOptions('append', options, APPEND)
    const { kernel } = this.#attachment
    return kernel.connection.write(
      () => kernel.append(stream, asEvents(events), options),
      options.durability,
    )
  }

  read(options?: ReadOptions): RecordedEvent[] {
    checkOptions('read', options, READ)
    const { reader } = this.#attachment.kernel
    return reader.read(options, this.#passing(options, reader))
  }

  readStream(stream: string, options?: ReadStreamOptions): RecordedEvent[] {
    checkArgument('readStream: the stream', stream, TEXT)
    checkOptions('readStream', options, READ_STREAM)
    const { reader } = this.#attachment.kernel
    return reader.readStream(stream, options, this.#passing(options, reader))
  }

  pages(options?: Omit<ReadOptions, 'limit'>): Generator<readonly RecordedEvent[]> {
    checkOptions('pages', options, PAGES)
    const { reader } = this.#attachment.kernel
    return reader.pages(options, this.#passing(options, reader))
  }

  head(): number {
    return this.#attachment.kernel.reader.head()
  }

  place(sequence?: number): LogPlace {
    if (sequence !== undefined) checkArgument('place', sequence, SEQUENCE)
    return placeOf(this.#extent(), sequence)
  }

  sequenceOf(place: number | LogPlace): number {
    return sequenceOf(this.#extent(), place)
  }

  streamVersion(stream: string): number {
    checkArgument('streamVersion: the stream', stream, TEXT)
    const { connection, writer, reader } = this.#attachment.kernel
    return connection.isWriting ? writer.versionOf(stream) : reader.versionOf(stream)
  }

  ensureFolded(choice: StreamChoice): void {
    checkArgument('ensureFolded: which streams', choice, CHOICE)
    const { connection, states } = this.#attachment.kernel
    // A write has read them after its BEGIN.
    if (!connection.isWriting) states.refresh()
    const blocked = states.findBlocked(choice)
    if (blocked) throw streamBlocked(connection, blocked)
  }

  follow(options: LiveFollowOptions): Follower<FollowItem>
  follow(options?: FollowOptions): Follower<RecordedEvent>
  follow(
    options: FollowOptions | LiveFollowOptions = {},
  ): Follower<RecordedEvent> | Follower<FollowItem> {
    checkOptions('follow', options, FOLLOW)
    if (!('live' in options) || options.live === undefined)
      return this.#followEvents(options).follower
    const reader = this.#reader()
    const onDamage = this.#noting(options, reader)
    const after = this.#after(options, reader)
    const pages = new LivePages(reader, { ...options, after }, { nowMs: this.#clock(), onDamage })
    return new Follower(this.#newsFor(options), pages)
  }

  consumer(name: string, options: Omit<FollowOptions, 'after'> = {}): ConsumerEvents {
    checkArgument('consumer: its name', name, NAME)
    checkOptions('consumer', options, CONSUME)
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
    checkArgument('removeConsumer: its name', name, NAME)
    removeCheckpoint(this.#attachment.kernel.connection, name)
  }

  // Its place is found now and not at the first next(): what is appended in between must be seen.
  #followEvents(options: FollowOptions): {
    readonly follower: Follower<RecordedEvent>
    readonly pages: EventPages
  } {
    const reader = this.#reader()
    const onDamage = this.#noting(options, reader)
    const { connection } = reader.context
    const placed = { ...options, after: this.#after(options, reader) }
    const pages = connection.read(() => new EventPages(reader, placed, onDamage))
    return { follower: new Follower(this.#newsFor(options), pages), pages }
  }

  #extent(): LogExtent {
    return { id: this.id, head: this.head() }
  }

  // What this process has appended and not committed yet is not seen by the followers' connection.
  #after({ after }: FollowOptions, reader: LogReader): number | undefined {
    if (after === undefined) return undefined
    return sequenceOf({ id: this.id, head: Math.max(this.head(), reader.head()) }, after)
  }

  // A reader that does not say what to do with them is refused at the first.
  #passing(options: Pick<ReadOptions, 'onUnreadable'> | undefined, reader: LogReader) {
    if (options?.onUnreadable === undefined) return undefined
    checkArgument('onUnreadable', options.onUnreadable, FUNCTION)
    return this.#noting(options, reader)
  }

  #noting({ onUnreadable }: Pick<ReadOptions, 'onUnreadable'>, reader: LogReader): OnDamage {
    return (row, error) => {
      const event = unreadableEvent(reader.context, row, error)
      this.#attachment.kernel.unreadable.add(event)
      onUnreadable?.(event)
    }
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
