/**
 * A program whose migrations and the store's ledger disagree.
 *
 * Invariants: edited, missing, out of order and failing are four errors with four hints; each leaves
 * the store as it was, for the program that fits it; line ends do not count as an edit.
 */
import { expect, test } from 'vitest'
import {
  defineModule,
  event,
  isStoreError,
  type Migration,
  openStore,
  type StoreError,
} from '../../dist/index.js'
import { tempStorePath } from '../support/temp-folder.ts'

const FIRST = {
  id: '0001-initial',
  sql: 'CREATE TABLE notes_note (\n  id TEXT PRIMARY KEY\n) STRICT',
}
const THIRD = { id: '0003-tags', sql: 'CREATE TABLE notes_tag (id TEXT PRIMARY KEY) STRICT' }
const INSERT = /* sql */ `INSERT INTO notes_note (id) VALUES (:id)`

const notes = (migrations: readonly Migration[], version = 1) =>
  defineModule({
    name: 'notes',
    version,
    migrations,
    events: { 'notes.note.saved': event<{ id: string }>() },
    project: { 'notes.note.saved': (tx, { data }) => tx.run(INSERT, data) },
    api: (store) => ({
      save: (id: string) =>
        store.log.append(`notes.note/${id}`, { type: 'notes.note.saved', data: { id } }),
    }),
  })

test('an edited migration is refused with MIGRATION_CHANGED', () => {
  const path = filled([FIRST])
  const edited = { ...FIRST, sql: FIRST.sql.replace('PRIMARY KEY', 'NOT NULL') }
  expect(refusal(path, [edited])).toMatchObject({
    code: 'MIGRATION_CHANGED',
    hint: expect.stringContaining('new migration'),
  })
  expectUnchanged(path, [FIRST])
})

test('a migration checked out with CRLF is the same migration', () => {
  const path = filled([FIRST])
  expectUnchanged(path, [{ ...FIRST, sql: `\uFEFF${FIRST.sql.replaceAll('\n', '\r\n')}` }])
})

test('a migration that the program has lost is refused with MIGRATION_MISSING', () => {
  const path = filled([FIRST, THIRD])
  const fourth = { id: '0004-other', sql: 'CREATE TABLE notes_other (id TEXT) STRICT' }
  expect(refusal(path, [FIRST, fourth])).toMatchObject({
    code: 'MIGRATION_MISSING',
    hint: expect.stringContaining('release'),
  })
  expectUnchanged(path, [FIRST, THIRD])
})

test('a migration that was merged late is refused with MIGRATION_ORDER and not skipped', () => {
  const path = filled([FIRST, THIRD])
  const second = { id: '0002-late', sql: 'CREATE TABLE notes_late (id TEXT) STRICT' }
  expect(refusal(path, [FIRST, second, THIRD])).toMatchObject({
    code: 'MIGRATION_ORDER',
    hint: expect.stringContaining('after the last'),
  })
  expectUnchanged(path, [FIRST, THIRD])
})

test('a migration that fails half way leaves nothing of itself and of those before it', () => {
  const path = filled([FIRST])
  const failing = { id: '0004-broken', sql: 'CREATE TABLE notes_half (id TEXT); SELECT nonsense()' }
  expect(refusal(path, [FIRST, THIRD, failing], 2)).toMatchObject({
    code: 'MIGRATION_FAILED',
    hint: expect.stringContaining('nothing was changed'),
  })
  expectUnchanged(path, [FIRST])
  using store = openStore(path, {}, { mode: 'read' })
  expect(
    store.sql.all("SELECT name FROM sqlite_schema WHERE name IN ('notes_half', 'notes_tag')"),
  ).toEqual([])
})

function filled(migrations: readonly Migration[]): string {
  const path = tempStorePath()
  using store = openStore(path, { notes: notes(migrations) })
  store.notes.save('n1')
  return path
}

function refusal(path: string, migrations: readonly Migration[], version?: number): StoreError {
  try {
    openStore(path, { notes: notes(migrations, version) }).close()
  } catch (error) {
    if (isStoreError(error)) return error
    throw error
  }
  throw new Error('the store was opened')
}

function expectUnchanged(path: string, migrations: readonly Migration[]): void {
  using store = openStore(path, { notes: notes(migrations) })
  expect(store.verify()).toMatchObject({ problems: [], modulesNotChecked: [] })
  store.notes.save(store.newId())
}
