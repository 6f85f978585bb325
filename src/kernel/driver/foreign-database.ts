/**
 * Reads a SQLite file of another program, for importers: one connection of its own that cannot
 * write, rows in pages, so that a large table never stands in memory.
 */
import { checkArgument, PATH } from '../arguments.ts'
import { chooseDriver } from './choose.ts'
import type { Driver, SqlRow, SqlValue } from './driver.ts'

/** A database of another program, open for reading; close it when done. */
export interface ForeignDatabase {
  /** Columns by table, in order. SQLite's own tables are left out. */
  readonly tables: ReadonlyMap<string, readonly string[]>
  /** The rows of a table, one after the other. */
  rows(table: string): Generator<SqlRow>
  close(): void
}

const PAGE = 500
const LOWEST_ROWID = -(2n ** 63n)
const TABLES = /* sql */ `
  SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
  ORDER BY name`
const COLUMNS = /* sql */ `SELECT name FROM pragma_table_info(?) ORDER BY cid`

/** Opens the file; throws what the driver says of files that are no database. */
export function openForeignDatabase(path: string): ForeignDatabase {
  checkArgument('openForeignDatabase: the path', path, PATH)
  const driver = chooseDriver().open(path, { readOnly: true, mustExist: true })
  try {
    // Whatever the file defines is somebody else's code.
    driver.exec('PRAGMA query_only = 1; PRAGMA trusted_schema = 0')
    const names = driver
      .prepare(TABLES)
      .values()
      .map(([name]) => String(name))
    const columns = driver.prepare(COLUMNS)
    const tables = new Map(
      names.map((name) => [name, columns.values([name]).map(([column]) => String(column))]),
    )
    return {
      tables,
      rows: (table) => pagesOf(driver, table, tables.get(table) ?? []),
      close: () => driver.close(),
    }
  } catch (error) {
    driver.close()
    throw error
  }
}

// By rowid, which is where the rows stand: an offset walks over all that was read before. A table
// without one, or whose columns hide it, is read by offset. In the order of the file, which stands still.
function* pagesOf(driver: Driver, table: string, columns: readonly string[]): Generator<SqlRow> {
  const quoted = `"${table.replaceAll('"', '""')}"`
  const rowid = rowidOf(driver, quoted, columns)
  if (rowid === undefined) {
    const statement = driver.prepare(`SELECT * FROM ${quoted} LIMIT ${PAGE} OFFSET ?`)
    for (let offset = 0; ; offset += PAGE) {
      const rows = statement.all([offset])
      yield* rows
      if (rows.length < PAGE) return
    }
  }
  const statement = driver.prepare(
    `SELECT * FROM ${quoted} WHERE ${rowid} > ? AND ${rowid} <= ? ORDER BY ${rowid}`,
  )
  // The last rowid of each page, found without the rows themselves.
  const last = driver.prepare(
    `SELECT max(place) FROM (
      SELECT ${rowid} AS place FROM ${quoted} WHERE ${rowid} > ? ORDER BY ${rowid} LIMIT ${PAGE})`,
  )
  for (let after: SqlValue = LOWEST_ROWID; ; ) {
    const through: SqlValue = last.values([after])[0]?.[0] ?? null
    if (through === null) return
    yield* statement.all([after, through])
    after = through
  }
}

// A column of one of these names is another thing than the rowid.
function rowidOf(driver: Driver, quoted: string, columns: readonly string[]): string | undefined {
  const used = new Set(columns.map((column) => column.toLowerCase()))
  const name = ['rowid', '_rowid_', 'oid'].find((word) => !used.has(word))
  if (name === undefined) return undefined
  try {
    driver.prepare(`SELECT ${name} FROM ${quoted} LIMIT 1`)
    return name
  } catch {
    // WITHOUT ROWID: there is no such column.
    return undefined
  }
}
