import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { collection, defineModule, event, isStoreError, type Module } from '../../index.ts'
import { createTestStore } from '../../testing/index.ts'

const DAY_MS = 24 * 3_600_000

/** Counts visits; keeps them for a week. */
const visits = (): Module<{ add(page: string): void; count(): number }> =>
  defineModule({
    name: 'visits',
    version: 1,
    events: { 'visits.page.opened': event<{ page: string }>(undefined, { keep: { days: 7 } }) },
    migrations: [
      {
        id: '0001-initial',
        sql: 'CREATE TABLE visits_page (page TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT',
      },
    ],
    project: {
      'visits.page.opened': (tx, { data }) =>
        void tx.run(
          'INSERT INTO visits_page VALUES (?, 1) ON CONFLICT (page) DO UPDATE SET n = n + 1',
          [data.page],
        ),
    },
    api: (store) => ({
      add: (page) =>
        void store.log.append(`visits.page/${page}`, {
          type: 'visits.page.opened',
          data: { page },
        }),
      count: () => store.read((tx) => tx.get<{ n: number }>(SUM)?.n ?? 0),
    }),
  })
const SUM = 'SELECT sum(n) AS n FROM visits_page'
const modules = () => ({ visits: visits(), notes: collection<{ id: string; n: number }>() })
const NOTES = 'SELECT data FROM notes ORDER BY id'

function prunedAt(fn: () => unknown): string {
  try {
    fn()
  } catch (error) {
    if (isStoreError(error, 'PRUNED')) return error.message
    throw error
  }
  return 'known'
}

test('the tables are shown as they were at a sequence, and at a time', () => {
  using test = createTestStore(modules())
  const { store, clock } = test
  const start = clock.now()
  for (let n = 1; n <= 30; n++) {
    store.visits.add(`p${n % 3}`)
    clock.advance(1000)
  }
  for (const sequence of [0, 1, 17, 30]) {
    using at = store.at(sequence)
    expect(at.sequence).toBe(sequence)
    expect(at.sql.get(SUM)).toEqual({ n: sequence === 0 ? null : sequence })
  }
  using at = store.at(new Date(start + 4500))
  expect(at.sequence).toBe(5)
  expect(at.sql.all(SUM)).toEqual([{ n: 5 }])
  expect(() => at.sql.all('DELETE FROM visits_page')).toThrow(/writes/)
  expect(() => store.at(31)).toThrow(/ends at 30/)
  expect(() => store.at(new Date(Number.NaN))).toThrow(/Date/)
})

test('a place that was asked for before is not replayed again', () => {
  using test = createTestStore(modules())
  const { store } = test
  store.notes.put({ id: 'a', n: 1 })
  store.visits.add('home')
  const replayed: number[] = []
  const onProgress = ({ sequence }: { readonly sequence: number }) => replayed.push(sequence)
  const atTwo = () => store.at(2, { modules: ['notes', 'visits'], onProgress })
  {
    using at = atTwo()
    expect(at.sql.all(NOTES)).toHaveLength(1)
  }
  store.visits.add('away')
  {
    using at = store.at(2, { modules: ['visits', 'notes'], onProgress })
    using same = atTwo()
    same.close()
    expect(() => same.sql.all(NOTES)).toThrow(/closed/)
    expect(at.sql.get(SUM)).toEqual({ n: 1 })
  }
  expect(replayed).toEqual([2])
  // Whether it is known does not depend on having been asked.
  store.notes.put({ id: 'a', n: 2 })
  expect(prunedAt(atTwo)).toMatch(/superseded/)
  expect(prunedAt(() => store.at(2, { modules: ['visits'] }))).toBe('known')
})

test('few files of the past are kept, none in use is lost, and none outlives the store', () => {
  const test = createTestStore(modules())
  const { store } = test
  for (let n = 0; n < 20; n++) store.visits.add('home')
  const files = () =>
    readdirSync(tmpdir()).filter((name) => name.startsWith(`holdfast-scratch-${process.pid}-`))
  const before = files().length
  const opened = Array.from({ length: 10 }, (_, n) => store.at(n + 1))
  expect(files().length - before).toBe(10)
  for (const at of opened.slice(1)) at.close()
  expect(files().length - before).toBeLessThan(7)
  const [first] = opened
  expect(first?.sql.get(SUM)).toEqual({ n: 1 })
  store.close()
  expect(first?.sql.get(SUM)).toEqual({ n: 1 })
  first?.close()
  expect(files()).toHaveLength(before)
  test.close()
})

test('below the horizon nothing is known, and the horizon is named', () => {
  using test = createTestStore(modules())
  const { store, clock } = test
  for (let n = 1; n <= 20; n++) {
    store.visits.add('p')
    clock.advance(DAY_MS)
  }
  store.prune()
  const { horizon = 0 } = store.status().modules.find(({ name }) => name === 'visits') ?? {}
  expect(horizon).toBe(14)
  expect(prunedAt(() => store.at(13))).toMatch(/'visits' at sequence 13 .*horizon.*from 14 on/)
  for (const sequence of [14, 15, 20]) {
    using at = store.at(sequence)
    expect(at.sql.get(SUM)).toEqual({ n: sequence })
  }
})

test('a place whose states were superseded is refused, one that is whole is exact', () => {
  using test = createTestStore(modules())
  const { store } = test
  store.notes.put({ id: 'a', n: 1 })
  store.notes.put({ id: 'b', n: 2 })
  {
    using at = store.at(1)
    expect(at.sql.all(NOTES)).toHaveLength(1)
  }
  store.notes.put({ id: 'a', n: 3 })
  store.notes.put({ id: 'c', n: 4 })
  expect(prunedAt(() => store.at(1))).toMatch(/'notes' at sequence 1 .*superseded.*from 3 on/)
  expect(prunedAt(() => store.at(2))).toMatch(/from 3 on/)
  using three = store.at(3)
  expect(three.sql.all(NOTES)).toHaveLength(2)
  using four = store.at(4)
  expect(four.sql.all(NOTES)).toHaveLength(3)
  store.notes.delete('b')
  expect(prunedAt(() => store.at(4))).toMatch(/from 5 on/)
  using visited = store.at(1, { modules: ['visits'] })
  expect(visited.sql.get(SUM)).toEqual({ n: null })
})

test('a row whose removal was dropped is not shown as if it had never been', () => {
  using test = createTestStore(modules())
  const { store, clock } = test
  store.visits.add('p')
  store.notes.put({ id: 'a', n: 1 })
  store.notes.delete('a')
  clock.advance(31 * DAY_MS)
  store.visits.add('p')
  store.prune()
  expect(store.log.readStream('notes.item/a')).toEqual([])
  expect(prunedAt(() => store.at(2, { modules: ['notes'] }))).toMatch(/removal.*from 3 on/)
  using at = store.at(3, { modules: ['notes'] })
  expect(at.sql.all(NOTES)).toEqual([])
})

test('every place that is shown at all is the one that was', () => {
  using test = createTestStore(modules())
  const { store } = test
  const history: unknown[][] = [[]]
  for (let n = 1; n <= 60; n++) {
    if (n % 7 === 0) store.notes.delete(`n${n % 5}`)
    else store.notes.put({ id: `n${(n * n) % 11}`, n })
    // A deletion of what is not there appends nothing.
    history[store.log.head()] = store.sql.all(NOTES)
  }
  let known = 0
  for (let sequence = 0; sequence <= store.log.head(); sequence++) {
    const message = prunedAt(() => {
      using at = store.at(sequence, { modules: ['notes'] })
      expect(at.sql.all(NOTES)).toEqual(history[sequence])
    })
    if (message === 'known') known++
  }
  expect(known).toBeGreaterThan(0)
})

/** States that hold, and readings that expire, in the same streams. */
const gauges = (): Module<undefined> =>
  defineModule({
    name: 'gauges',
    version: 1,
    events: {
      'gauges.gauge.placed': event<{ id: string }>(undefined, { state: true, keep: 'latest' }),
      'gauges.gauge.read': event<{ id: string }>(undefined, { keep: { days: 7 } }),
      'gauges.gauge.noted': event<{ id: string }>(),
    },
    migrations: [
      {
        id: '0001-initial',
        sql: 'CREATE TABLE gauges_gauge (id TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT',
      },
    ],
    project: {
      'gauges.gauge.placed': (tx, { data, sequence }) =>
        void tx.run('INSERT OR REPLACE INTO gauges_gauge VALUES (?, ?)', [data.id, sequence]),
      'gauges.gauge.read': () => undefined,
      'gauges.gauge.noted': () => undefined,
    },
    api: () => undefined,
  })

test('a state that was gone when the base was made is not missed above it in silence', () => {
  using test = createTestStore({ gauges: gauges() })
  const { store, clock } = test
  const add = (id: string, what: string) =>
    store.log.append(`gauges.gauge/${id}`, { type: `gauges.gauge.${what}`, data: { id } })
  add('a', 'placed')
  add('a', 'noted')
  add('b', 'read')
  clock.advance(8 * DAY_MS)
  add('c', 'noted')
  // Supersedes the first event, which was the state at the horizon and above it.
  add('a', 'placed')
  expect(store.prune().bases).toMatchObject([{ module: 'gauges', horizon: 3 }])
  for (const sequence of [3, 4]) {
    expect(prunedAt(() => store.at(sequence))).toMatch(/superseded.*from 5 on/)
  }
  using at = store.at(5)
  expect(at.sql.all('SELECT * FROM gauges_gauge')).toEqual([{ id: 'a', at: 5 }])
})
