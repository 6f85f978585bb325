import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  collection,
  defineModule,
  event,
  exportJson,
  exportStore,
  openStore,
  type PruneOptions,
  type PruneProgress,
  type RecordedEvent,
  restoreExport,
  type Store,
} from '../../../index.ts'
import { createTestStore } from '../../../testing/index.ts'
import type { Connection } from '../../connection/connection.ts'
import { openConnection } from '../../connection/open-connection.ts'
import { chooseDriver } from '../../driver/choose.ts'

interface Task {
  readonly id: string
  readonly text: string
}

/** Notes of which none ever goes. */
const diary = () =>
  defineModule({
    name: 'diary',
    version: 1,
    events: { 'diary.note.added': event<{ text: string }>() },
    migrations: [
      {
        id: '0001-initial',
        sql: 'CREATE TABLE diary_note (sequence INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT',
      },
    ],
    project: {
      'diary.note.added': (tx, { sequence, data }) =>
        void tx.run('INSERT INTO diary_note VALUES (?, ?)', [sequence, data.text]),
    },
    api: (store) => ({
      add: (text: string, metadata?: { commandId: string }) =>
        void store.log.append('diary.note/today', {
          type: 'diary.note.added',
          data: { text },
          ...(metadata && { metadata }),
        }),
    }),
  })

const modules = () => ({ tasks: collection<Task>(), diary: diary() })
type Modules = ReturnType<typeof modules>

const open = () => createTestStore(modules(), { autoPrune: false })
// Not one like another, and with characters of two and three bytes.
const text = (n: number) =>
  `${n}: é€ ${`the build of package ${n % 97} fails again, `.repeat(8)}${n * 7919}`
const ALL: PruneOptions = { hotEvents: 0 }

function fill(store: Store<Modules>, count = 400): void {
  store.write(() => {
    for (let n = 0; n < count; n++) {
      store.tasks.put({ id: `t${n}`, text: text(n) })
      store.diary.add(text(-n), n % 10 === 0 ? { commandId: `c${n}` } : undefined)
    }
  })
}

const eventsOf = (store: Store) => [...store.log.pages()].flat()

/** Reads and changes the file past the store. */
function raw<Result>(path: string, fn: (connection: Connection) => Result): Result {
  const connection = openConnection(chooseDriver({}), path, {
    isReadOnly: false,
    wait: { path, timeoutMs: 0, random: () => 0.5 },
  })
  try {
    return fn(connection)
  } finally {
    connection.close()
  }
}

const PLACES = `
  SELECT count(*) FILTER (WHERE payload_id IS NOT NULL AND data <> '') AS inPack,
    count(*) FILTER (WHERE payload_id IS NULL) AS inRow,
    (SELECT count(*) FROM payloads) AS payloads FROM events`

/** Where the bodies of the log are, and how many payloads there are. */
const placesIn = (path: string) =>
  raw(path, (connection) => connection.get<Record<'inPack' | 'inRow' | 'payloads', number>>(PLACES))

test('every way of reading gives packed events as they were, from a smaller file', async () => {
  using test = open()
  const { store, path } = test
  fill(store)
  const before = eventsOf(store)
  const tasks = store.tasks.list()
  const seen: PruneProgress[] = []
  const report = store.prune({ ...ALL, onProgress: (progress) => seen.push(progress) })
  expect(seen.at(-1)).toMatchObject({ step: 'pack' })
  expect(seen.at(-1)?.sequence).toBeGreaterThan(750)
  const { events, dataBytes, storedBytes } = report.packed
  expect(report.events).toBe(0)
  // The last are too few for a pack.
  expect(events).toBeGreaterThan(750)
  const sum = before
    .slice(0, events)
    .reduce((bytes, { data }) => bytes + Buffer.byteLength(JSON.stringify(data)), 0)
  expect(dataBytes).toBe(sum)
  expect(Number(storedBytes)).toBeLessThan(dataBytes / 2)
  expect(report.reclaimedBytes).toBeGreaterThan(dataBytes / 3)
  expect(placesIn(path)).toMatchObject({ inPack: events, inRow: 800 - events })

  expect(eventsOf(store)).toEqual(before)
  const notes = before.filter(({ type }) => type === 'diary.note.added')
  expect(store.log.read({ types: ['diary.note.added'] })).toEqual(notes)
  expect(store.log.readStream('tasks.item/t7')).toEqual([before[14]])
  const followed: RecordedEvent[] = []
  for await (const event of store.log.follow({ stream: 'diary.note/today', after: 0 })) {
    followed.push(event)
    if (followed.length === notes.length) break
  }
  expect(followed).toEqual(notes)
  {
    using at = store.at(300)
    expect(at.sql.get('SELECT count(*) AS count FROM diary_note')).toEqual({ count: 150 })
  }
  store.rebuild('tasks')
  expect(store.tasks.list()).toEqual(tasks)
  expect(store.verify().problems).toEqual([])
  expect(store.examine()).toEqual([])
})

test('what is written out of a packed log is what was appended', () => {
  using test = open()
  const { store, path } = test
  const beside = (...names: string[]) => join(path, '..', ...names)
  fill(store, 60)
  exportJson(path, beside('before'))
  store.prune(ALL)
  expect(placesIn(path)?.inPack).toBeGreaterThan(90)
  exportJson(path, beside('after'))
  for (const name of ['tasks.json', 'diary.events.jsonl']) {
    const [before, after] = ['before', 'after'].map((folder) => readFileSync(beside(folder, name)))
    expect(after).toEqual(before)
  }
  const lines = beside('export.jsonl')
  exportStore(path, (bytes) => appendFileSync(lines, bytes))
  for (const line of readFileSync(lines, 'utf8').trim().split('\n')) JSON.parse(line)
  using mirrored = test.open({ mirror: beside('mirror.jsonl') })
  mirrored.mirror.catchUp()
  expect(readFileSync(beside('mirror.jsonl'), 'utf8')).toContain(JSON.stringify(text(-59)))
  restoreExport(lines, beside('restored.db'))
  using restored = openStore(beside('restored.db'), modules())
  expect(eventsOf(restored)).toEqual(eventsOf(store))
  expect(restored.verify().problems).toEqual([])
})

test('a log of short and middling bodies shrinks, too', () => {
  using test = open()
  const { store } = test
  store.write(() => {
    for (let n = 0; n < 6000; n++)
      store.diary.add(n % 2 === 0 ? 'short' : `${n} ${'so '.repeat(40)}`)
  })
  const { sizeBytes } = store.prune({ dryRun: true })
  const report = store.prune(ALL)
  expect(report.packed.events).toBeGreaterThan(2900)
  expect(report.sizeBytes).toBeLessThan(sizeBytes * 0.8)
})

test('a dry run says what there is to pack, and changes nothing', () => {
  using test = open()
  const { store, path } = test
  fill(store)
  expect(store.prune({ ...ALL, dryRun: true }).packed).toMatchObject({
    events: 800,
    storedBytes: null,
  })
  expect(store.prune({ ...ALL, dryRun: true, pack: false }).packed.events).toBe(0)
  expect(store.prune({ ...ALL, pack: false }).packed.events).toBe(0)
  expect(placesIn(path)).toEqual({ inPack: 0, inRow: 800, payloads: 0 })
})

test('the newest events, short bodies, and too few for a pack stay in their rows', () => {
  using test = open()
  const { store, path } = test
  fill(store, 100)
  store.write(() => {
    for (let n = 0; n < 1000; n++) store.diary.add('short')
  })
  const { events } = store.prune().packed
  // Of the first 200, but for the last few; of those behind, each is short or among the newest.
  expect(events).toBeGreaterThan(180)
  expect(store.prune(ALL).packed.events).toBe(0)
  expect(placesIn(path)).toMatchObject({ inPack: events, inRow: 1200 - events })
  fill(store, 50)
  expect(store.prune().packed.events).toBe(0)
  expect(store.prune(ALL).packed.events).toBeGreaterThan(40)
  expect(store.verify().problems).toEqual([])
})

test('a pack of which little is left is packed anew, with what others hold', () => {
  using test = open()
  const { store, path } = test
  const put = (value: string, which: (n: number) => boolean) =>
    store.write(() => {
      for (let n = 0; n < 256; n++) {
        if (which(n)) store.tasks.put({ id: `t${String(n).padStart(3, '0')}`, text: value })
      }
    })
  // Bodies of 512 bytes, so that four packs are full.
  put('x'.repeat(489), () => true)
  store.prune(ALL)
  expect(placesIn(path)).toEqual({ inPack: 256, inRow: 0, payloads: 4 })
  put('done', (n) => n % 3 === 1)
  // Two thirds of each are still there.
  expect(store.prune({ ...ALL, dryRun: true }).packed.events).toBe(0)
  put('done', (n) => n % 8 !== 0)
  const left = eventsOf(store).slice(0, 22)
  expect(placesIn(path)).toMatchObject({ inPack: 22, payloads: 4 })
  expect(store.prune({ ...ALL, dryRun: true }).packed.events).toBe(22)
  expect(store.prune(ALL).packed.events).toBe(22)
  expect(placesIn(path)).toMatchObject({ inPack: 22, payloads: 1 })
  put('done', (n) => n > 60)
  // Too little to begin a pack, but of the one that they are in they are not the half.
  expect(store.prune(ALL).packed).toMatchObject({ events: 6, dataBytes: 6 * 512 })
  expect(eventsOf(store).slice(0, 6)).toEqual(left.slice(0, 6))
  expect(store.verify().problems).toEqual([])
})

test('a superseded state takes its pack with it when it was the last that was there', () => {
  using test = open()
  const { store, path } = test
  const other = test.open()
  const put = (handle: typeof store, suffix: string) =>
    handle.write(() => {
      for (let n = 0; n < 40; n++) handle.tasks.put({ id: `t${n}`, text: text(n) + suffix })
    })
  put(store, '')
  // Remembers that the bodies are in their rows.
  put(other, ' again')
  store.prune(ALL)
  expect(placesIn(path)).toEqual({ inPack: 40, inRow: 0, payloads: 1 })
  put(other, ' and again')
  expect(placesIn(path)).toEqual({ inPack: 0, inRow: 40, payloads: 0 })
  expect(other.verify().problems).toEqual([])
})

test('a damaged row is left as it is, and a damaged pack is found', () => {
  using test = open()
  const { store, path } = test
  fill(store, 60)
  const damage = `UPDATE events SET data = replace(data, 'package', 'pakcage') WHERE sequence = 7`
  raw(path, (connection) => connection.run(damage))
  const { events } = store.prune(ALL).packed
  expect(events).toBeGreaterThan(90)
  expect(placesIn(path)).toMatchObject({ inPack: events, inRow: 120 - events })
  const inRow = `SELECT sequence FROM events WHERE payload_id IS NULL ORDER BY 1 LIMIT 1`
  expect(raw(path, (connection) => connection.get(inRow))).toEqual({ sequence: 7 })
  raw(path, (connection) => connection.run(`UPDATE events SET data = '9+9' WHERE sequence = 8`))
  raw(path, (connection) => connection.run(`UPDATE events SET data = 'gone' WHERE sequence = 9`))
  raw(path, (connection) =>
    connection.run(`UPDATE events SET data = '999999+9' WHERE sequence = 10`),
  )
  const { problems } = store.verify()
  expect(problems.slice(0, 4)).toMatchObject([
    { kind: 'event-checksum', sequence: 7 },
    { kind: 'event-checksum', sequence: 8 },
    { kind: 'event-unreadable', sequence: 9 },
    { kind: 'event-unreadable', sequence: 10 },
  ])
  expect(problems[3]?.what).toContain("'999999+9' is not in a pack of")
})

test('a fencing token that went back is found when the event that gave it out is in a pack', () => {
  using test = open()
  const { store, path } = test
  store.leases.release(store.leases.acquire({ name: 'deploy', ttlMs: 1000 }))
  fill(store, 60)
  store.prune(ALL)
  const lease = `SELECT data FROM events JOIN streams ON streams.id = stream_id
    WHERE name = 'holdfast.lease/deploy' AND payload_id IS NOT NULL`
  expect(raw(path, (connection) => connection.all(lease))).not.toEqual([])
  raw(path, (connection) => connection.run(`UPDATE leases SET fencing_token = 0`))
  // Closed, so that `streams` has the head of the lease.
  expect(test.reopen().verify().problems).toMatchObject([
    { kind: 'bookkeeping', what: "lease 'deploy' has fencing token 0, and 1 was given out" },
  ])
})

test('items whose last states were in a pack that is damaged can be written, and deleted', () => {
  using test = open()
  const { store, path } = test
  fill(store, 60)
  store.prune(ALL)
  raw(path, (connection) => connection.run(`UPDATE payloads SET body = x'00'`))
  store.tasks.put({ id: 't3', text: 'anew' })
  store.tasks.update('t4', (task) => ({ ...task, text: 'changed' }))
  store.tasks.delete('t5')
  expect(store.tasks.get('t3')?.text).toBe('anew')
  expect(store.log.readStream('tasks.item/t4')).toMatchObject([{ version: 2 }])
  expect(store.prune(ALL).packed.events).toBe(0)
})
