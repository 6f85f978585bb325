import { expect, test } from 'vitest'
import { defineModule, event, type Module, type Projector } from '../index.ts'
import { assertReplayable } from './assert-replayable.ts'

interface Entry {
  readonly id: string
  readonly text: string
}

const HISTORY = ['a', 'b', 'a', 'c', 'b'].map((id, n) => ({
  stream: `diary.entry/${id}`,
  type: 'diary.entry.written',
  data: { id, text: `text ${n}` },
}))
const UPSERT = 'INSERT OR REPLACE INTO diary_entry (id, text) VALUES (?, ?)'

function diary(project: Projector<Entry>): Module {
  return defineModule({
    name: 'diary',
    version: 1,
    events: { 'diary.entry.written': event<Entry>() },
    migrations: [
      {
        id: '0001-initial',
        sql: 'CREATE TABLE diary_entry (id TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT',
      },
    ],
    project: { 'diary.entry.written': project },
    api: () => undefined,
  })
}

const writing = (value: (entry: Entry) => string): Module =>
  diary((tx, { data }) => void tx.run(UPSERT, [data.id, value(data)]))

test('a projection of nothing but its event is replayable', () => {
  expect(() =>
    assertReplayable(
      writing(({ text }) => text),
      HISTORY,
    ),
  ).not.toThrow()
})

test.each([
  ['the clock', () => String(Date.now())],
  ['the clock by new Date', () => new Date().toISOString()],
  ['the clock by Date()', () => Date()],
  ['one bit of chance', () => (Math.random() < 0.5 ? 'heads' : 'tails')],
  ['the time zone', () => new Date(1_000_000_000_000).toTimeString()],
])('a projection that reads %s is not', (_, value) => {
  expect(() => assertReplayable(writing(value), HISTORY)).toThrow(/other tables/)
})

test('a projection whose SQL reads the clock is not', () => {
  const module = diary(
    (tx, { data }) =>
      void tx.run("INSERT OR REPLACE INTO diary_entry VALUES (?, datetime('now'))", [data.id]),
  )
  expect(() => assertReplayable(module, HISTORY)).toThrow(/datetime/)
})

test('a projection that counts in memory is not', () => {
  let count = 0
  expect(() =>
    assertReplayable(
      writing(() => String(++count)),
      HISTORY,
    ),
  ).toThrow(/other tables/)
})

test('a projection that remembers earlier events is not, when the module is made anew', () => {
  const remembering = () => {
    const first = new Map<string, string>()
    return writing(({ id, text }) => {
      if (!first.has(id)) first.set(id, text)
      return first.get(id) ?? ''
    })
  }
  expect(() => assertReplayable(remembering, HISTORY)).toThrow(/in a new process/)
})

test('a projection that reads tables which are not its own is not', () => {
  const nosy = diary((tx, { data }) => {
    const { n = 0 } = tx.get<{ n: number }>('SELECT count(*) AS n FROM events') ?? {}
    tx.run(UPSERT, [data.id, String(n)])
  })
  expect(() => assertReplayable(nosy, HISTORY)).toThrow(/uses the table 'events'/)
})

test('time, chance and time zone are put back afterwards', () => {
  const before = [Date, Math.random, process.env['TZ']]
  expect(() =>
    assertReplayable(
      writing(() => Date()),
      HISTORY,
    ),
  ).toThrow()
  expect([Date, Math.random, process.env['TZ']]).toEqual(before)
})

test('a history without events proves nothing and is refused', () => {
  expect(() =>
    assertReplayable(
      writing(() => ''),
      [],
    ),
  ).toThrow('at least one event')
})

test('a projection that changes its event is told, and the history stays as it was', () => {
  const changing = diary((tx, { data }) => {
    Object.assign(data, { text: `${data.text}!` })
    tx.run(UPSERT, [data.id, data.text])
  })
  const before = structuredClone(HISTORY)
  expect(() => assertReplayable(changing, HISTORY)).toThrow(/read only|read-only/)
  expect(HISTORY).toEqual(before)
})
