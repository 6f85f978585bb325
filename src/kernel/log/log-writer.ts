/**
 * Appending events. The order of the steps is the contract (docs/design/log.md): receipt,
 * expected version, validation, no-op suppression, insert, fold, supersede; heads before COMMIT.
 */
import { checkArgument, type Kind, OBJECT, WHOLE } from '../arguments.ts'
import type { Connection } from '../connection/connection.ts'
import { VersionConflictError } from '../errors.ts'
import { dropUnreferencedPayloads } from '../payloads/payloads.ts'
import { type BaseExtent, dropSuperseded, findSuperseded, type Superseding } from './chain.ts'
import { comparableText, type EncodedData, encodeData } from './encode.ts'
import { EventInserter } from './event-inserter.ts'
import { Heads } from './heads.ts'
import { Names } from './interning.ts'
import type { Module } from './module.ts'
import { findReceipt, receiptKey, requestHash, saveReceipt } from './receipts.ts'
import type { RegisteredType, Registry } from './registry.ts'
import { readStoredText } from './stored-body.ts'
import { newStream, type StreamHead } from './stream-head.ts'
import { checkStreamName } from './stream-name.ts'
import type {
  AppendOptions,
  AppendResult,
  ExpectedVersion,
  NewEvent,
  RecordedEvent,
} from './types.ts'

/** Folds an event that was just inserted, its data as stored `text`; throws when a table refuses it. */
export type Fold = (registered: RegisteredType, event: RecordedEvent, text: string) => void

/** What a log writer works with. */
export interface LogWriterOptions {
  readonly connection: Connection
  readonly registry: Registry
  readonly fold: Fold
  /** Throws when this program may not write events of the module: a newer release was here. */
  readonly guard: (module: Module) => void
  /** What the module's base covers; superseding looks at it. */
  readonly baseOf: (module: Module) => BaseExtent | undefined
  /** Epoch milliseconds. */
  readonly clock: () => number
}

/** An event that may be appended. */
interface PreparedEvent {
  readonly event: NewEvent
  readonly registered: RegisteredType
  readonly encoded: EncodedData
}

/** Appends to one store through one connection. */
export class LogWriter {
  readonly heads: Heads
  readonly types: Names
  readonly streams: Names
  readonly inserter: EventInserter
  readonly #options: LogWriterOptions

  constructor(options: LogWriterOptions) {
    const { connection, clock } = options
    this.#options = options
    this.types = new Names(connection, 'event_types')
    this.streams = new Names(connection, 'streams')
    this.heads = new Heads(connection, () => this.#removalTypes())
    const origins = new Names(connection, 'origins')
    this.inserter = new EventInserter({ connection, clock, heads: this.heads, origins })
  }

  /** How many rows this writer has inserted, those rolled back since included. */
  get inserted(): number {
    return this.inserter.inserted
  }

  /** Appends all of `events` or none. Inside a write transaction. */
  append(stream: string, events: readonly NewEvent[], options: AppendOptions = {}): AppendResult {
    // Asked in place: a list of kinds to go through would cost each append.
    if (!OBJECT.fits(options)) checkArgument('append: its options', options, OBJECT)
    const { idempotencyKey, expectedVersion = 'any' } = options
    if (idempotencyKey === undefined) return this.#appendAll(stream, events, expectedVersion)
    const { connection, clock } = this.#options
    const key = receiptKey('append', idempotencyKey)
    const request = requestHash('append', [stream, events, expectedVersion])
    const nowMs = clock()
    const known = findReceipt<AppendResult>(connection, key, request, nowMs)
    if (known) return known
    const outcome = this.#appendAll(stream, events, expectedVersion)
    saveReceipt(connection, { key, request, outcome, nowMs })
    return outcome
  }

  /**
   * Appends one event whose data was judged by whoever made its text: what an import found in a file
   * is stored as it stood there. Inside a write transaction.
   */
  appendEncoded(stream: string, event: Omit<NewEvent, 'data'>, encoded: EncodedData): AppendResult {
    const registered = this.#options.registry.resolve(event.type)
    this.#options.guard(registered.module)
    return this.#appendPrepared(stream, [
      { event: { ...event, data: undefined }, registered, encoded },
    ])
  }

  /** The version of a stream inside a write transaction; 0 when it never had an event. */
  versionOf(stream: string): number {
    const id = this.streams.find(stream)
    return id === undefined ? 0 : this.heads.stream(id).version
  }

  /** The head of a stream, which is made when it is new. */
  headOf(stream: string): StreamHead {
    const known = this.streams.find(stream)
    if (known !== undefined) return this.heads.stream(known)
    checkStreamName(stream)
    return newStream(this.streams.intern(stream))
  }

  #appendAll(
    stream: string,
    events: readonly NewEvent[],
    expectedVersion: ExpectedVersion,
  ): AppendResult {
    if (expectedVersion !== 'any') {
      ensureVersion(stream, expectedVersion, this.versionOf(stream))
    }
    if (events.length === 0) {
      return { version: this.versionOf(stream), sequence: this.heads.log().sequence, appended: 0 }
    }
    // All are judged before the first is written: bad data leaves the transaction as it was.
    return this.#appendPrepared(
      stream,
      events.map((event) => this.#prepare(event)),
    )
  }

  #appendPrepared(stream: string, prepared: readonly PreparedEvent[]): AppendResult {
    let head = this.headOf(stream)
    const before = head.version
    const { inserted } = this.inserter
    try {
      for (const event of prepared) head = this.#appendOne(stream, head, event)
    } catch (error) {
      // A fold has failed: its event stands in the log, and perhaps half of what it does in a table.
      if (this.inserter.inserted > inserted) this.#options.connection.giveUp(error)
      throw error
    }
    this.heads.setStream(head)
    const { version } = head
    return { version, sequence: this.heads.log().sequence, appended: version - before }
  }

  #prepare(event: NewEvent): PreparedEvent {
    const registered = this.#options.registry.resolve(event?.type)
    this.#options.guard(registered.module)
    const { occurredAtMs } = event
    if (occurredAtMs !== undefined) checkArgument('occurredAtMs', occurredAtMs, WHOLE)
    const encoded = encodeData(event.type, registered.definition, event.data)
    return { event, registered, encoded }
  }

  // Returns the stream's head afterwards: the same when the event changes nothing.
  #appendOne(
    stream: string,
    head: StreamHead,
    { event, registered, encoded }: PreparedEvent,
  ): StreamHead {
    const { type } = event
    const { definition } = registered
    const typeId = this.types.intern(type)
    if (definition.isState && this.#changesNothing(head, typeId, registered, encoded)) return head
    const superseding =
      definition.isState || definition.removes
        ? this.#findSuperseded(head, registered.module)
        : undefined
    const next = this.inserter.insert(stream, head, {
      type,
      typeId,
      schemaVersion: definition.version,
      data: encoded,
      metadata: event.metadata,
      occurredAtMs: event.occurredAtMs,
      previous: superseding ? superseding.previous : head.sequence,
    })
    this.#options.fold(registered, next.event, encoded.text)
    if (superseding && superseding.dropped.length > 0) this.#drop(superseding)
    return next.head
  }

  // Only against the stream's very last event: after a patch, the same state is a change back.
  #changesNothing(
    head: StreamHead,
    typeId: number,
    { definition }: RegisteredType,
    encoded: EncodedData,
  ): boolean {
    if (head.sequence === null || head.typeId !== typeId) return false
    try {
      const before = readStoredText(this.#options.connection, head.sequence)
      if (before === undefined) return false
      if (before === encoded.text) return true
      if (definition.volatile.length === 0) return false
      const earlier = { text: before, value: JSON.parse(before) as unknown }
      return comparableText(definition, earlier) === comparableText(definition, encoded)
    } catch {
      // It is damaged, which is for verify to say. Were the next state refused, it would stay for good, and a
      // pack has the last states of a hundred streams.
      return false
    }
  }

  #findSuperseded(head: StreamHead, module: Module): Superseding {
    return findSuperseded(
      this.#options.connection,
      head,
      (typeId) => this.#isReplaceable(typeId, module),
      this.#options.baseOf(module),
    )
  }

  #drop(superseding: Superseding): void {
    const { connection } = this.#options
    dropSuperseded(connection, superseding)
    const payloads = superseding.dropped.flatMap(({ payloadId }) => payloadId ?? [])
    if (payloads.length > 0) dropUnreferencedPayloads(connection, payloads)
  }

  // Of the same module: a state of another one says nothing of this one's row.
  #isReplaceable(typeId: number, module: Module): boolean {
    const type = this.types.nameOf(typeId)
    const registered = type === undefined ? undefined : this.#options.registry.find(type)
    return registered?.definition.keep === 'latest' && registered.module === module
  }

  #removalTypes(): number[] {
    const ids: number[] = []
    for (const { events } of this.#options.registry.modules.values()) {
      for (const [type, { removes }] of events) {
        const id = removes ? this.types.find(type) : undefined
        if (id !== undefined) ids.push(id)
      }
    }
    return ids
  }
}

const VERSION: Kind = {
  name: "a whole number from 0 up, 'none' or 'any'",
  fits: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
}

function ensureVersion(stream: string, expected: number | 'none', actual: number): void {
  if (actual === (expected === 'none' ? 0 : expected)) return
  if (expected !== 'none') checkArgument('expectedVersion', expected, VERSION)
  throw new VersionConflictError(stream, expected, actual)
}
