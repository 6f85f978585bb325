/** Reading the log, forwards, by sequence or by one stream's versions. */
import { StoreError } from '../errors.ts'
import { readChain, readChainAfter } from './chain.ts'
import { columnarSql, PAGE_ROWS, readColumnarPage } from './columnar-page.ts'
import { readLogHead } from './heads.ts'
import { EVENT_COLUMNS, type EventRow, eventOf } from './read-row.ts'
import type { RowContext } from './row-context.ts'
import type { ReadOptions, ReadStreamOptions, RecordedEvent } from './types.ts'

/** Events of a read that names no limit. */
export const DEFAULT_LIMIT = 1000

const BY_SEQUENCE = 'sequence > :after'
const BY_TYPE = `${BY_SEQUENCE} AND type_id IN (SELECT value FROM json_each(:types))`
const BY_CHAIN = 'sequence IN (SELECT value FROM json_each(:sequences))'

const PAGES = {
  sequence: columnarSql(BY_SEQUENCE),
  type: columnarSql(BY_TYPE),
  chain: columnarSql(BY_CHAIN),
} as const

const rowsSql = (where: string) => /* sql */ `
  SELECT ${EVENT_COLUMNS} FROM events WHERE ${where} ORDER BY sequence LIMIT :limit`
const ROWS = {
  sequence: rowsSql(BY_SEQUENCE),
  type: rowsSql(BY_TYPE),
  chain: rowsSql(BY_CHAIN),
} as const

const HEAD = /* sql */ `
  SELECT id, head_sequence AS sequence, ifnull((SELECT value FROM store WHERE key = 'headsThrough'), 0) AS through
  FROM streams WHERE name = ?`
const NEWEST_IN_TAIL = /* sql */ `
  SELECT max(sequence) AS sequence FROM events WHERE sequence > :through AND stream_id = :id`

const VERSION = /* sql */ `
  SELECT max(head_version, ifnull((
    SELECT max(version) FROM events
    WHERE sequence > ifnull((SELECT value FROM store WHERE key = 'headsThrough'), 0)
      AND stream_id = streams.id), 0)) AS version
  FROM streams WHERE name = :stream`

type Parameters = Readonly<Record<string, number | string>>

interface Page {
  readonly events: readonly RecordedEvent[]
  /** Rows read, those that could not be decoded included. */
  readonly rows: number
  /** Sequence of the last of them. */
  readonly last: number
}

/** What to do with a row that cannot be read: throw, or note it and go on. */
export type OnDamage = (row: EventRow, error: unknown) => void

/** Reads events through one connection. */
export class LogReader {
  readonly context: RowContext

  constructor(context: RowContext) {
    this.context = context
  }

  /** Events after a sequence, oldest first; at most `limit`. */
  read(options: ReadOptions = {}, onDamage: OnDamage = refuseDamage): RecordedEvent[] {
    const limit = checkLimit(options.limit)
    const [by, parameters] = this.#bySequence(options)
    const events: RecordedEvent[] = []
    let after = options.after ?? 0
    let left = limit
    while (left > 0) {
      const wanted = Math.min(PAGE_ROWS, left)
      const page = this.#page(by, { ...parameters, after }, wanted, onDamage)
      for (const event of page.events) events.push(event)
      if (page.rows < wanted) break
      left -= page.rows
      after = page.last
    }
    return events
  }

  /** Events of one stream after a version, oldest first; at most `limit`. */
  readStream(stream: string, options: ReadStreamOptions = {}): RecordedEvent[] {
    const limit = checkLimit(options.limit)
    const head = this.#headOf(stream)
    if (head === undefined) return []
    const { connection } = this.context
    const chain = readChain(connection, head, options.after ?? 0).slice(0, limit)
    return this.readAt(chain)
  }

  /** Sequences of a stream's events after a sequence, oldest first. */
  sequencesOf(stream: string, after: number): number[] {
    const head = this.#headOf(stream)
    return head === undefined ? [] : readChainAfter(this.context.connection, head, after)
  }

  /** The events of the given sequences that are there, oldest first. */
  readAt(sequences: readonly number[]): RecordedEvent[] {
    const events: RecordedEvent[] = []
    for (let first = 0; first < sequences.length; first += PAGE_ROWS) {
      const part = JSON.stringify(sequences.slice(first, first + PAGE_ROWS))
      const page = this.#page('chain', { sequences: part }, PAGE_ROWS, refuseDamage)
      for (const event of page.events) events.push(event)
    }
    return events
  }

  /** Version of a stream; 0 when it never had an event. Outlives its events. */
  versionOf(stream: string): number {
    return this.context.connection.get<{ version: number }>(VERSION, { stream })?.version ?? 0
  }

  /** Sequence of the newest event; 0 when there is none. */
  head(): number {
    return readLogHead(this.context.connection).sequence
  }

  /** Every event after a sequence, page by page, so that a long log never stands in memory. */
  *pages(
    options: Omit<ReadOptions, 'limit'> = {},
    onDamage: OnDamage = refuseDamage,
  ): Generator<readonly RecordedEvent[]> {
    const [by, parameters] = this.#bySequence(options)
    let after = options.after ?? 0
    for (;;) {
      const page = this.#page(by, { ...parameters, after }, PAGE_ROWS, onDamage)
      if (page.events.length > 0) yield page.events
      if (page.rows < PAGE_ROWS) return
      after = page.last
    }
  }

  #bySequence(options: ReadOptions): readonly ['sequence' | 'type', Parameters] {
    const { types } = options
    if (!types) return ['sequence', {}]
    const ids = types.map((type) => this.context.types.find(type)).filter((id) => id !== undefined)
    return ['type', { types: JSON.stringify(ids) }]
  }

  // The stream's newest event: in the table up to where heads were written, in the tail after it.
  #headOf(stream: string): number | undefined {
    const { connection } = this.context
    const row = connection.get<{ id: number; sequence: number | null; through: number }>(HEAD, [
      stream,
    ])
    if (!row) return undefined
    const { id, through } = row
    const newest = connection.get<{ sequence: number | null }>(NEWEST_IN_TAIL, { through, id })
    return newest?.sequence ?? row.sequence ?? undefined
  }

  #page(by: keyof typeof PAGES, parameters: Parameters, limit: number, onDamage: OnDamage): Page {
    const bound = { ...parameters, limit }
    const events = readColumnarPage(this.context, PAGES[by], bound)
    if (!events) return this.#rows(by, bound, onDamage)
    return { events, rows: events.length, last: events.at(-1)?.sequence ?? 0 }
  }

  #rows(by: keyof typeof ROWS, parameters: Parameters, onDamage: OnDamage): Page {
    const events: RecordedEvent[] = []
    const rows = this.context.connection.all<EventRow>(ROWS[by], parameters)
    for (const row of rows) {
      try {
        events.push(eventOf(this.context, row))
      } catch (error) {
        onDamage(row, error)
      }
    }
    return { events, rows: rows.length, last: rows.at(-1)?.sequence ?? 0 }
  }
}

function checkLimit(limit: number = DEFAULT_LIMIT): number {
  if (Number.isInteger(limit) && limit >= 0) return limit
  throw new StoreError('ARGUMENT_INVALID', `limit ${limit} is not a whole number from 0 up`, {
    hint: 'leave it out for 1,000 events, or page with after',
  })
}

function refuseDamage(row: EventRow, cause: unknown): never {
  if (cause instanceof StoreError) throw cause
  throw new StoreError('STORE_CORRUPT', `event ${row.sequence} cannot be read`, {
    hint: 'see what is damaged: holdfast verify',
    cause,
  })
}
