/**
 * The rows of a `state.db` or `global.db` of any version. What a version row says is not believed:
 * some releases wrote one without changing the table, so the columns that are there decide.
 */
import {
  type ForeignDatabase,
  isStoreError,
  openForeignDatabase,
  type SqlRow,
} from '../../index.ts'
import { keptRow } from './legacy-kept.ts'
import { messageItems } from './legacy-mail.ts'
import { blockItem } from './legacy-ports.ts'
import { type LegacyContext, type LegacyItem, LegacyRows, reject, textOf } from './legacy-rows.ts'
import type { FarmKind } from './types.ts'

const KINDS: Readonly<Record<string, FarmKind>> = {
  architect: 'architect',
  builders: 'builder',
  utils: 'util',
  annotations: 'annotation',
}
/** Leftovers of migrations that were interrupted: their rows are in the table itself. */
const NOT_STATE = /^_migrations$|_new$|_old$/

/** The items of the file; one that cannot be read is a reject. */
export function* readLegacyDatabase(path: string, context: LegacyContext): Generator<LegacyItem> {
  let database: ForeignDatabase
  try {
    database = openForeignDatabase(path)
  } catch (error) {
    if (!isStoreError(error)) throw error
    yield reject(`the database cannot be read: ${error.message}`, path)
    return
  }
  try {
    yield* rowsOf(database, context)
  } catch (error) {
    if (!isStoreError(error)) throw error
    yield reject(`the database cannot be read to its end: ${error.message}`, path)
  } finally {
    database.close()
  }
}

function* rowsOf(database: ForeignDatabase, context: LegacyContext): Generator<LegacyItem> {
  const rows = new LegacyRows(context)
  for (const table of database.tables.keys()) {
    if (NOT_STATE.test(table)) continue
    const kind = KINDS[table]
    let place = 0
    for (const row of database.rows(table)) {
      place++
      if (kind) yield rows.item(kind, row)
      else if (table === 'port_allocations') yield blockOf(row)
      else if (table === 'mailbox') yield* messageItems(row, place)
      else yield keptRow(table, row, place)
    }
  }
}

function blockOf(row: SqlRow): LegacyItem {
  const path = textOf(row, 'project_path', 'path')
  return path === null ? reject('a port block without a project', row) : blockItem(path, row, row)
}
