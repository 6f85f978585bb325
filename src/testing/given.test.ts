import { expect, test } from 'vitest'
import { defineModule, event, StoreError } from '../index.ts'
import { given } from './given.ts'

interface Counted {
  readonly id: string
  readonly n: number
}

const counters = defineModule({
  name: 'counters',
  version: 1,
  events: { 'counters.counter.set': event<Counted>(undefined, { state: true, keep: 'latest' }) },
  migrations: [
    {
      id: '0001-initial',
      sql: 'CREATE TABLE counters_counter (id TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT',
    },
  ],
  project: {
    'counters.counter.set': (tx, { data }) =>
      void tx.run('INSERT OR REPLACE INTO counters_counter VALUES (:id, :n)', { ...data }),
  },
  api: (store) => ({
    add: (id: string, by: number): number =>
      store.write((tx) => {
        const row = tx.get<Counted>('SELECT id, n FROM counters_counter WHERE id = ?', [id])
        if (!row) throw new StoreError('NOT_FOUND', `no counter '${id}'`)
        const data = { id, n: row.n + by }
        tx.append(`counters.counter/${id}`, { type: 'counters.counter.set', data })
        return data.n
      }),
  }),
})

const TWO = { stream: 'counters.counter/a', type: 'counters.counter.set', data: { id: 'a', n: 2 } }

test('events, rows and the result of an act are as expected', () => {
  given(counters, [TWO])
    .when((api) => api.add('a', 3))
    .thenReturns(5)
    .thenEvents([{ type: 'counters.counter.set', data: { id: 'a', n: 5 } }])
    .thenRows('counters_counter', [{ id: 'a', n: 5 }])
})

test('what the history alone gives can be looked at', () => {
  given(counters, [TWO])
    .nothing.thenEvents([])
    .thenRows('counters_counter', [{ id: 'a', n: 2 }])
})

test('an error is told by its code or its message, and leaves nothing behind', () => {
  given(counters, [])
    .when((api) => api.add('a', 3))
    .thenThrows('NOT_FOUND')
    .thenThrows(/no counter/)
})

const added = given(counters, [TWO]).when((api) => api.add('a', 3))
const refused = given(counters, []).when((api) => api.add('a', 3))

test.each([
  ['other events', () => added.thenEvents([{ data: { id: 'a', n: 6 } }])],
  ['fewer events', () => added.thenEvents([])],
  ['more events', () => added.thenEvents([{ type: 'counters.counter.set' }, {}])],
  ['other rows', () => added.thenRows('counters_counter', [{ id: 'a', n: 6 }])],
  ['a table that is not there', () => added.thenRows('counters', [])],
  ['another result', () => added.thenReturns(6)],
  ['an error where there was none', () => added.thenThrows('NOT_FOUND')],
  ['another code', () => refused.thenThrows('BUSY')],
  ['another message', () => refused.thenThrows(/busy/)],
  ['events where there was an error', () => refused.thenEvents([])],
])('expecting %s fails', (_, check) => {
  expect(check).toThrow()
})

test('an asynchronous act is refused, for it would run after the store is closed', () => {
  expect(() => given(counters, []).when(async () => undefined)).toThrow('synchronous')
})
