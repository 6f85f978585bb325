/**
 * Appending events. The order of the steps is the contract (docs/design/log.md): receipt,
 * expected version, validation, no-op suppression, insert, fold, supersede; heads before COMMIT.
 */
import type { Connection } from '../connection/connection.ts'
import { VersionConflictError } from '../errors.ts'
import { dropUnreferencedPayloads, putPayload } from '../payloads/payloads.ts'
import { eventChecksum } from './checksum.ts'
import { comparableText, type EncodedData, encodeData, encodeMetadata } from './encode.ts'
import { Heads, type StateEvent, type StateEvents, type StreamHead } from './heads.ts'
import { Names } from './interning.ts'
import type { Module } from './module.ts'
import { readStoredText } from './read-row.ts'
import { findReceipt, requestHash, saveReceipt } from './receipts.ts'
import type { RegisteredType, Registry } from './registry.ts'
import { checkStreamName } from './stream-name.ts'
import { dropEvent, findStates, smallestCheckpoint } from './supersede.ts'
import type {
  AppendOptions,
  AppendResult,
  ExpectedVersion,
  NewEvent,
  RecordedEvent,
} from './types.ts'

/** A larger body goes to `payloads`: it would push the rows around it onto overflow pages. */
export const SPILL_LENGTH: number = 16 * 1024

const INSERT = /* sql */ `
  INSERT INTO events (sequence, stream_id, version, type_id, schema_version, recorded_at_ms,
    occurred_at_ms, checksum, payload_id, origin_id, origin_sequence, metadata, data)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

/** Folds an event that was just inserted; throws when a table refuses it. */
export type Fold = (registered: RegisteredType, event: RecordedEvent) => void

/** An event that another store appended first. */
export interface Origin {
  readonly name: string
  readonly sequence: number
}

/** What a log writer works with. */
export interface LogWriterOptions {
  readonly connection: Connection
  readonly registry: Registry
  readonly fold: Fold
  /** Throws when this program may not write events of the module: a newer release was here. */
  readonly guard: (module: Module) => void
  /** Epoch milliseconds. */
  readonly clock: () => number
}

/** Appends to one store through one connection. */
export class LogWriter {
  readonly heads: Heads
  readonly types: Names
  readonly origins: Names
  readonly #connection: Connection
  readonly #registry: Registry
  readonly #fold: Fold
  readonly #guard: (module: Module) => void
  readonly #clock: () => number
  #inserted = 0

  constructor(options: LogWriterOptions) {
    this.#connection = options.connection
    this.#registry = options.registry
    this.#fold = options.fold
    this.#guard = options.guard
    this.#clock = options.clock
    this.heads = new Heads(options.connection)
    this.types = new Names(options.connection, 'event_types')
    this.origins = new Names(options.connection, 'origins')
  }

  /** How many rows this writer has inserted, those rolled back since included. */
  get inserted(): number {
    return this.#inserted
  }

  /** Appends all of `events` or none. Inside a write transaction. */
  append(stream: string, events: readonly NewEvent[], options: AppendOptions = {}): AppendResult {
    checkStreamName(stream)
    const { idempotencyKey: key, expectedVersion = 'any' } = options
    if (key === undefined) return this.#appendAll(stream, events, expectedVersion)
    const hash = requestHash([stream, events, expectedVersion])
    const nowMs = this.#clock()
    const known = findReceipt<AppendResult>(this.#connection, key, hash, nowMs)
    if (known) return known
    const outcome = this.#appendAll(stream, events, expectedVersion)
    saveReceipt(this.#connection, { key, requestHash: hash, outcome, nowMs })
    return outcome
  }

  #appendAll(
    stream: string,
    events: readonly NewEvent[],
    expectedVersion: ExpectedVersion,
  ): AppendResult {
    const head = this.heads.stream(stream)
    ensureVersion(stream, expectedVersion, head)
    let appended = 0
    if (events.length > 0) {
      let current = head ?? this.heads.addStream(stream, events.length)
      const isNew = head === undefined
      for (const event of events) {
        const next = this.#appendOne(stream, current, event)
        if (next === undefined) continue
        current = next
        appended++
      }
      // A new stream's row was written with the version it should reach; see Heads.addStream.
      if (isNew && appended === events.length && current.droppedCount === 0) {
        current = { ...current, isStored: current.removedAtMs === null }
      }
      this.heads.setStream(stream, current)
    }
    const version = this.heads.stream(stream)?.version ?? 0
    return { version, sequence: this.heads.log().sequence, appended }
  }

  // Returns the stream's new head, or undefined when the event changes nothing.
  #appendOne(stream: string, head: StreamHead, event: NewEvent): StreamHead | undefined {
    const registered = this.#registry.resolve(event.type)
    this.#guard(registered.module)
    const { definition } = registered
    const encoded = encodeData(event.type, definition, event.data)
    const isReplacing = definition.isState || definition.removes
    const states = isReplacing ? this.#statesOf(head) : undefined
    if (definition.isState && this.#changesNothing(head, states, registered, encoded)) {
      return undefined
    }
    const recorded = this.insert(stream, head, {
      type: event.type,
      schemaVersion: definition.version,
      encoded,
      metadata: encodeMetadata(event.type, event.metadata),
      occurredAtMs: event.occurredAtMs,
    })
    this.#fold(registered, { ...recorded.event, metadata: event.metadata ?? null })
    const next: StreamHead = {
      ...head,
      version: recorded.event.version,
      removedAtMs: definition.removes ? recorded.event.recordedAtMs : null,
      isStored: false,
    }
    if (!states) return next
    const isReplaceable = definition.keep === 'latest'
    return this.#replaceStates(next, states, { ...recorded.state, isReplaceable })
  }

  /** Writes one row and moves the log's head; the caller keeps the stream's. */
  insert(
    stream: string,
    head: StreamHead,
    event: {
      readonly type: string
      readonly schemaVersion: number
      readonly encoded: EncodedData
      readonly metadata: string | null
      readonly occurredAtMs: number | undefined
      readonly origin?: Origin
    },
  ): { readonly event: RecordedEvent; readonly state: Omit<StateEvent, 'isReplaceable'> } {
    const log = this.heads.log()
    const sequence = log.sequence + 1
    // Monotone whatever the clock does: `at`, `keep` and binary search rely on it.
    const recordedAtMs = Math.max(this.#clock(), log.recordedAtMs)
    const occurredAtMs = event.occurredAtMs === recordedAtMs ? null : (event.occurredAtMs ?? null)
    const version = head.version + 1
    const origin = event.origin?.name ?? null
    const originSequence = event.origin?.sequence ?? null
    const { text } = event.encoded
    const checksum = eventChecksum({
      sequence,
      stream,
      version,
      type: event.type,
      schemaVersion: event.schemaVersion,
      recordedAtMs,
      occurredAtMs,
      origin,
      originSequence,
      metadata: event.metadata,
      data: text,
    })
    const typeId = this.types.intern(event.type)
    const payloadId =
      text.length > SPILL_LENGTH ? putPayload(this.#connection, Buffer.from(text)) : null
    this.#connection.run(INSERT, [
      sequence,
      head.id,
      version,
      typeId,
      event.schemaVersion,
      recordedAtMs,
      occurredAtMs,
      checksum,
      payloadId,
      origin === null ? null : this.origins.intern(origin),
      originSequence,
      event.metadata,
      payloadId === null ? text : '',
    ])
    this.heads.setLog({ sequence, recordedAtMs })
    this.#inserted++
    return {
      event: {
        sequence,
        stream,
        version,
        type: event.type,
        schemaVersion: event.schemaVersion,
        data: event.encoded.value,
        metadata: null,
        recordedAtMs,
        occurredAtMs: occurredAtMs ?? recordedAtMs,
        origin,
        originSequence: originSequence ?? sequence,
        checksum,
      },
      state: { sequence, version, checksum, typeId, payloadId },
    }
  }

  #statesOf(head: StreamHead): StateEvents {
    if (head.states) return head.states
    return findStates(this.#connection, head, (typeId) => {
      const type = this.types.nameOf(typeId)
      return type === undefined ? undefined : this.#registry.find(type)?.definition
    })
  }

  // Only against the stream's very last event: after a patch, the same state is a change back.
  #changesNothing(
    head: StreamHead,
    states: StateEvents | undefined,
    { type, definition }: RegisteredType,
    encoded: EncodedData,
  ): boolean {
    const state = states?.events.at(-1)
    if (state?.version !== head.version || this.types.nameOf(state.typeId) !== type) return false
    const before = readStoredText(this.#connection, state.sequence)
    if (before === undefined) return false
    if (before === encoded.text) return true
    if (definition.volatile.length === 0) return false
    const earlier = { text: before, value: JSON.parse(before) as unknown }
    return comparableText(definition, earlier) === comparableText(definition, encoded)
  }

  #replaceStates(head: StreamHead, states: StateEvents, newest: StateEvent): StreamHead {
    const newestReplaced = states.events.at(-1)
    const mustStay =
      !states.isComplete ||
      (newestReplaced !== undefined &&
        newestReplaced.sequence > smallestCheckpoint(this.#connection))
    if (mustStay) return { ...head, states: { ...states, events: [...states.events, newest] } }
    let next: StreamHead = { ...head, states: { events: [newest], isComplete: true } }
    for (const event of states.events) {
      if (!event.isReplaceable) continue
      next = dropEvent(this.#connection, next, event)
      if (event.payloadId !== null) dropUnreferencedPayloads(this.#connection, [event.payloadId])
    }
    return next
  }
}

function ensureVersion(
  stream: string,
  expected: ExpectedVersion,
  head: StreamHead | undefined,
): void {
  if (expected === 'any') return
  const actual = head?.version ?? 0
  if (actual !== (expected === 'none' ? 0 : expected)) {
    throw new VersionConflictError(stream, expected, actual)
  }
}
