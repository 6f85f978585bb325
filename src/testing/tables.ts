/** A module's tables as plain rows, to be compared. */
import assert from 'node:assert/strict'
import type { Module, SqlRow, Store } from '../index.ts'
import { createTestStore } from './test-store.ts'

/** Rows by table. The order of rows is none of SQL's promises, so they are sorted by their text. */
export type Tables = Readonly<Record<string, readonly SqlRow[]>>

const TABLES = /* sql */ `
  SELECT name FROM pragma_table_list
  WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
  ORDER BY name`

/** The tables that `modules` made in a store, local ones left out. */
export function readTables(store: Store, modules: readonly Module[]): Tables {
  const others = kernelTables()
  const local = new Set(modules.flatMap((module) => [...module.local]))
  const names = namesIn(store).filter((name) => !others.has(name) && !local.has(name))
  return Object.fromEntries(
    names.map((name) => {
      const rows = store.sql.all(`SELECT * FROM "${name.replaceAll('"', '""')}"`)
      return [name, sorted(rows)]
    }),
  )
}

/** Rows in an order of their own. */
export function sorted(rows: readonly SqlRow[]): SqlRow[] {
  return rows
    .map((row) => ({ text: JSON.stringify(Object.entries(row).sort()), row: { ...row } }))
    .sort((a, b) => (a.text < b.text ? -1 : Number(a.text > b.text)))
    .map(({ row }) => row)
}

/** Throws an `AssertionError` that begins with `message` unless both hold the same rows. */
export function assertSameTables(actual: Tables, expected: Tables, message: string): void {
  try {
    assert.deepEqual(actual, expected)
  } catch (error) {
    // The difference is what the reader needs, and a message of one's own would replace it.
    const difference = (error as Error).message
    throw new assert.AssertionError({
      message: `${message}\n${difference}`,
      actual,
      expected,
      operator: 'deepStrictEqual',
    })
  }
}

function kernelTables(): Set<string> {
  const empty = createTestStore()
  try {
    return new Set(namesIn(empty.store))
  } finally {
    empty.close()
  }
}

function namesIn(store: Store): string[] {
  return store.sql.all<{ name: string }>(TABLES).map((row) => row.name)
}
