import { describe, expect, test } from 'vitest'
import { testConnection } from '../../../test/support/test-connection.ts'
import type { Connection } from '../connection/connection.ts'
import { readGeneration } from '../connection/generation.ts'
import {
  changesExistingTables,
  type MigratingModule,
  migrateModules,
  needsMigration,
  readLedger,
} from './migrate.ts'

const NOTES: MigratingModule = {
  name: 'notes',
  version: 1,
  migrations: [{ id: '0001-initial', sql: 'CREATE TABLE notes_note (id TEXT) STRICT' }],
  shape: null,
}
const RAISED: MigratingModule = {
  ...NOTES,
  version: 2,
  migrations: [
    ...NOTES.migrations,
    { id: '0002-title', sql: 'ALTER TABLE notes_note ADD COLUMN title TEXT' },
  ],
}

function migrated(...steps: MigratingModule[][]): Connection {
  const connection = testConnection()
  for (const modules of steps) migrateModules(connection, modules, 1_000)
  return connection
}

const row = (connection: Connection) => readLedger(connection).modules.get('notes')
const ids = (connection: Connection) => readLedger(connection).migrations.map(({ id }) => id)

test('a new file has an empty ledger and needs everything', () => {
  const ledger = readLedger(testConnection())
  expect([ledger.modules.size, ledger.migrations.length]).toEqual([0, 0])
  expect(needsMigration(ledger, [NOTES])).toBe(true)
  expect(changesExistingTables(ledger, [NOTES])).toBe(false)
})

test('each migration is applied once and recorded', () => {
  const connection = migrated([NOTES], [NOTES])
  expect(ids(connection)).toEqual(['0001-initial'])
  expect(row(connection)).toMatchObject({ version: 1, behindFrom: null, holder: null })
  expect(needsMigration(readLedger(connection), [NOTES])).toBe(false)
})

test('the generation rises when a module’s row changes, and only then', () => {
  const connection = migrated([NOTES])
  const before = readGeneration(connection)
  migrateModules(connection, [NOTES], 2_000)
  expect(readGeneration(connection)).toBe(before)
  migrateModules(connection, [RAISED], 2_000)
  expect(readGeneration(connection)).toBeGreaterThan(before)
})

test('a raised version marks the tables to be made anew', () => {
  const connection = migrated([NOTES], [RAISED])
  expect(row(connection)).toMatchObject({ version: 2, behindFrom: 0 })
  expect(ids(connection)).toEqual(['0001-initial', '0002-title'])
})

test('a version raised without a migration does so too, and is a change of existing tables', () => {
  const raised = { ...NOTES, version: 2 }
  const connection = migrated([NOTES])
  expect(changesExistingTables(readLedger(connection), [raised])).toBe(true)
  migrateModules(connection, [raised], 2_000)
  expect(row(connection)).toMatchObject({ version: 2, behindFrom: 0 })
})

test('a harmless step without a raised version leaves the tables as they are', () => {
  const sql = 'CREATE INDEX notes_by_id ON notes_note (id)'
  const more = {
    ...NOTES,
    migrations: [...NOTES.migrations, { id: 'index-id', sql, isAdditive: true }],
  }
  const connection = migrated([NOTES], [more])
  expect(row(connection)).toMatchObject({ version: 1, behindFrom: null })
  expect(ids(connection)).toEqual(['0001-initial', 'index-id'])
})

test('a store of a newer release is left as it is', () => {
  const connection = migrated([NOTES], [RAISED])
  const before = readLedger(connection)
  expect(needsMigration(before, [NOTES])).toBe(false)
  migrateModules(connection, [NOTES], 2_000)
  expect(readLedger(connection)).toEqual(before)
})

describe('a migration that fails', () => {
  const broken = {
    ...RAISED,
    migrations: [...RAISED.migrations, { id: '0003-broken', sql: 'CREATE TABLE (' }],
  }

  test('says which, and leaves nothing of any module behind', () => {
    const connection = migrated([NOTES])
    const before = readLedger(connection)
    const other = { ...NOTES, name: 'other', migrations: [] }
    expect(() => migrateModules(connection, [other, broken], 2_000)).toThrow(
      expect.objectContaining({
        code: 'MIGRATION_FAILED',
        message: expect.stringMatching(/0003-broken.*notes/),
      }),
    )
    expect(readLedger(connection)).toEqual(before)
    expect(connection.all('SELECT * FROM pragma_table_info(?)', ['notes_note'])).toHaveLength(1)
  })

  test.each(['COMMIT', 'ROLLBACK'])('by %s is told, though nobody screened it', (end) => {
    const connection = migrated([NOTES])
    const sql = `CREATE TABLE notes_more (id); ${end}`
    const module = { ...NOTES, migrations: [...NOTES.migrations, { id: '0002-end', sql }] }
    expect(() => migrateModules(connection, [module], 2_000)).toThrow(
      expect.objectContaining({
        code: 'MIGRATION_FAILED',
        message: expect.stringMatching(/0002-end.*ended its transaction/),
      }),
    )
    expect(ids(connection)).toEqual(['0001-initial'])
  })

  test('can be corrected and tried again', () => {
    const connection = migrated([NOTES])
    expect(() => migrateModules(connection, [broken], 2_000)).toThrow()
    migrateModules(connection, [RAISED], 2_000)
    expect(ids(connection)).toEqual(['0001-initial', '0002-title'])
  })
})
