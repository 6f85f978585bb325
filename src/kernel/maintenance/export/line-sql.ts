/**
 * SQL that makes finished lines of an export: SQLite joins 500 of them into one text, so that
 * nothing is parsed and put together again in JavaScript (`npm run bench`, export).
 *
 * Columns are taken from the table as it is, so that a column which a later release adds is
 * exported by this code too.
 */
import { camelCase, type TableRule } from './export-format.ts'

/** Lines of one step; more gain nothing and cost memory. */
export const LINES_A_PAGE = 500

const NEWLINE = 'char(10)'

/** Selects pages of events after `:after`: their lines, how many, and the last sequence. */
export function eventLinesSql(columns: readonly TableColumn[]): string {
  const fields = columns.filter(({ name }) => !WRITTEN_LAST.has(name)).map(eventField)
  // Without the comma in front of the first, which is `sequence` and never null.
  const line = `'{' || substr(${fields.join(' || ')}, 2) || ${jsonText('metadata')} || ${jsonText('data')} || '}'`
  return /* sql */ `
    SELECT count(*) AS count, max(sequence) AS last, group_concat(line, ${NEWLINE}) AS lines
    FROM (
      SELECT sequence, ${line} AS line
      FROM (SELECT * FROM events WHERE sequence > :after ORDER BY sequence LIMIT :limit) e
      ORDER BY sequence)`
}

/** A column of a table; `key` is its place in the primary key, 0 when it is not in it. */
export interface TableColumn {
  readonly name: string
  /** As declared; the tables are STRICT, so it is what the column holds. */
  readonly type: string
  readonly key: number
}

/** Statements that select a table's rows as lines, page by page in the order of its key. */
export interface RowLines {
  readonly first: string
  /** Takes `:k0`, `:k1` …: the `k0`, `k1` … of the page before. */
  readonly next: string
  /** How many columns the key has. */
  readonly keys: number
}

/** Makes the statements for a table with these columns. */
export function rowLinesSql(
  table: string,
  { without = [], where = 'true' }: TableRule,
  columns: readonly TableColumn[],
): RowLines {
  const fields = columns
    .filter(({ name }) => !without.includes(name))
    .map((column) => optional(`"${column.name}"`, `'"${column.name}":' || ${value(column)}`))
  const line = `'{"table":"${table}","row":{' || substr(${fields.join(' || ')}, 2) || '}}'`
  const key = columns.filter((column) => column.key > 0).sort((a, b) => a.key - b.key)
  const list = (each: (name: string, place: number) => string) =>
    key.map(({ name }, place) => each(`"${name}"`, place)).join(', ')
  // Next to max(), a bare column is that of the row with the maximum: the last one.
  const page = (condition: string) => /* sql */ `
    SELECT count(*) AS count, max(n) AS n, ${list((_, place) => `k${place}`)},
           group_concat(line, ${NEWLINE}) AS lines
    FROM (
      SELECT ${line} AS line, ${list((name, place) => `${name} AS k${place}`)},
             row_number() OVER () AS n
      FROM (
        SELECT * FROM "${table}" WHERE ${where} AND ${condition}
        ORDER BY ${list((name) => name)} LIMIT :limit))`
  return {
    first: page('true'),
    next: page(`(${list((name) => name)}) > (${list((_, place) => `:k${place}`)})`),
    keys: key.length,
  }
}

const WRITTEN_LAST: ReadonlySet<string> = new Set(['metadata', 'data'])

// Names instead of ids, which mean nothing outside this file.
const NAMES: Readonly<Record<string, readonly [key: string, sql: string]>> = {
  stream_id: ['stream', 'json_quote((SELECT name FROM streams WHERE id = e.stream_id))'],
  type_id: ['type', 'json_quote((SELECT name FROM event_types WHERE id = e.type_id))'],
  origin_id: ['origin', 'json_quote((SELECT name FROM origins WHERE id = e.origin_id))'],
}

function eventField(column: TableColumn): string {
  const { name } = column
  const [key, sql] = NAMES[name] ?? [camelCase(name), value(column)]
  return optional(name, `'"${key}":' || ${sql}`)
}

function optional(column: string, field: string): string {
  return `iif(${column} IS NULL, '', ',' || ${field})`
}

function value({ name, type }: TableColumn): string {
  const column = `"${name}"`
  const bytes = `json_object('$hex', hex(${column}))`
  switch (type) {
    case 'INTEGER':
      return column
    case 'TEXT':
      return `json_quote(${column})`
    case 'BLOB':
      return bytes
    default:
      return `iif(typeof(${column}) = 'blob', ${bytes}, json_quote(${column}))`
  }
}

// As it is stored, unless it would tear the line apart; a spilled body leaves '' here.
function jsonText(column: string): string {
  return `CASE
    WHEN ${column} IS NULL OR ${column} = '' THEN ''
    WHEN instr(${column}, ${NEWLINE}) THEN ',"${column}Text":' || json_quote(${column})
    ELSE ',"${column}":' || ${column} END`
}
