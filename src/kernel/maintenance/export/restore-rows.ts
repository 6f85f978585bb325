/** Stores the lines of an export, one by one, into the tables of a new file. */
import type { Connection } from '../../connection/connection.ts'
import type { SqlValue } from '../../driver/driver.ts'
import { isStoreError } from '../../errors.ts'
import { Names } from '../../log/interning.ts'
import { camelCase, EXPORTED_TABLES } from './export-format.ts'
import { type ExportedEvent, parseEventLine } from './parse-event.ts'
import { damaged } from './read-export.ts'

const COLUMNS = /* sql */ `SELECT name FROM pragma_table_info(?)`
const TABLE_LINE = '{"table":'
/** So far that no token which was given out after the export is ever given out again. */
export const TOKEN_LEAP: number = 2 ** 20
/** In another log a checkpoint names other events: each consumer is told (follow/consumer.ts). */
export const END_CHECKPOINTS: string = /* sql */ `
  INSERT OR REPLACE INTO store (key, value)
  SELECT 'consumersOfOldLog', json_group_array(consumer) FROM checkpoints`

// A row that is there already, or values that no row has.
const FAULTS_OF_A_LINE: ReadonlySet<string> = new Set([
  'CONSTRAINT',
  'ARGUMENT_INVALID',
  'SQL_INVALID',
])

type Row = Record<string, SqlValue>
type NameTable = 'streams' | 'event_types' | 'origins'

/** Stores rows through one connection, inside the caller's transactions. */
export class RestoreRows {
  readonly #connection: Connection
  readonly #own: Readonly<Record<string, (row: Row) => Row>>
  readonly #columns = new Map<string, readonly string[]>()
  readonly #names: Readonly<Record<NameTable, Names>>
  #sequence = 0

  constructor(
    connection: Connection,
    { nowMs, isMove }: { readonly nowMs: number; readonly isMove: boolean },
  ) {
    this.#connection = connection
    this.#names = {
      streams: new Names(connection, 'streams'),
      event_types: new Names(connection, 'event_types'),
      origins: new Names(connection, 'origins'),
    }
    this.#own = {
      // 0: its tables are to be made anew.
      modules: (row) => ({ ...row, behind_from: 0, updated_at_ms: nowMs }),
      leases: (row) => ({
        ...row,
        fencing_token: Number(row['fencing_token']) + (isMove ? 0 : TOKEN_LEAP),
        owner: '',
        process: '',
        ttl_ms: 0,
        expires_at_ms: 0,
      }),
    }
  }

  /** Sequence of the last event stored. */
  get sequence(): number {
    return this.#sequence
  }

  /** Stores one line; throws `EXPORT_DAMAGED` for one that cannot be from an export. */
  store(file: string, line: string): void {
    try {
      const isTable = line.startsWith(TABLE_LINE)
      const [table, row] = isTable ? this.#tableRow(line) : this.#eventRow(line)
      this.#insert(table, row)
    } catch (error) {
      // A disk that is full is not the file's fault.
      if (isStoreError(error) && !FAULTS_OF_A_LINE.has(error.code)) throw error
      throw damaged(file, `${(error as Error).message}, in the line ${line.slice(0, 80)}`)
    }
  }

  #tableRow(line: string): readonly [string, Row] {
    const { table, row } = JSON.parse(line) as { table: string; row: Record<string, unknown> }
    if (!EXPORTED_TABLES.has(table)) throw new Error(`no table '${table}'`)
    const values = Object.fromEntries(
      Object.entries(row).map(([column, value]) => [column, this.#checked(table, column, value)]),
    )
    return [table, this.#own[table]?.(values) ?? values]
  }

  #eventRow(line: string): readonly [string, Row] {
    const event = parseEventLine(line)
    const row: Row = {}
    for (const column of this.#columnsOf('events')) row[column] = this.#eventValue(column, event)
    this.#sequence = event['sequence'] as number
    return ['events', row]
  }

  #eventValue(column: string, event: ExportedEvent): SqlValue {
    switch (column) {
      case 'stream_id':
        return this.#idOf('streams', event.stream)
      case 'type_id':
        return this.#idOf('event_types', event.type)
      case 'origin_id':
        return event.origin === undefined ? null : this.#idOf('origins', event.origin)
      default:
        return event[camelCase(column)] ?? null
    }
  }

  #idOf(table: NameTable, name: string): number {
    const id = this.#names[table].find(name)
    if (id === undefined) throw new Error(`'${name}' is not among the ${table}`)
    return id
  }

  #checked(table: string, column: string, value: unknown): SqlValue {
    if (!this.#columnsOf(table).includes(column)) throw new Error(`no column '${column}'`)
    if (typeof value !== 'object' || value === null) return value as SqlValue
    return Buffer.from(String((value as { $hex?: unknown }).$hex), 'hex')
  }

  #insert(table: string, row: Row): void {
    const columns = Object.keys(row)
    // Names of columns were compared with the table's own; values are parameters.
    this.#connection.run(
      `INSERT INTO "${table}" (${columns.map((name) => `"${name}"`).join(', ')})
       VALUES (${columns.map(() => '?').join(', ')})`,
      Object.values(row),
    )
  }

  #columnsOf(table: string): readonly string[] {
    const known = this.#columns.get(table)
    if (known) return known
    const rows = this.#connection.all<{ name: string }>(COLUMNS, [table])
    const columns = rows.map(({ name }) => name)
    this.#columns.set(table, columns)
    return columns
  }
}
