/** Reading the log, forwards, by sequence or by one stream's versions. */
import { shown } from '../arguments.ts'
import { StoreError } from '../errors.ts'
import { columnarSql, PAGE_ROWS, readColumnarPage } from './columnar-page.ts'
import { readLogHead } from './heads.ts'
import { EVENT_COLUMNS, type EventRow, eventOf } from './read-row.ts'
import type { RowContext } from './row-context.ts'
import { StreamPlaces } from './stream-places.ts'
import type { ReadOptions, ReadStreamOptions, RecordedEvent } from './types.ts'
import { refusal, unreadableEvent } from './unreadable.ts'

/** Events of a read that names no limit. */
export const DEFAULT_LIMIT = 1000

const limited = (where: string) =>
  `(SELECT * FROM events WHERE ${where} ORDER BY sequence LIMIT :limit)`
const TYPES = 'type_id IN (SELECT value FROM json_each(:types))'

// Where rows come from, in the order of their sequences. A range of sequences is a tenth faster than
// a limit, where there are no long gaps.
const SOURCES = {
  sequence: limited('sequence > :after'),
  range: '(SELECT * FROM events WHERE sequence > :after AND sequence <= :after + :limit)',
  type: limited(`sequence > :after AND ${TYPES}`),
  list: 'json_each(:sequences) AS list CROSS JOIN events ON events.sequence = list.value',
} as const

const rowsSql = (source: string) => /* sql */ `
  SELECT ${EVENT_COLUMNS} FROM ${source} ORDER BY sequence`

const PAGES = mapValues(SOURCES, columnarSql)
const ROWS = mapValues(SOURCES, rowsSql)

type Parameters = Readonly<Record<string, number | string>>

interface Page {
  readonly events: readonly RecordedEvent[]
  /** Rows read, those that could not be decoded included. */
  readonly rows: number
  /** Sequence of the last of them. */
  readonly last: number
}

/** What to do with a row that cannot be read, or not be understood: throw, or note it and go on. */
export type OnDamage = (row: EventRow, error: unknown) => void

/** Reads events through one connection. */
export class LogReader {
  readonly context: RowContext
  readonly #places: StreamPlaces
  readonly #refuse: OnDamage = (row, error) => {
    throw refusal(unreadableEvent(this.context, row, error), error)
  }

  constructor(context: RowContext) {
    this.context = context
    this.#places = new StreamPlaces(context.connection)
  }

  /** Events after a sequence, oldest first; at most `limit`. */
  read(options: ReadOptions = {}, onDamage: OnDamage = this.#refuse): RecordedEvent[] {
    const events: RecordedEvent[] = []
    for (const page of this.#walk(options, checkLimit(options.limit), onDamage)) {
      for (const event of page) events.push(event)
    }
    return events
  }

  /** Events of one stream after a version, oldest first; at most `limit`. */
  readStream(
    stream: string,
    options: ReadStreamOptions = {},
    onDamage: OnDamage = this.#refuse,
  ): RecordedEvent[] {
    const limit = checkLimit(options.limit)
    const sequences = this.#places.afterVersion(stream, options.after ?? 0, limit)
    // What was superseded since its place was remembered is passed over.
    const events: RecordedEvent[] = []
    for (let first = 0; first < sequences.length && events.length < limit; ) {
      const part = sequences.slice(first, first + Math.min(PAGE_ROWS, limit - events.length))
      for (const event of this.readAt(part, onDamage)) events.push(event)
      first += part.length
    }
    return events
  }

  /** Sequences of a stream's events after a sequence, oldest first. */
  sequencesOf(stream: string, after: number): number[] {
    return this.#places.afterSequence(stream, after)
  }

  /** The events of the given sequences that are there; both oldest first. */
  readAt(sequences: readonly number[], onDamage: OnDamage = this.#refuse): RecordedEvent[] {
    const events: RecordedEvent[] = []
    for (let first = 0; first < sequences.length; first += PAGE_ROWS) {
      const part = JSON.stringify(sequences.slice(first, first + PAGE_ROWS))
      const page = this.#page('list', { sequences: part }, onDamage)
      for (const event of page.events) events.push(event)
    }
    return events
  }

  /** Version of a stream; 0 when it never had an event. Outlives its events. */
  versionOf(stream: string): number {
    return this.#places.versionOf(stream)
  }

  /** Sequence of the newest event; 0 when there is none. */
  head(): number {
    return readLogHead(this.context.connection).sequence
  }

  /** Every event after a sequence, page by page, so that a long log never stands in memory. */
  pages(
    options: Omit<ReadOptions, 'limit'> = {},
    onDamage: OnDamage = this.#refuse,
  ): Generator<readonly RecordedEvent[]> {
    return this.#walk(options, Number.POSITIVE_INFINITY, onDamage)
  }

  *#walk(
    options: ReadOptions,
    limit: number,
    onDamage: OnDamage,
  ): Generator<readonly RecordedEvent[]> {
    const [bounded, parameters] = this.#bySequence(options)
    let after = options.after ?? 0
    let isDense = false
    for (let left = limit; left > 0; ) {
      const wanted = Math.min(PAGE_ROWS, left)
      const by = isDense ? 'range' : bounded
      const page = this.#page(by, { ...parameters, after, limit: wanted }, onDamage)
      if (page.events.length > 0) yield page.events
      // Of a range that is not full, only a limit tells whether the log goes on behind it.
      if (by !== 'range' && page.rows < wanted) return
      // Where most sequences of this page are there, those of the next will be.
      isDense = bounded === 'sequence' && page.rows > 0 && page.last - after < 2 * page.rows
      // Not its rows: who reads to a limit would take a page of damaged ones for the log's end.
      left -= page.events.length
      if (page.rows > 0) after = page.last
    }
  }

  #bySequence(options: ReadOptions): readonly ['sequence' | 'type', Parameters] {
    const { types } = options
    if (!types) return ['sequence', {}]
    const ids = types.map((type) => this.context.types.find(type)).filter((id) => id !== undefined)
    return ['type', { types: JSON.stringify(ids) }]
  }

  // In one view of the store: a body that is in a payload could else be superseded, or packed anew, after its
  // row was read, and would be missed as if it were damaged.
  #page(by: keyof typeof SOURCES, parameters: Parameters, onDamage: OnDamage): Page {
    const damaged: [row: EventRow, error: unknown][] = []
    const page = this.context.connection.read(() => {
      const events = readColumnarPage(this.context, PAGES[by], parameters)
      if (!events) return this.#rows(by, parameters, (...found) => damaged.push(found))
      return { events, rows: events.length, last: events.at(-1)?.sequence ?? 0 }
    })
    // Behind it: who is told may write.
    for (const [row, error] of damaged) onDamage(row, error)
    return page
  }

  #rows(by: keyof typeof SOURCES, parameters: Parameters, onDamage: OnDamage): Page {
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

function mapValues<Key extends string, From, To>(
  values: Readonly<Record<Key, From>>,
  change: (value: From) => To,
): Readonly<Record<Key, To>> {
  const entries = Object.entries<From>(values).map(([key, value]) => [key, change(value)])
  return Object.fromEntries(entries) as Record<Key, To>
}

function checkLimit(limit: number = DEFAULT_LIMIT): number {
  if (Number.isInteger(limit) && limit >= 0) return limit
  throw new StoreError(
    'ARGUMENT_INVALID',
    `limit ${shown(limit)} is not a whole number from 0 up`,
    {
      hint: 'leave it out for 1,000 events, or page with after',
    },
  )
}
