/**
 * What threads take over: the seed's `events` table and T3 Code's `state.sqlite`. Both are told by
 * the columns of their tables, whatever the files are called and whatever their version rows say; what
 * is a database at all, by its name or else by its first bytes.
 */
import {
  type ForeignDatabase,
  type Importer,
  type ImportItem,
  type ImportSource,
  isStoreError,
  openForeignDatabase,
} from '../../index.ts'
import { peonItems, peonSettings } from './import-peon.ts'
import { t3Items } from './import-t3.ts'

const DATABASE_NAME = /\.(db3?|sqlite3?)$/i
const SQLITE_HEADER = 'SQLite format 3'

const PEON = { table: 'events', columns: ['sequence', 'event_type', 'payload'] }
// Beside the events, which say nothing of it.
const PEON_SETTINGS = { table: 'settings', columns: ['key', 'value'] }
const T3 = {
  table: 'orchestration_events',
  columns: ['sequence', 'stream_id', 'event_type', 'occurred_at', 'payload_json'],
}

/** The importers of the module. */
export const IMPORTERS: readonly Importer[] = [
  {
    name: 'events-table',
    format: 'file',
    matches: (source) => hasShape(source, PEON),
    read: (source) => items(source, allOfPeon),
  },
  {
    name: 'orchestration-events',
    format: 'file',
    matches: (source) => hasShape(source, T3),
    read: (source) => items(source, (database) => t3Items(database.rows(T3.table))),
  },
]

interface Shape {
  readonly table: string
  readonly columns: readonly string[]
}

// The head of a database that is in use is not to be had; the file beside it tells as much.
function isDatabase({ name, siblings, peek }: ImportSource): boolean {
  if (DATABASE_NAME.test(name) || siblings.includes(`${name}-shm`)) return true
  return peek().startsWith(SQLITE_HEADER)
}

function hasColumns({ tables }: ForeignDatabase, { table, columns }: Shape): boolean {
  const found = tables.get(table)
  return found !== undefined && columns.every((column) => found.includes(column))
}

function hasShape(source: ImportSource, shape: Shape): boolean {
  if (!isDatabase(source)) return false
  try {
    const database = openForeignDatabase(source.path)
    try {
      return hasColumns(database, shape)
    } finally {
      database.close()
    }
  } catch (error) {
    // Not a database, or none that can be read now: then it is nobody's here.
    if (isStoreError(error)) return false
    throw error
  }
}

function* allOfPeon(database: ForeignDatabase): Generator<ImportItem> {
  yield* peonItems(database.rows(PEON.table))
  if (hasColumns(database, PEON_SETTINGS)) {
    yield* peonSettings(database.rows(PEON_SETTINGS.table))
  }
}

function* items(
  source: ImportSource,
  read: (database: ForeignDatabase) => Iterable<ImportItem>,
): Generator<ImportItem> {
  let database: ForeignDatabase | undefined
  try {
    database = openForeignDatabase(source.path)
    yield* read(database)
  } catch (error) {
    if (!isStoreError(error)) throw error
    const reason = `the database cannot be read to its end: ${error.message}`
    yield { kind: 'reject', reason, raw: source.path }
  } finally {
    database?.close()
  }
}
