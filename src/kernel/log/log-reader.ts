/** Reading the log, forwards, by sequence or by one stream's versions. */
import { StoreError } from '../errors.ts'
import { columnarSql, PAGE_ROWS, readColumnarPage } from './columnar-page.ts'
import { readLogHead } from './heads.ts'
import { EVENT_COLUMNS, type EventRow, eventOf, type RowContext } from './read-row.ts'
import type { ReadOptions, ReadStreamOptions, RecordedEvent } from './types.ts'

/** Events of a read that names no limit. */
export const DEFAULT_LIMIT = 1000

const BY_SEQUENCE = 'sequence > :after'
const BY_TYPE = `${BY_SEQUENCE} AND type_id IN (SELECT value FROM json_each(:types))`
// By sequence, not by version: the index on stream_id ends in the rowid, so each page is a range.
const BY_STREAM = 'stream_id = :stream AND sequence > :after'

const PAGES = {
  sequence: columnarSql(BY_SEQUENCE),
  type: columnarSql(BY_TYPE),
  stream: columnarSql(BY_STREAM),
} as const

const rowsSql = (where: string) => /* sql */ `
  SELECT ${EVENT_COLUMNS} FROM events WHERE ${where} ORDER BY sequence LIMIT :limit`
const ROWS = {
  sequence: rowsSql(BY_SEQUENCE),
  type: rowsSql(BY_TYPE),
  stream: rowsSql(BY_STREAM),
} as const

const AFTER_VERSION = /* sql */ `
  SELECT sequence FROM events WHERE stream_id = :stream AND version > :after
  ORDER BY sequence LIMIT 1`

type Parameters = Readonly<Record<string, number | string>> & { readonly after: number }

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
    return this.#read(by, parameters, limit, onDamage)
  }

  /** Events of one stream after a version, oldest first; at most `limit`. */
  readStream(stream: string, options: ReadStreamOptions = {}): RecordedEvent[] {
    const limit = checkLimit(options.limit)
    const id = this.context.streams.find(stream)
    if (id === undefined) return []
    const { after = 0 } = options
    const first = this.context.connection.get<{ sequence: number }>(AFTER_VERSION, {
      stream: id,
      after,
    })
    if (!first) return []
    return this.#read('stream', { stream: id, after: first.sequence - 1 }, limit, refuseDamage)
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
    let { after } = parameters
    for (;;) {
      const page = this.#page(by, { ...parameters, after }, PAGE_ROWS, onDamage)
      if (page.events.length > 0) yield page.events
      if (page.rows < PAGE_ROWS) return
      after = page.last
    }
  }

  #bySequence(options: ReadOptions): readonly ['sequence' | 'type', Parameters] {
    const { after = 0, types } = options
    if (!types) return ['sequence', { after }]
    const ids = types.map((type) => this.context.types.find(type)).filter((id) => id !== undefined)
    return ['type', { after, types: JSON.stringify(ids) }]
  }

  #read(
    by: keyof typeof PAGES,
    parameters: Parameters,
    limit: number,
    onDamage: OnDamage,
  ): RecordedEvent[] {
    const events: RecordedEvent[] = []
    let { after } = parameters
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

  #page(by: keyof typeof PAGES, parameters: Parameters, limit: number, onDamage: OnDamage): Page {
    const bound = { ...parameters, limit }
    const events = readColumnarPage(this.context, PAGES[by], bound)
    if (!events) return this.#rows(by, bound, onDamage)
    return { events, rows: events.length, last: events.at(-1)?.sequence ?? parameters.after }
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
    return { events, rows: rows.length, last: rows.at(-1)?.sequence ?? parameters.after }
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
