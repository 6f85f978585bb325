/**
 * The log in pages of bounded size: so many events, bytes and rows looked at, whatever is asked for.
 * A stream's past is read along its own chain; what comes after that, from the log.
 */
import type { Connection } from '../connection/connection.ts'
import { StoreError } from '../errors.ts'
import type { LogReader, OnDamage } from '../log/log-reader.ts'
import type { FollowOptions } from '../log/module-store.ts'
import { BODY_BYTES } from '../log/stored-body.ts'
import type { RecordedEvent } from '../log/types.ts'
import type { FollowSource } from './follower.ts'

const DEFAULT_MAX_BYTES = 1024 * 1024
const MAX_EVENTS = 500
// Rows passed over in one go when few of them are wanted: a few milliseconds.
const MAX_PASSED = 20_000

const WANTED = `
  (:types IS NULL OR type_id IN (
    SELECT id FROM event_types WHERE name IN (SELECT value FROM json_each(:types))))
  AND (:module IS NULL OR type_id IN (
    SELECT id FROM event_types WHERE name >= :module || '.' AND name < :module || '/'))
  AND (:stream IS NULL OR stream_id = (SELECT id FROM streams WHERE name = :stream))`
const IN_LOG = /* sql */ `
  SELECT sequence, ${BODY_BYTES} AS bytes FROM events
  WHERE sequence > :after AND sequence <= :through AND ${WANTED}
  ORDER BY sequence LIMIT ${MAX_EVENTS}`
const IN_CHAIN = /* sql */ `
  SELECT sequence, ${BODY_BYTES} AS bytes FROM events
  WHERE sequence IN (SELECT value FROM json_each(:sequences)) AND ${WANTED}
  ORDER BY sequence`

interface Sized {
  readonly sequence: number
  readonly bytes: number
}

/** What to follow, its place settled. */
export type PlacedOptions = Omit<FollowOptions, 'after'> & { readonly after: number | undefined }

/** A place in the log, through one connection. */
export class EventPages implements FollowSource<RecordedEvent> {
  /** Bytes of events read at once, at most; a larger event comes alone. */
  readonly maxBytes: number
  readonly #connection: Connection
  readonly #reader: LogReader
  readonly #onDamage: OnDamage
  readonly #wanted: Readonly<Record<'types' | 'module' | 'stream', string | null>>
  // The stream's past, oldest first, how far it was given, and where the log goes on after it.
  readonly #chain: readonly number[]
  #given = 0
  #after: number

  constructor(reader: LogReader, options: PlacedOptions, onDamage: OnDamage) {
    const { types, module, stream, maxBytes = DEFAULT_MAX_BYTES } = options
    if (!(maxBytes > 0)) {
      throw new StoreError('ARGUMENT_INVALID', `maxBytes ${maxBytes} is not a number above 0`, {
        hint: 'leave it out for 1 MiB',
      })
    }
    this.#connection = reader.context.connection
    this.#reader = reader
    this.#onDamage = onDamage
    this.maxBytes = maxBytes
    this.#wanted = {
      types: types ? JSON.stringify(types) : null,
      module: module ?? null,
      stream: stream ?? null,
    }
    const head = reader.head()
    const after = options.after ?? head
    this.#chain = stream === undefined || after >= head ? [] : reader.sequencesOf(stream, after)
    this.#after = stream === undefined ? after : Math.max(after, head)
  }

  /** Everything up to this sequence was given, or is not wanted. */
  get position(): number {
    const next = this.#chain[this.#given]
    return next === undefined ? this.#after : next - 1
  }

  /** True when the log has gone on, or part of the past is still to come. */
  get hasNews(): boolean {
    return this.#given < this.#chain.length || this.#reader.head() > this.#after
  }

  /** The next events; none when nothing wanted came, or not yet: see `hasNews`. */
  read(): RecordedEvent[] {
    return this.#given < this.#chain.length ? this.#readChain() : this.#readLog()
  }

  #readChain(): RecordedEvent[] {
    const part = this.#chain.slice(this.#given, this.#given + MAX_EVENTS)
    const sequences = JSON.stringify(part)
    const sized = this.#connection.all<Sized>(IN_CHAIN, { ...this.#wanted, sequences })
    const { fitting, isCut } = this.#fit(sized)
    const last = fitting.at(-1) ?? 0
    // Those that are not wanted, or were pruned meanwhile, are passed.
    this.#given += isCut ? part.filter((sequence) => sequence <= last).length : part.length
    return this.#reader.readAt(fitting, this.#onDamage)
  }

  #readLog(): RecordedEvent[] {
    const through = Math.min(this.#reader.head(), this.#after + MAX_PASSED)
    if (through <= this.#after) return []
    const sized = this.#connection.all<Sized>(IN_LOG, {
      ...this.#wanted,
      after: this.#after,
      through,
    })
    const { fitting, isCut } = this.#fit(sized)
    const isFull = isCut || sized.length === MAX_EVENTS
    this.#after = isFull ? (fitting.at(-1) ?? through) : through
    return this.#reader.readAt(fitting, this.#onDamage)
  }

  // At least one: an event larger than the budget comes alone.
  #fit(sized: readonly Sized[]): { readonly fitting: number[]; readonly isCut: boolean } {
    const fitting: number[] = []
    let bytes = 0
    for (const event of sized) {
      bytes += event.bytes
      if (fitting.length > 0 && bytes > this.maxBytes) return { fitting, isCut: true }
      fitting.push(event.sequence)
    }
    return { fitting, isCut: false }
  }
}
