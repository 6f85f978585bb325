/** Which tables a module's migrations make, and which of their columns carry data. */
import type { Connection } from '../connection/connection.ts'
import type { Module } from '../log/module.ts'

const TABLES = /* sql */ `
  SELECT name, type FROM pragma_table_list
  WHERE schema = 'main' AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
  ORDER BY name`
// hidden 2 and 3 are generated columns: derived from the others, so they need no proof.
const COLUMNS = /* sql */ `
  SELECT name FROM pragma_table_xinfo(:table) WHERE hidden = 0 ORDER BY cid`

/** A table and its stored columns, names ready to be put into SQL. */
export interface TableShape {
  readonly name: string
  readonly quoted: string
  readonly columns: readonly string[]
}

/**
 * The tables of a scratch file into which only `modules` were migrated: everything but the local
 * ones and virtual tables, whose contents are indexes over others.
 */
export function scratchTables(scratch: Connection, modules: readonly Module[]): TableShape[] {
  const local = new Set(modules.flatMap((module) => [...module.local]))
  return scratch
    .all<{ name: string; type: string }>(TABLES)
    .filter((table) => table.type === 'table' && !local.has(table.name))
    .map(({ name }) => ({ name, quoted: quoteName(name), columns: columnsOf(scratch, name) }))
}

/** Stored columns of a table, quoted. */
export function columnsOf(connection: Connection, table: string): string[] {
  return connection.all<{ name: string }>(COLUMNS, { table }).map((row) => quoteName(row.name))
}

/** An identifier quoted for SQL; names cannot be parameters. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
