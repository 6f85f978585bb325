/** The shapes of the log's public face. */
import type { OnUnreadable } from './unreadable.ts'

/** Who did it and why; further keys are the caller's own. Values must survive JSON. */
export interface EventMetadata {
  readonly actor?: string
  /** The same for everything that one request set off. */
  readonly correlationId?: string
  /** The event or command that caused this one. */
  readonly causationId?: string
  readonly [key: string]: unknown
}

/** An event to be appended. */
export interface NewEvent<Data = unknown> {
  /** `module.entity.past-tense` */
  readonly type: string
  /** What happened; it must survive JSON, and fit the type's schema. */
  readonly data: Data
  /** Who did it and why. */
  readonly metadata?: EventMetadata
  /** When the fact happened, in epoch milliseconds; left out: when it is recorded. */
  readonly occurredAtMs?: number
}

/** An event as the log holds it. */
export interface RecordedEvent<Data = unknown> {
  /** Place in the whole log; rises with commit order. */
  readonly sequence: number
  /** `module.entity/id` */
  readonly stream: string
  /** 1-based place in its stream. */
  readonly version: number
  readonly type: string
  /** Version of the data's shape, after upcasting: the newest that this program knows. */
  readonly schemaVersion: number
  readonly data: Data
  readonly metadata: EventMetadata | null
  /** When the store took it, epoch milliseconds; never falls along the log. */
  readonly recordedAtMs: number
  /** When it happened, epoch milliseconds. */
  readonly occurredAtMs: number
  /** The store that first appended it; `null` for this one. */
  readonly origin: string | null
  /** Its sequence there; the same as `sequence` for this store's own. */
  readonly originSequence: number
  /** CRC-32 of all the above as stored. */
  readonly checksum: number
}

/** What an append expects of its stream: a version, no stream at all, or nothing. */
export type ExpectedVersion = number | 'none' | 'any'

/** Options of an append. */
export interface AppendOptions {
  /** Throws `VERSION_CONFLICT` unless the stream is there. Default `'any'`. */
  readonly expectedVersion?: ExpectedVersion
  /**
   * Makes the append safe to repeat: the same key and events give the first outcome again, the same
   * key with other events throws `COMMAND_CONFLICT`. Kept for seven days.
   */
  readonly idempotencyKey?: string
}

/** What an append did. */
export interface AppendResult {
  /** The stream's version afterwards. */
  readonly version: number
  /** Sequence of the last event appended; of the log's head when none was. */
  readonly sequence: number
  /** How many events were appended; fewer than given when some changed nothing. */
  readonly appended: number
}

/** Options of a read; `after` is exclusive. */
export interface ReadOptions {
  /** A sequence, exclusive. Default 0: from the beginning. */
  readonly after?: number
  /** Default 1,000. */
  readonly limit?: number
  /** Only these types; left out: all. */
  readonly types?: readonly string[]
  /** Events that cannot be read are told to it and passed; left out, they throw `STORE_CORRUPT`. */
  readonly onUnreadable?: OnUnreadable
}

/** Options of a read of one stream; `after` is a version, exclusive. */
export interface ReadStreamOptions {
  /** A version, exclusive. Default 0: from the beginning. */
  readonly after?: number
  /** Default 1,000. */
  readonly limit?: number
  /** As of a read of the log. */
  readonly onUnreadable?: OnUnreadable
}
