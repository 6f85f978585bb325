import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  collection,
  defineModule,
  event,
  type Module,
  type PruneProgress,
  readSegment,
  type Store,
} from '../../../index.ts'
import { createTestStore } from '../../../testing/index.ts'
import { openConnection } from '../../connection/open-connection.ts'
import { chooseDriver } from '../../driver/choose.ts'

const DAY_MS = 24 * 3_600_000

interface Gauge {
  readonly id: string
  readonly place: string
}

interface Gauges {
  put(id: string, place: string): void
  read(id: string, value: number): void
  rows(): unknown[]
}

/** States that hold a unique place, and readings that are summed and kept for a week. */
const gauges = (): Module<Gauges> =>
  defineModule({
    name: 'gauges',
    version: 1,
    events: {
      'gauges.gauge.placed': event<Gauge>(undefined, { state: true, keep: 'latest' }),
      'gauges.gauge.read': event<{ id: string; value: number }>(undefined, { keep: { days: 7 } }),
    },
    migrations: [
      {
        id: '0001-initial',
        sql: `CREATE TABLE gauges_gauge (id TEXT PRIMARY KEY, place TEXT NOT NULL UNIQUE) STRICT;
          CREATE TABLE gauges_sum (id TEXT PRIMARY KEY, total REAL NOT NULL, whole ANY, real ANY, bytes BLOB) STRICT`,
      },
    ],
    project: {
      'gauges.gauge.placed': (tx, { data }) =>
        void tx.run(
          `INSERT INTO gauges_gauge VALUES (:id, :place)
           ON CONFLICT (id) DO UPDATE SET place = excluded.place`,
          { ...data },
        ),
      'gauges.gauge.read': (tx, { data }) =>
        void tx.run(
          `INSERT INTO gauges_sum VALUES (:id, :value, 1, -1.0, x'00ff')
           ON CONFLICT (id) DO UPDATE SET total = total + :value`,
          { ...data },
        ),
    },
    api: (store) => ({
      put: (id, place) =>
        void store.log.append(`gauges.gauge/${id}`, {
          type: 'gauges.gauge.placed',
          data: { id, place },
        }),
      read: (id, value) =>
        void store.log.append(`gauges.gauge/${id}`, {
          type: 'gauges.gauge.read',
          data: { id, value },
        }),
      rows: () => [
        ...store.read((tx) => tx.all('SELECT * FROM gauges_gauge ORDER BY id')),
        ...store.read((tx) =>
          tx.all('SELECT *, typeof(whole), typeof(real) FROM gauges_sum ORDER BY id'),
        ),
      ],
    }),
  })

const modules = () => ({ notes: collection<{ id: string; text: string }>(), gauges: gauges() })
const open = (autoPrune = false) => createTestStore(modules(), { autoPrune })

/** Moves a consumer's checkpoint to the head. */
async function catchUp(store: Store, name: string): Promise<void> {
  const consumer = store.log.consumer(name)
  const head = store.log.head()
  for (let at = 0; at < head; ) {
    const { value } = await consumer.next()
    at = value?.sequence ?? head
  }
  consumer.commit()
  await consumer.return?.()
}

/** Checks that the store is proven by its history, and that a rebuild changes no row. */
function expectProven(store: Store<ReturnType<typeof modules>>): void {
  expect(store.verify().problems).toEqual([])
  const rows = [store.gauges.rows(), store.notes.list()]
  store.rebuild('gauges')
  store.rebuild('notes')
  expect([store.gauges.rows(), store.notes.list()]).toEqual(rows)
}

test('what a consumer held back goes once it has caught up, and no sooner', async () => {
  using test = open()
  const { store } = test
  store.log.consumer('lagging')
  for (let n = 0; n < 10; n++) store.notes.put({ id: `n${n % 2}`, text: `text ${n}` })
  store.gauges.read('g', 1)
  expect(store.prune()).toMatchObject({ events: 0, types: [] })
  expect(store.status().events).toBe(11)
  await catchUp(store, 'lagging')
  const expected = [{ type: 'notes.item.saved', reason: 'superseded', events: 8 }]
  const planned = store.prune({ dryRun: true })
  expect(planned).toMatchObject({ dryRun: true, types: expected, events: 8 })
  expect(store.status().events).toBe(11)
  const done = store.prune()
  expect(done).toMatchObject({ dryRun: false, types: expected, bases: [], skipped: [] })
  expect(done.dataBytes).toBe(planned.dataBytes)
  expect(store.status().events).toBe(3)
  expect(store.log.readStream('notes.item/n1').map(({ version }) => version)).toEqual([5])
  store.notes.put({ id: 'n1', text: 'on' })
  expect(store.log.streamVersion('notes.item/n1')).toBe(6)
  expectProven(store)
})

test('readings are kept for their days, and their sums for ever', () => {
  using test = open()
  const { store, clock } = test
  store.gauges.put('g', 'roof')
  for (let n = 0; n < 20; n++) {
    store.gauges.read(n % 2 === 0 ? 'g' : 'h', n)
    clock.advance(DAY_MS / 2)
  }
  const before = store.gauges.rows()
  const steps = new Map<string, number>()
  const onProgress = ({ step, sequence }: PruneProgress) => steps.set(step, sequence)
  const report = store.prune({ onProgress })
  expect(Object.fromEntries(steps)).toMatchObject({ base: 8, drop: 8 })
  expect(report.types).toMatchObject([{ type: 'gauges.gauge.read', reason: 'expired', events: 7 }])
  expect(report.bases).toMatchObject([{ module: 'gauges', horizon: 8 }])
  expect(store.status().modules.find(({ name }) => name === 'gauges')?.horizon).toBe(8)
  expect(store.gauges.rows()).toEqual(before)
  expectProven(store)
  const again = test.reopen()
  again.gauges.read('g', 100)
  clock.advance(30 * DAY_MS)
  again.prune()
  // The head of the log stays: its sequence must not be given again.
  expect(again.log.read().map(({ sequence }) => sequence)).toEqual([1, 22])
  again.gauges.read('h', 1)
  expect(again.log.streamVersion('gauges.gauge/h')).toBe(11)
  expectProven(again)
})

test('a place that changed hands above a base is nobody else’s in a replay', () => {
  using test = open()
  const { store, clock } = test
  store.gauges.put('a', 'roof')
  store.gauges.read('a', 1)
  clock.advance(8 * DAY_MS)
  store.gauges.read('a', 2)
  expect(store.prune().bases).toMatchObject([{ horizon: 2 }])
  store.gauges.put('a', 'cellar')
  store.gauges.put('b', 'roof')
  store.gauges.put('a', 'garden')
  store.gauges.put('c', 'cellar')
  store.gauges.put('a', 'attic')
  expectProven(store)
  // A stream born after the base is superseded at once.
  store.gauges.put('c', 'gate')
  expect(store.log.readStream('gauges.gauge/c')).toHaveLength(1)
  expect(store.log.readStream('gauges.gauge/a').length).toBeGreaterThan(3)
  // The next base takes in what this one holds back.
  const report = store.prune()
  expect(report.types).toMatchObject([{ type: 'gauges.gauge.placed', reason: 'superseded' }])
  expect(report.bases).toHaveLength(1)
  expectProven(store)
})

test('a removal goes after thirty days, and its stream goes on where it ended', () => {
  using test = open()
  const { store, clock } = test
  store.notes.put({ id: 'gone', text: 'x' })
  store.notes.delete('gone')
  store.notes.put({ id: 'here', text: 'y' })
  expect(store.prune().events).toBe(0)
  clock.advance(31 * DAY_MS)
  store.notes.put({ id: 'late', text: 'z' })
  expect(store.prune().types).toMatchObject([{ type: 'notes.item.removed', reason: 'removed' }])
  expectProven(store)
  store.notes.put({ id: 'gone', text: 'again' })
  expect(store.log.streamVersion('notes.item/gone')).toBe(3)
  expectProven(test.reopen())
})

test('a consumer that has not moved for a week is passed, and told what it missed', async () => {
  using test = open()
  const { store, clock } = test
  store.log.consumer('asleep')
  for (let n = 0; n < 5; n++) store.notes.put({ id: 'n', text: `text ${n}` })
  expect(store.prune()).toMatchObject({ events: 0, idleConsumers: [] })
  clock.advance(8 * DAY_MS)
  expect(store.prune()).toMatchObject({ events: 4, idleConsumers: ['asleep'] })
  const consumer = store.log.consumer('asleep')
  expect(consumer.gap).toEqual({ after: 0, through: 4 })
  await consumer.next()
  consumer.commit()
  expect(store.log.consumer('asleep').gap).toBeNull()
})

test('payloads go with their events, and the file shrinks', async () => {
  using test = open()
  const { store } = test
  store.log.consumer('lagging')
  const text = (n: number) => Array.from({ length: 9000 }, (_, i) => (i * n) % 9973).join(' ')
  for (let n = 1; n <= 30; n++) store.notes.put({ id: 'n', text: text(n) })
  await catchUp(store, 'lagging')
  const before = store.status().sizeBytes
  const report = store.prune()
  expect(report.events).toBe(29)
  expect(report.reclaimedBytes).toBeGreaterThan(400_000)
  expect(store.sql.all('SELECT id FROM payloads')).toHaveLength(1)
  expect(store.status().sizeBytes).toBeLessThan(Math.max(before, report.sizeBytes + 1))
  expect(store.status().sizeBytes).toBe(report.sizeBytes)
  expectProven(store)
})

test('an archive holds what went, as it was, and proves it', () => {
  using test = open()
  const { store, clock } = test
  store.gauges.put('g', 'roof')
  for (let n = 0; n < 10; n++) store.gauges.read('g', n)
  clock.advance(8 * DAY_MS)
  store.gauges.read('g', 10)
  const gone = store.log.read().slice(1, 11)
  const archive = join(test.path, '..', 'archive')
  const { segments } = store.prune({ archive })
  expect(segments).toHaveLength(1)
  const [segment = ''] = segments
  const { header, events } = readSegment(segment)
  expect(events.map(({ sequence, data }) => [sequence, data])).toEqual(
    gone.map(({ sequence, data }) => [sequence, data]),
  )
  const range = store.sql.get<{ sum: number; count: number }>(
    'SELECT sum(dropped_sum) AS sum, sum(dropped_count) AS count FROM prune_ranges',
  )
  expect(range).toEqual({ sum: header.sum, count: header.count })
  expect(header).toMatchObject({ logId: store.log.id, first: 2, last: 11 })
  expect(readdirSync(archive)).toHaveLength(1)
  expect(existsSync(`${segment}.partial`)).toBe(false)
})

test('a module whose code is not loaded loses nothing, and is named', () => {
  using test = open()
  const { store, clock } = test
  store.gauges.read('g', 1)
  clock.advance(8 * DAY_MS)
  store.notes.put({ id: 'n', text: 'x' })
  store.close()
  const other = test.openWith({ notes: collection<{ id: string; text: string }>() })
  expect(other.prune()).toMatchObject({
    events: 0,
    skipped: [{ what: "module 'gauges'", why: 'its code is not loaded' }],
  })
})

test('leases are forgotten after a week without a base', () => {
  using test = open()
  const { store, clock } = test
  store.leases.acquire({ name: 'l', owner: 'me', ttlMs: 1000 })
  clock.advance(8 * DAY_MS)
  store.notes.put({ id: 'n', text: 'x' })
  expect(store.prune().types).toMatchObject([
    { type: 'holdfast.lease.acquired', reason: 'expired', events: 1 },
  ])
  expectProven(store)
})

test('superseded leftovers go by themselves, a few at a time', async () => {
  using test = open(true)
  const { store } = test
  store.log.consumer('lagging')
  const put = (n: number) => store.notes.put({ id: `n${n % 20}`, text: `text ${n}` })
  for (let n = 0; n < 990; n++) put(n)
  expect(store.status().events).toBe(990)
  await catchUp(store, 'lagging')
  for (let n = 990; n < 4000; n++) put(n)
  await catchUp(store, 'lagging')
  for (let n = 4000; n < 14_000; n++) {
    put(n)
    if (n % 500 === 0) await catchUp(store, 'lagging')
  }
  expect(store.status().events).toBeLessThan(2600)
  expectProven(store)
})

test('other handles append after a prune as if nothing had gone', async () => {
  using test = open()
  const { store } = test
  store.log.consumer('lagging')
  for (let n = 0; n < 6; n++) store.notes.put({ id: 'n', text: `text ${n}` })
  await catchUp(store, 'lagging')
  const other = test.open()
  other.notes.put({ id: 'm', text: 'other' })
  store.prune()
  other.notes.put({ id: 'n', text: 'from the other' })
  store.notes.put({ id: 'n', text: 'and back' })
  expect(store.log.streamVersion('notes.item/n')).toBe(8)
  expectProven(store)
})

test.each<[string, (store: ReturnType<typeof open>['store']) => unknown]>([
  ['nothing', () => undefined],
  ['its status', (store) => store.status()],
  ['a dry run', (store) => store.prune({ dryRun: true })],
  ['a question', (store) => store.log.ensureFolded({ prefix: 'notes.' })],
])('another handle that looked at %s first does so, too', (_, look) => {
  using test = open()
  const { store, clock } = test
  const other = test.open()
  for (const value of [1, 2]) other.gauges.read('a', value)
  clock.advance(8 * DAY_MS)
  other.notes.put({ id: 'n', text: 'the newest event stays' })
  expect(store.prune().events).toBe(2)
  look(other)
  other.gauges.read('a', 3)
  expect(other.log.streamVersion('gauges.gauge/a')).toBe(3)
  expectProven(store)
})

test('a newer release of a module starts from the base of an older one', () => {
  const steps = [
    { id: '0001-initial', sql: 'CREATE TABLE sums_sum (id TEXT PRIMARY KEY, n INTEGER) STRICT' },
  ]
  const sums = (version: number, column: string, migrations = steps) =>
    defineModule({
      name: 'sums',
      version,
      events: { 'sums.sum.grown': event<{ id: string }>(undefined, { keep: { days: 7 } }) },
      migrations,
      project: {
        'sums.sum.grown': (tx, { data }) =>
          void tx.run(
            `INSERT INTO sums_sum (id, ${column}) VALUES (?, 1)
             ON CONFLICT (id) DO UPDATE SET ${column} = ${column} + 1`,
            [data.id],
          ),
      },
      api: () => undefined,
    })
  const older = () => ({ sums: sums(1, 'n') })
  using test = createTestStore(older())
  const grow = (store: Store) =>
    store.log.append('sums.sum/a', { type: 'sums.sum.grown', data: { id: 'a' } })
  for (let n = 0; n < 5; n++) grow(test.store)
  test.clock.advance(8 * DAY_MS)
  grow(test.store)
  expect(test.store.prune()).toMatchObject({ events: 5, bases: [{ module: 'sums', horizon: 5 }] })
  test.store.close()
  const rename = { id: '0002-rename', sql: 'ALTER TABLE sums_sum RENAME n TO total' }
  const newer = test.openWith({ sums: sums(2, 'total', [...steps, rename]) })
  expect(newer.sql.all('SELECT * FROM sums_sum')).toEqual([{ id: 'a', total: 6 }])
  expect(newer.verify().problems).toEqual([])
  grow(newer)
  test.clock.advance(8 * DAY_MS)
  grow(newer)
  expect(newer.prune()).toMatchObject({ events: 2, bases: [{ horizon: 7 }] })
  expect(newer.sql.all('SELECT * FROM sums_sum')).toEqual([{ id: 'a', total: 8 }])
  expect(newer.verify().problems).toEqual([])
  // One base is kept: the older one went with the horizon that it was for.
  expect(newer.sql.all('SELECT id FROM payloads')).toHaveLength(1)
})

test('events behind one that cannot be folded stay, and so do those of its stream', () => {
  using test = open()
  const { store, clock } = test
  store.gauges.read('g', 1)
  clock.advance(8 * DAY_MS)
  store.gauges.read('g', 2)
  store.close()
  const raw = openConnection(chooseDriver({}), test.path, {
    isReadOnly: false,
    wait: { path: test.path, timeoutMs: 0, random: () => 0.5 },
  })
  raw.run(`INSERT INTO quarantine (sequence, module, stream_id, error, at_ms)
    SELECT 1, 'gauges', stream_id, 'broken', 0 FROM events WHERE sequence = 1`)
  raw.close()
  const again = test.open()
  expect(again.prune()).toMatchObject({ events: 0, bases: [] })
})

test('an option that prune does not have is refused, for nothing may go by a slip of the pen', () => {
  using opened = createTestStore({ gauges: gauges() })
  expect(() => opened.store.prune({ dryrun: true } as never)).toThrow(
    expect.objectContaining({
      code: 'ARGUMENT_INVALID',
      message: "prune has no option 'dryrun'",
      hint: expect.stringContaining('dryRun'),
    }),
  )
})
