/**
 * Compares the store's tables with those of an attached scratch file, row by row. SQLite does the
 * comparing, with binary collation: a column's own collation may hold 'a' and 'A' for the same.
 */
import type { Connection } from '../connection/connection.ts'
import type { Problems, VerifyProblem } from './problems.ts'
import { quoteName, type TableShape } from './tables.ts'

const ROWS_SHOWN = 20
const SHOWN_LENGTH = 200

const COLUMNS = /* sql */ `SELECT name FROM pragma_table_xinfo(:table, 'main')`

/** Compares every table; returns how many rows the store's have. */
export function compareTables(
  connection: Connection,
  tables: readonly TableShape[],
  problems: Problems,
): number {
  let rows = 0
  for (const table of tables) {
    const missing = missingPart(connection, table)
    if (missing !== undefined) {
      problems.add({ kind: 'table-missing', what: missing, table: table.name })
      continue
    }
    rows += compareTable(connection, table, problems)
  }
  return rows
}

// Columns beyond those of the module's own migrations are a newer release's addition.
function missingPart(connection: Connection, table: TableShape): string | undefined {
  const rows = connection.all<{ name: string }>(COLUMNS, { table: table.name })
  if (rows.length === 0) return `table '${table.name}' is missing`
  const present = new Set(rows.map(({ name }) => quoteName(name)))
  const missing = table.columns.filter((column) => !present.has(column))
  return missing.length === 0 ? undefined : `table '${table.name}' has no column ${missing.join()}`
}

function compareTable(connection: Connection, table: TableShape, problems: Problems): number {
  const { name } = table
  const note = (kind: VerifyProblem['kind'], row: unknown[], what: string) => {
    const shown = JSON.stringify(row).slice(0, SHOWN_LENGTH)
    problems.add({ kind, what: `table '${name}': ${what}: ${shown}`, table: name })
  }
  for (const row of difference(connection, table, 'main', 'scratch')) {
    note('row-unexplained', row, 'a row that its history does not give')
  }
  for (const row of difference(connection, table, 'scratch', 'main')) {
    note('row-missing', row, 'a row that its history gives is missing')
  }
  // EXCEPT compares sets; equal rows that stand twice on one side only show in the count.
  const here = count(connection, table, 'main')
  const there = count(connection, table, 'scratch')
  if (here !== there) note('row-differs', [here, there], 'rows here, and rows by its history')
  return here
}

function difference(
  connection: Connection,
  table: TableShape,
  left: string,
  right: string,
): unknown[][] {
  return connection.values(
    `${select(table, left)} EXCEPT ${select(table, right)} LIMIT ${ROWS_SHOWN}`,
  )
}

// typeof beside each value: 1 and 1.0 are equal to SQLite and are not to a reader.
function select({ quoted, columns }: TableShape, schema: string): string {
  const list = columns.map((column) => `${column} COLLATE BINARY, typeof(${column})`).join(', ')
  return `SELECT ${list} FROM ${quoteName(schema)}.${quoted}`
}

function count(connection: Connection, { quoted }: TableShape, schema: string): number {
  const row = connection.get<{ rows: number }>(
    `SELECT count(*) AS rows FROM ${quoteName(schema)}.${quoted}`,
  )
  return row?.rows ?? 0
}
