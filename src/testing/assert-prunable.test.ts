import { expect, test } from 'vitest'
import { defineModule, event, type Module, type Projector } from '../index.ts'
import { assertPrunable } from './assert-prunable.ts'
import type { HistoryEvent } from './history.ts'

interface Note {
  readonly id: string
  readonly title: string
}

const saved = (id: string, title: string): HistoryEvent => ({
  stream: `notes.note/${id}`,
  type: 'notes.note.saved',
  data: { id, title },
})
const removed = (id: string): HistoryEvent => ({
  stream: `notes.note/${id}`,
  type: 'notes.note.removed',
  data: { id },
})

function notes(projectSaved: Projector<Note>): Module {
  return defineModule({
    name: 'notes',
    version: 1,
    events: {
      'notes.note.saved': event<Note>(undefined, { state: true, keep: 'latest' }),
      'notes.note.removed': event<Pick<Note, 'id'>>(undefined, { removes: true, keep: 'latest' }),
    },
    migrations: [
      {
        id: '0001-initial',
        sql: `CREATE TABLE notes_note
          (id TEXT PRIMARY KEY, title TEXT NOT NULL UNIQUE, extra INTEGER) STRICT`,
      },
    ],
    project: {
      'notes.note.saved': projectSaved,
      'notes.note.removed': (tx, { data }) =>
        void tx.run('DELETE FROM notes_note WHERE id = ?', [data.id]),
    },
    api: () => undefined,
  })
}

const SAVE = `INSERT INTO notes_note (id, title, extra) VALUES (?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET title = excluded.title, extra = excluded.extra`
const complete = notes(
  (tx, { data, sequence }) => void tx.run(SAVE, [data.id, data.title, sequence]),
)

test('events that are the complete row may be superseded anywhere', () => {
  const moved = [
    saved('a', 'x'),
    saved('b', 'y'),
    saved('a', 'z'),
    saved('b', 'x'),
    saved('a', 'y'),
  ]
  const gone = [saved('a', 'x'), removed('a'), saved('b', 'x'), saved('a', 'y'), removed('b')]
  expect(() => assertPrunable(complete, [moved, gone])).not.toThrow()
})

test('a projection that keeps something of the row before is found', () => {
  const counting = notes(
    (tx, { data }) =>
      void tx.run(
        `INSERT INTO notes_note (id, title, extra) VALUES (?, ?, 1)
       ON CONFLICT (id) DO UPDATE SET title = excluded.title, extra = extra + 1`,
        [data.id, data.title],
      ),
  )
  const history = [saved('a', 'x'), saved('a', 'y'), saved('b', 'z')]
  expect(() => assertPrunable(counting, [history])).toThrow(/history 0, seed 1: without 1 of its 3/)
})

test('a projection that reads another row than its own is found', () => {
  const ranking = notes((tx, { data }) => {
    const { n = 0 } = tx.get<{ n: number }>('SELECT count(*) AS n FROM notes_note') ?? {}
    tx.run(SAVE, [data.id, data.title, n])
  })
  const history = [saved('a', 'x'), saved('b', 'y'), saved('a', 'z')]
  expect(() => assertPrunable(ranking, [history])).toThrow(/all superseded/)
})

test('a failure is run again from its seed', () => {
  const ranking = notes((tx, { data }) => {
    const { n = 0 } = tx.get<{ n: number }>('SELECT count(*) AS n FROM notes_note') ?? {}
    tx.run(SAVE, [data.id, data.title, n])
  })
  const history = [saved('a', 'x'), saved('b', 'y'), saved('a', 'z'), saved('c', 'w')]
  const attempt = (seed: number) => () => assertPrunable(ranking, [history], { attempts: 1, seed })
  const failing = Array.from({ length: 30 }, (_, n) => n + 2).find((seed) => {
    try {
      attempt(seed)()
      return false
    } catch {
      return true
    }
  })
  expect(failing).toBeDefined()
  expect(attempt(failing ?? 0)).toThrow(`seed ${failing}`)
})

test('no history at all proves nothing and is refused', () => {
  expect(() => assertPrunable(complete, [])).toThrow('at least one history')
})
