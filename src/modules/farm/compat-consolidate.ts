/**
 * `db consolidate`: takes an older `state.db` into the project's store, after showing what that gives.
 *
 * What it shows is no estimate: the import is done in a copy of the store, in a folder of its own,
 * and counted there. Nothing is written to the store or the source until it is applied.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  isStoreError,
  openForeignDatabase,
  openStore,
  restoreBackup,
  type Store,
} from '../../index.ts'
import { farm } from './index.ts'

/** What becomes of the rows of one table. */
export interface ConsolidatedTable {
  readonly table: string
  readonly added: number
  /** Changed in the source since it was imported, and not here. */
  readonly replaced: number
  /** Here already, newer here, removed here, or not to be understood. */
  readonly skipped: number
}

/** What a consolidation gives. */
export interface Consolidation {
  readonly tables: readonly ConsolidatedTable[]
  /** Records that could not be understood; `holdfast query --preset rejects` lists them. */
  readonly rejected: number
  /** Where the source is now; `null` where it stayed, and in a dry run. */
  readonly retiredTo: string | null
  /** Why it stayed. */
  readonly notRetired: string | null
  readonly backup: string | null
}

/** Where from and where to. */
export interface ConsolidationRequest {
  readonly source: string
  readonly path: string
}

// Of an older database, and of the farm.
const TABLES: readonly (readonly [older: string, own: string, key: string])[] = [
  ['architect', 'farm_architects', 'workspace, id'],
  ['builders', 'farm_builders', 'workspace, id'],
  ['utils', 'farm_utils', 'workspace, id'],
  ['annotations', 'farm_annotations', 'workspace, id'],
  ['mailbox', 'farm_messages', 'workspace, id'],
  ['port_allocations', 'farm_blocks', 'workspace'],
]

/** Says what consolidating would give. */
export function planConsolidation({ source, path }: ConsolidationRequest): Consolidation {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-consolidate-'))
  const copy = join(folder, 'copy.db')
  try {
    if (existsSync(path)) restoreBackup(path, copy, { isMove: true })
    return consolidateInto(copy, source, false)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Consolidates, and renames the source when all of it was taken. */
export function consolidate({ source, path }: ConsolidationRequest): Consolidation {
  return consolidateInto(path, source, true)
}

function consolidateInto(path: string, source: string, isRetired: boolean): Consolidation {
  const totals = countRows(source)
  const store = openStore(path, { farm })
  try {
    const before = TABLES.map(([, table, key]) => rowsOf(store, table, key))
    const report = store.import([source], { retire: isRetired })
    const tables = TABLES.flatMap(([older, table, key], place) => {
      const total = totals.get(older)
      if (total === undefined) return []
      const known = before[place] ?? new Map<string, string>()
      let [added, replaced] = [0, 0]
      for (const [id, row] of rowsOf(store, table, key)) {
        if (!known.has(id)) added++
        else if (known.get(id) !== row) replaced++
      }
      return [{ table: older, added, replaced, skipped: Math.max(0, total - added - replaced) }]
    })
    const [{ retiredTo = null, notRetired = null } = {}] = report.sources
    return { tables, rejected: report.rejected, retiredTo, notRetired, backup: report.backup }
  } finally {
    store.close()
  }
}

function rowsOf(store: Store, table: string, key: string): Map<string, string> {
  const rows = store.sql.all(`SELECT json_array(${key}) AS key, * FROM ${table}`)
  return new Map(rows.map((row) => [String(row['key']), JSON.stringify(row)]))
}

function countRows(source: string): Map<string, number> {
  const database = openForeignDatabase(source)
  try {
    return new Map(
      [...database.tables.keys()].map((table) => [table, [...database.rows(table)].length]),
    )
  } catch (error) {
    // Torn: what can be read is taken, and the rest is a reject.
    if (!isStoreError(error)) throw error
    return new Map(TABLES.map(([older]) => [older, 0]))
  } finally {
    database.close()
  }
}
