/**
 * The faces of a store that a module's API is given. Interfaces only: the log does not know what is
 * built on it.
 */
import type { Durability } from '../connection/pragmas.ts'
import type { SqlParameters, SqlRow } from '../driver/driver.ts'
import type { Leases } from '../leases/leases.ts'
import type { LogPlace } from './place.ts'
import type {
  AppendOptions,
  AppendResult,
  NewEvent,
  ReadOptions,
  ReadStreamOptions,
  RecordedEvent,
} from './types.ts'
import type { OnUnreadable } from './unreadable.ts'

/** Reading: one statement, which may not write. */
export interface ReadTransaction {
  /** The first row, or `undefined`. */
  get<Row = SqlRow>(sql: string, parameters?: SqlParameters): Row | undefined
  /** All rows. */
  all<Row = SqlRow>(sql: string, parameters?: SqlParameters): Row[]
}

/** Reading and appending; tables are written by projections alone. */
export interface WriteTransaction extends ReadTransaction {
  /**
   * Appends one event or several, all or none; projections have run when it returns.
   *
   * Conflicts and bad data are thrown before anything is written, and may be caught. When a projection
   * fails, the whole transaction does, though the error be caught: to go on without the append, make
   * it in a `store.write` of its own inside this one.
   */
  append(
    stream: string,
    events: NewEvent | readonly NewEvent[],
    options?: AppendOptions,
  ): AppendResult
  /**
   * Answers a command once: the first call under `key` runs `decide` and keeps its answer for seven
   * days, refusals included; later ones with the same `request` get that answer. Another request
   * under the key throws `COMMAND_CONFLICT`. What `decide` throws is not kept. Values must survive JSON.
   */
  once<Answer>(key: string, request: unknown, decide: () => Answer): Answer
  /** Changes a table that a module declares `local`; throws `READ_ONLY` for any other. */
  runLocal(sql: string, parameters?: SqlParameters): { readonly changes: number }
}

/** Options of a write. */
export interface WriteOptions {
  /** Default: that of the store. */
  readonly durability?: Durability
}

/**
 * A piece of long work, called in one transaction after another until it returns `true`. It leaves off
 * when `isTimeUp()` says so, after 100 ms, and writes in the same transaction how far it has come: so a kill
 * loses nothing and repeats nothing. Each time it reads anew how far that is: others may have gone on.
 */
export type SliceStep = (tx: WriteTransaction, isTimeUp: () => boolean) => boolean

/** What a follower shows. */
export interface FollowOptions {
  /**
   * Exclusive; left out: the log's head at the call, so only what is new. A place of another log, or
   * beyond the head, throws `LOG_REPLACED`; what is kept outside the store should be `log.place()`.
   */
  readonly after?: number | LogPlace
  /** Only these types. */
  readonly types?: readonly string[]
  /** Only events of this module. */
  readonly module?: string
  /** Only this stream. */
  readonly stream?: string
  /** Bytes of events read at once; a larger event comes alone. Default 1 MiB. */
  readonly maxBytes?: number
  /** Told of events that cannot be read. They are passed all the same, and `status` shows them. */
  readonly onUnreadable?: OnUnreadable
  /** Ends the follower. */
  readonly signal?: AbortSignal
}

/** A piece of a text that is growing; `offset` counts in UTF-16 units, as `length` does. */
export interface LivePiece {
  readonly offset: number
  readonly text: string
}

/**
 * Texts as they grow, shown to followers in any process and kept nowhere: a thousand pieces at most,
 * no part of the log. A key of `stream#part` belongs to that stream.
 */
export interface Live {
  /** What the ring has of a text, in the order in which it was shown; nothing of one that has ended. */
  pieces(key: string): LivePiece[]
  /** Shows a piece, with others of its key every 40 ms. What was not shown yet is lost in a crash. */
  set(key: string, piece: LivePiece): void
  /** Says that the text is durable up to `offset`; its pieces go. In a `write`, when that commits. */
  settle(key: string, offset: number): void
  /** Says that the text is complete, or given up; its pieces go. In a `write`, when that commits. */
  end(key: string): void
}

/** What a follower with `live: true` is given. */
export type FollowItem =
  | { readonly kind: 'event'; readonly event: RecordedEvent }
  /** Everything up to `sequence` was shown; once, when the log's end was reached. */
  | { readonly kind: 'synchronized'; readonly sequence: number }
  | LiveItem

/** A piece of a text, or its end: `text` is empty then. */
export interface LiveItem extends LivePiece {
  readonly kind: 'live'
  readonly key: string
  readonly isEnd: boolean
}

/** Options of a follower that shows texts as they grow, too. */
export interface LiveFollowOptions extends FollowOptions {
  /** Shows texts as they grow, too. */
  readonly live: true
}

/** A part of the log of which events went before a consumer had seen them; `after` is exclusive. */
export interface ConsumerGap {
  readonly after: number
  readonly through: number
}

/** A consumer's events; each is delivered at least once. */
export interface ConsumerEvents extends AsyncIterableIterator<RecordedEvent> {
  /** What it will not see, when it was idle for more than seven days; `null` otherwise. */
  readonly gap: ConsumerGap | null
  /** Saves the checkpoint now, the event in hand included. */
  commit(): void
}

/** Which streams are meant: one, or all whose names begin alike. */
export type StreamChoice = { readonly stream: string } | { readonly prefix: string }

/** The log of a store. */
export interface Log {
  /** Random name of the log; a new one after a reset or restore. */
  readonly id: string
  /** Appends one event or several, all or none, in a transaction of its own or as part of the running one. */
  append(
    stream: string,
    events: NewEvent | readonly NewEvent[],
    options?: AppendOptions & WriteOptions,
  ): AppendResult
  /** Events after a sequence, oldest first. */
  read(options?: ReadOptions): RecordedEvent[]
  /** Events of one stream after a version, oldest first. */
  readStream(stream: string, options?: ReadStreamOptions): RecordedEvent[]
  /** Every event after a sequence, in pages, so that a long log never stands in memory. */
  pages(options?: Omit<ReadOptions, 'limit'>): Generator<readonly RecordedEvent[]>
  /** Sequence of the newest event; 0 when there is none. */
  head(): number
  /** The place of a sequence, or of the head, by which it can be known after the store was restored. */
  place(sequence?: number): LogPlace
  /** The sequence of a place; throws `LOG_REPLACED` when it is of another log, or beyond the head. */
  sequenceOf(place: number | LogPlace): number
  /** Version of a stream; 0 when it never had an event. Outlives its events. */
  streamVersion(stream: string): number
  /**
   * Throws `STREAM_BLOCKED` while such a stream waits behind an event that is not in the tables, as an
   * append to it would. What they say of it is not all that happened: who is about to answer by them, with
   * a refusal that a receipt keeps or the word that nothing is there, asks first.
   */
  ensureFolded(choice: StreamChoice): void
  /** As the other; with completion, and texts as they grow. */
  follow(options: LiveFollowOptions): AsyncIterableIterator<FollowItem>
  /** Everything after a place, then whatever any process appends. */
  follow(options?: FollowOptions): AsyncIterableIterator<RecordedEvent>
  /** A follower whose place in the log lasts; starts at the beginning of the log. */
  consumer(name: string, options?: Omit<FollowOptions, 'after'>): ConsumerEvents
  /** Forgets a consumer, so that its checkpoint no longer keeps events from being dropped. */
  removeConsumer(name: string): void
}

/** What a module builds its API on. */
export interface ModuleStore {
  /** The store's file. */
  readonly path: string
  /** The store's log, with the events of every module. */
  readonly log: Log
  /** Time-limited claims, shared by every process. */
  readonly leases: Leases
  /** Texts as they grow. */
  readonly live: Live
  /** True inside a `write`, where long work cannot be cut into transactions of its own. */
  readonly isWriting: boolean
  /** Runs `fn` in one immediate transaction; inside another one, in a savepoint of it. */
  write<Result>(fn: (tx: WriteTransaction) => Result, options?: WriteOptions): Result
  /** As `write`, sharing a commit with other callers. */
  writeAsync<Result>(fn: (tx: WriteTransaction) => Result, options?: WriteOptions): Promise<Result>
  /**
   * Long work in short transactions, with room for other writers in between. Throws `ARGUMENT_INVALID`
   * inside another `write`.
   */
  writeInSlices(step: SliceStep, options?: WriteOptions): void
  /** Runs `fn` on one unchanging view. */
  read<Result>(fn: (tx: ReadTransaction) => Result): Result
  /** Events, completion, and texts as they grow. */
  follow(target: LiveFollowOptions): AsyncIterableIterator<FollowItem>
  /** Events of one module or of everything, as they come. */
  follow(target?: string | FollowOptions): AsyncIterableIterator<RecordedEvent>
  /** Epoch milliseconds. */
  readonly clock: () => number
  /** A new id, never given before. */
  readonly newId: () => string
}
