/**
 * SQL that makes the finished lines of the tables around the log, 500 of them in one text. Columns
 * are taken from the table as it is, so that a column which a later release adds is exported by this
 * code too.
 */
import type { TableRule } from './export-format.ts'

/** Lines of one step; more gain nothing and cost memory. */
export const LINES_A_PAGE = 500

const NEWLINE = 'char(10)'

/** A column of a table; `key` is its place in the primary key, 0 when it is not in it. */
export interface TableColumn {
  readonly name: string
  /** As declared; the tables are STRICT, so it is what the column holds. */
  readonly type: string
  readonly key: number
  /** 1 where it is NOT NULL. */
  readonly isRequired: number
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
    .map((column) =>
      optional(
        `"${column.name}"`,
        `'"${column.name}":' || ${sqlValue(`"${column.name}"`, column.type)}`,
      ),
    )
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

function optional(column: string, field: string): string {
  return `iif(${column} IS NULL, '', ',' || ${field})`
}

/** The JSON text of a column's value, which is not NULL. */
export function sqlValue(column: string, type: string): string {
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
