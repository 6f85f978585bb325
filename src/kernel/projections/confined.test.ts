/** A projection sees its event and its own module's tables, and writes nothing else. */
import { expect, test } from 'vitest'
import { collection, defineModule, event, type ProjectionTransaction } from '../../index.ts'
import { assertReplayable, createTestStore, given } from '../../testing/index.ts'

type Fold = (tx: ProjectionTransaction, id: string) => unknown

const notes = (fold: Fold) =>
  defineModule({
    name: 'notes',
    version: 1,
    events: { 'notes.note.saved': event<string>() },
    migrations: [
      {
        id: '0001-initial',
        sql: `CREATE TABLE notes_note (id TEXT PRIMARY KEY, tags TEXT) STRICT;
              CREATE TABLE notes_seen (id TEXT PRIMARY KEY) STRICT`,
      },
    ],
    local: ['notes_seen'],
    project: { 'notes.note.saved': (tx, { data }) => fold(tx, data) as undefined },
    api: (store) => ({
      save: (id: string) =>
        store.log.append(`notes.note/${id}`, { type: 'notes.note.saved', data: id }),
    }),
  })
const withFold = (fold: Fold) => createTestStore({ notes: notes(fold), tasks: collection() })
const failure = (says: RegExp) =>
  expect.objectContaining({ code: 'PROJECTION_FAILED', message: expect.stringMatching(says) })

test.each([
  ['INSERT INTO tasks (id, data) VALUES (?, 1)', /module 'notes' uses the table 'tasks'/],
  ['INSERT INTO notes_note SELECT ?, max(sequence) FROM events', /uses the table 'events'/],
  ['DELETE FROM "events" WHERE sequence = ?', /uses the table 'events'/],
  ['INSERT INTO notes_note SELECT ?, sql FROM sqlite_schema', /uses the table 'sqlite_schema'/],
  ['INSERT INTO notes_seen VALUES (?)', /uses the local table 'notes_seen'/],
  ['INSERT INTO notes_note SELECT ?, count(*) FROM notes_seen', /uses the local table/],
  ['COMMIT', /runs COMMIT/],
  ['CREATE TABLE other (id)', /runs CREATE/],
  ['PRAGMA user_version = 7', /runs PRAGMA/],
  [`ATTACH ':memory:' AS other`, /runs ATTACH/],
])('%s is refused in a projection', (sql, says) => {
  const parameters = (id: string) => (sql.includes('?') ? [id] : [])
  using opened = withFold((tx, id) => tx.run(sql, parameters(id)))
  expect(() => opened.store.notes.save('a')).toThrow(failure(says))
  expect(() => opened.store.write(() => opened.store.notes.save('a'))).toThrow(failure(says))
  expect(opened.store.log.head()).toBe(0)
  expect(opened.store.verify().problems).toEqual([])
})

test('its own tables are taken under any name a statement gives them', () => {
  using opened = withFold((tx, id) => {
    tx.run(`INSERT INTO notes_note VALUES (?, '["a"]')`, [id])
    tx.run(`WITH events AS (SELECT id FROM "notes_note" AS tasks)
      UPDATE main.NOTES_NOTE SET tags = (SELECT value FROM json_each(tags)) WHERE id IN events`)
    tx.all('SELECT events.id FROM notes_note AS events, notes_note AS tasks')
  })
  opened.store.notes.save('a')
  expect(opened.store.sql.all('SELECT * FROM notes_note')).toEqual([{ id: 'a', tags: 'a' }])
  expect(opened.store.verify().problems).toEqual([])
})

test('an async projection is refused, and what it does later is refused too', async () => {
  let late: unknown
  const fold: Fold = async (tx, id) => {
    await null
    try {
      tx.run('INSERT INTO notes_note (id) VALUES (?)', [id])
    } catch (error) {
      late = error
      throw error
    }
  }
  using opened = withFold(fold)
  expect(() => opened.store.notes.save('a')).toThrow(failure(/is async/))
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(late).toMatchObject({ code: 'ARGUMENT_INVALID' })
  expect(opened.store.sql.all('SELECT * FROM notes_note')).toEqual([])
  const history = [{ stream: 'notes.note/a', type: 'notes.note.saved', data: 'a' }]
  expect(() => assertReplayable(notes(fold), history)).toThrow(/is async/)
  expect(() => given(notes(fold), history).nothing).toThrow(/is async/)
})

test('nothing is written to the store while an event is folded, by a replay least of all', () => {
  let write = () => {}
  using opened = withFold(() => write())
  const { store } = opened
  store.notes.save('a')
  for (const other of [
    () => store.notes.save('b'),
    () => store.tasks.put({ id: 't' }),
    () => store.write(() => 1),
    () => void store.leases.acquire({ name: 'l', owner: 'o', ttlMs: 1000 }),
  ]) {
    write = other
    expect(() => store.notes.save('c')).toThrow(failure(/'notes' writes itself/))
    expect(store.verify().problems).not.toEqual([])
  }
  const undone = () =>
    store.write((tx) => {
      write = () => void tx.append('notes.note/d', { type: 'notes.note.saved', data: 'd' })
      expect(() => tx.append('notes.note/c', { type: 'notes.note.saved', data: 'c' })).toThrow(
        failure(/writes itself/),
      )
      write = () => {}
      throw new Error('undone')
    })
  expect(undone).toThrow('undone')
  expect(store.log.head()).toBe(1)
})
