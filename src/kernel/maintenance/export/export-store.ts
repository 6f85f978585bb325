/**
 * Writes a whole store as lines, from one unchanging view: the log with everything around it that
 * a new file needs to go on from there. See export-format.ts for the lines.
 */
import { createHash } from 'node:crypto'
import { checkArgument, checkOptions, FUNCTION, PATH } from '../../arguments.ts'
import type { Connection } from '../../connection/connection.ts'
import { openConnection } from '../../connection/open-connection.ts'
import { chooseDriver } from '../../driver/choose.ts'
import type { SqlRow, SqlValue } from '../../driver/driver.ts'
import { StoreError } from '../../errors.ts'
import { eventLinesSql } from './event-lines-sql.ts'
import {
  EXPORT_FORMAT,
  EXPORTED_TABLES,
  type ExportHeader,
  type ExportTrailer,
} from './export-format.ts'
import { LINES_A_PAGE, type RowLines, rowLinesSql, type TableColumn } from './line-sql.ts'

const BUSY_TIMEOUT_MS = 10_000

const HEADER = /* sql */ `
  SELECT (SELECT value FROM store WHERE key = 'logId') AS logId,
         (SELECT ifnull(max(sequence), 0) FROM events) AS head`
const NEXT = /* sql */ `SELECT min(sequence) AS sequence FROM events WHERE sequence > ?`
const COLUMNS = /* sql */ `SELECT name, type, pk AS key, "notnull" AS isRequired FROM pragma_table_info(?)`

/** What was exported. */
export interface ExportReport {
  readonly events: number
  /** Rows of the tables around the log. */
  readonly rows: number
  readonly bytes: number
  /** SHA-256 of what was written, the last line left out. */
  readonly sha256: string
}

/** Options of {@link exportStore}. */
export interface ExportOptions {
  /** Told of the last sequence written, now and then. */
  readonly onProgress?: (sequence: number, head: number) => void
}

/**
 * Exports the store in `path`, piece by piece, to `write`; its events, payloads, import ledger and
 * whatever else is not made from them. {@link restoreExport} makes a store of it again.
 */
export function exportStore(
  path: string,
  write: (bytes: Uint8Array) => void,
  options: ExportOptions = {},
): ExportReport {
  checkArgument('export: the store', path, PATH)
  checkArgument('exportStore: its function', write, FUNCTION)
  checkOptions('exportStore', options, { onProgress: FUNCTION })
  const connection = openForExport(path)
  try {
    return connection.read(() => new Exporter(connection, write, options).run())
  } finally {
    connection.close()
  }
}

/** Opens a store for reading, without the code of its modules. */
export function openForExport(path: string): Connection {
  checkArgument('export: the store', path, PATH)
  const wait = { path, timeoutMs: BUSY_TIMEOUT_MS, random: Math.random }
  return openConnection(chooseDriver(), path, { isReadOnly: true, wait })
}

class Exporter {
  readonly #connection: Connection
  readonly #write: (bytes: Uint8Array) => void
  readonly #onProgress: ExportOptions['onProgress']
  readonly #hash = createHash('sha256')
  #lines = 0
  #bytes = 0

  constructor(
    connection: Connection,
    write: (bytes: Uint8Array) => void,
    { onProgress }: ExportOptions,
  ) {
    this.#connection = connection
    this.#write = write
    this.#onProgress = onProgress
  }

  run(): ExportReport {
    const header = this.#connection.get<{ logId: string; head: number }>(HEADER)
    if (!header) throw new StoreError('STORE_CORRUPT', 'the store has no log')
    const { logId, head } = header
    const first: ExportHeader = { holdfast: 'export', format: EXPORT_FORMAT, logId, head }
    this.#put(JSON.stringify(first), 1)
    const rows = this.#exportTables()
    const events = this.#exportEvents(head)
    const sha256 = this.#hash.digest('hex')
    const trailer: ExportTrailer = { holdfast: 'end', lines: this.#lines, sha256 }
    const last = Buffer.from(`${JSON.stringify(trailer)}\n`)
    this.#write(last)
    return { events, rows, bytes: this.#bytes + last.length, sha256 }
  }

  #exportTables(): number {
    const before = this.#lines
    for (const [table, rule] of EXPORTED_TABLES) {
      const columns = this.#columnsOf(table)
      // A table that a later release of the kernel brings is not in an older store.
      if (columns.length === 0) continue
      this.#exportRows(rowLinesSql(table, rule, columns))
    }
    return this.#lines - before
  }

  #exportRows({ first, next, keys }: RowLines): void {
    let page = this.#connection.get<Page & SqlRow>(first, { limit: LINES_A_PAGE })
    while (page && page.lines !== null) {
      this.#put(page.lines, page.count)
      const after: Record<string, SqlValue> = { limit: LINES_A_PAGE }
      for (let place = 0; place < keys; place++) after[`k${place}`] = page[`k${place}`] ?? null
      page = this.#connection.get<Page & SqlRow>(next, after)
    }
  }

  #exportEvents(head: number): number {
    const before = this.#lines
    const { fast, careful } = eventLinesSql(this.#columnsOf('events'))
    for (let after = 0; after < head; ) {
      const range = { after, through: after + LINES_A_PAGE }
      let page = this.#connection.get<EventPage>(fast, range)
      if (page && countBreaks(page.lines) !== page.count) {
        page = this.#connection.get<EventPage>(careful, range)
      }
      if (page && page.lines !== null) {
        this.#putBytes(page.lines, page.count)
        after = Math.min(range.through, head)
      } else {
        // Events that prune has dropped, perhaps a million of them.
        const next = this.#connection.get<{ sequence: number | null }>(NEXT, [range.through])
        after = (next?.sequence ?? head + 1) - 1
      }
      this.#onProgress?.(after, head)
    }
    return this.#lines - before
  }

  #columnsOf(table: string): TableColumn[] {
    return this.#connection.all<TableColumn>(COLUMNS, [table])
  }

  #put(lines: string, count: number): void {
    this.#putBytes(Buffer.from(`${lines}\n`), count)
  }

  #putBytes(bytes: Uint8Array, count: number): void {
    this.#hash.update(bytes)
    this.#write(bytes)
    this.#lines += count
    this.#bytes += bytes.length
  }
}

interface Page {
  readonly count: number
  readonly lines: string | null
}

interface EventPage {
  readonly count: number
  /** Each with its line break. */
  readonly lines: Uint8Array | null
}

function countBreaks(lines: Uint8Array | null): number {
  if (lines === null) return 0
  const bytes = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength)
  let count = 0
  for (let at = bytes.indexOf(LINE_BREAK); at >= 0; at = bytes.indexOf(LINE_BREAK, at + 1)) count++
  return count
}

const LINE_BREAK = 10
