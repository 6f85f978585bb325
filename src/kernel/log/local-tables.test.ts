import { expect, test } from 'vitest'
import { defineModule, event } from '../../index.ts'
import { createTestStore } from '../../testing/index.ts'

const notes = defineModule({
  name: 'notes',
  version: 1,
  events: { 'notes.note.saved': event<{ id: string }>() },
  migrations: [
    {
      id: '0001-initial',
      sql: `CREATE TABLE notes_note (id TEXT PRIMARY KEY) STRICT;
            CREATE TABLE notes_seen (id TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT`,
    },
  ],
  project: {
    'notes.note.saved': (tx, { data }) =>
      void tx.run('INSERT INTO notes_note VALUES (?)', [data.id]),
  },
  local: ['notes_seen'],
  api: (store) => store,
})

test('a local table can be changed by hand, and verify does not ask about it', () => {
  using opened = createTestStore({ notes })
  const { store } = opened
  const run = (sql: string) => store.write((tx) => tx.runLocal(sql)).changes
  expect(run(`INSERT INTO notes_seen VALUES ('a', 1)`)).toBe(1)
  expect(run(`INSERT OR REPLACE INTO "notes_seen" VALUES ('a', 2)`)).toBe(1)
  expect(run(`UPDATE notes_seen SET count = 3`)).toBe(1)
  expect(store.verify().problems).toEqual([])
  expect(run(`DELETE FROM notes_seen`)).toBe(1)
})

test.each([
  `INSERT INTO notes_note VALUES ('a')`,
  `DELETE FROM events`,
  `UPDATE leases SET owner = 'me'`,
  `DROP TABLE notes_seen`,
  `WITH x AS (SELECT 1) DELETE FROM notes_seen`,
])('%s is refused', (sql) => {
  using opened = createTestStore({ notes })
  expect(() => opened.store.write((tx) => tx.runLocal(sql))).toThrow('no local table')
})
