/**
 * Stores of earlier formats. Each file is as an earlier Holdfast left it and is never made again.
 * Invariants, on a copy of it:
 *
 * 1. It is opened for reading and for writing without a word, and proven.
 * 2. What was in it is still there: items, values, events, versions, tokens, answers.
 * 3. It is written to, and still proven.
 */
import { createHash } from 'node:crypto'
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { tempStorePath } from '../support/temp-folder.ts'
import { MODULES, makeStore } from './store-0001.ts'
import * as second from './store-0002.ts'

const HERE = fileURLToPath(new URL('.', import.meta.url))
// After everything in the file, and before its receipts expire.
const NOW_MS = 1_767_225_600_000 + 3_600_000

function copyOf(name: string): string {
  const path = tempStorePath()
  copyFileSync(join(HERE, name), path)
  return path
}

function open(path: string, mode: 'read' | 'write' = 'write') {
  return openStore(path, MODULES, { mode, clock: () => NOW_MS })
}

test('0001: the file is the one that was made then', () => {
  const bytes = readFileSync(join(HERE, '0001.db'))
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(
    'b7363373c0dad5c8e5fed890751f239195eb2bfce6ab23026a2f60ac6fbd0528',
  )
})

test('0001: its tables are those that the same calls make today', () => {
  const today = tempStorePath()
  makeStore(today)
  const [then, now] = [copyOf('0001.db'), today].map((path) => {
    const store = open(path, 'read')
    const tables = ['tasks', 'settings', 'runs_run', 'runs_other'].map((table) =>
      store.sql.all(`SELECT * FROM ${table} ORDER BY 1, 2`),
    )
    const head = store.log.head()
    store.close()
    return { tables, head }
  })
  expect(then).toEqual(now)
})

test('0001: a reader proves it and reads what was in it', () => {
  const store = open(copyOf('0001.db'), 'read')
  expect(store.verify()).toMatchObject({ ok: true, problems: [], modulesNotChecked: [] })
  expect(store.tasks.list().map(({ id }) => id)).toEqual([
    ...['t0', 't1', 't2', 't3', 't4', 't5', 't6'],
    'ünï/1',
  ])
  expect(store.tasks.list({ slug: '“quoted” \\ 日本' })[0]?.labels).toEqual(['a', 'b'])
  expect(store.tasks.list({ status: 'done' }).map(({ id }) => id)).toEqual(['t2', 't4'])
  expect(store.settings.get()).toEqual({ theme: 'light' })
  expect(store.sql.all('SELECT * FROM runs_run ORDER BY id')).toEqual([
    { id: 'r1', log_length: 50_000, ok: 1 },
    { id: 'r4', log_length: 6, ok: null },
  ])
  expect(store.sql.all('SELECT type FROM runs_other')).toEqual([{ type: 'runs.step.skipped' }])
  store.close()
})

test('0001: its events are as they were appended', () => {
  const store = open(copyOf('0001.db'), 'read')
  const [started, finished] = store.log.readStream('runs.run/r1')
  expect(started).toMatchObject({
    version: 1,
    data: { id: 'r1', log: 'line\n'.repeat(10_000) },
    metadata: { actor: 'ada' },
  })
  expect(finished).toMatchObject({ version: 2, occurredAtMs: 1_000, data: { ok: true } })
  expect(store.log.readStream('runs.run/r4').map(({ version }) => version)).toEqual([1, 2])
  const versions = ['tasks.item/t0', 'tasks.item/t7', 'runs.run/r2', 'runs.run/none']
  expect(versions.map((stream) => store.log.streamVersion(stream))).toEqual([2, 3, 2, 0])
  store.close()
})

test('0001: it can be written to, and what it promised holds', () => {
  const store = open(copyOf('0001.db'))
  const before = store.log.head()
  const event = { type: 'runs.run.finished', data: { id: 'r5', ok: false } }
  const repeated = { idempotencyKey: 'request-1', expectedVersion: 'none' } as const
  expect(store.log.append('runs.run/r5', event, repeated)).toMatchObject({
    version: 1,
    appended: 1,
  })
  expect(store.log.head()).toBe(before)
  expect(() => store.tasks.put({ id: 'x', slug: 'slug-1', status: 'open' })).toThrow('UNIQUE')
  store.tasks.put({ id: 't7', slug: 'slug-7', status: 'open' })
  expect(store.log.streamVersion('tasks.item/t7')).toBe(4)
  expect(store.leases.acquire({ name: 'deploy', ttlMs: 1_000 }).fencingToken).toBe(2)
  expect(store.status().consumers).toMatchObject([{ consumer: 'mirror', sequence: 0 }])
  expect(store.rebuild('runs').quarantined).toBe(0)
  expect(store.verify().problems).toEqual([])
  store.close()
})

test('0001: a consumer goes on where it stopped', async () => {
  const store = open(copyOf('0001.db'))
  const consumer = store.log.consumer('mirror')
  const first = await consumer.next()
  expect(first.value?.sequence).toBe(store.log.read({ limit: 1 })[0]?.sequence)
  await consumer.return?.()
  store.close()
})

function openSecond(path: string, mode: 'read' | 'write' = 'write') {
  return openStore(path, second.MODULES, { mode, clock: () => NOW_MS, autoPrune: false })
}

test('0002: the file is the one that was made then', () => {
  const bytes = readFileSync(join(HERE, '0002.db'))
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(
    '4d8c03a73d1deeecb17f378fa2a00db47914aa3917f8f6929e94574e2af5a48f',
  )
})

test('0002: its tables are those that the same calls make today', () => {
  const today = tempStorePath()
  second.makeStore(today)
  const [then, now] = [copyOf('0002.db'), today].map((path) => {
    using store = openSecond(path, 'read')
    const rows = [store.tasks.list(), store.sql.all('SELECT * FROM diary_note ORDER BY 1')]
    return { rows, events: [...store.log.pages()].flat() }
  })
  expect(then).toEqual(now)
})

test('0002: a reader proves it, and reads from packs, rows and a payload', () => {
  using store = openSecond(copyOf('0002.db'), 'read')
  expect(store.verify()).toMatchObject({ ok: true, problems: [], modulesNotChecked: [] })
  const places = `SELECT count(*) FILTER (WHERE payload_id IS NULL) AS inRow,
    count(*) FILTER (WHERE data LIKE '%+%' AND payload_id IS NOT NULL) AS inPack FROM events`
  expect(store.sql.get(places)).toEqual({ inRow: 21, inPack: 100 })
  const bodies = [...store.log.pages()].flat().map(({ data }) => (data as second.Task).text)
  const expected = [
    ...Array.from({ length: 40 }, (_, n) => second.textOf(n + 20)),
    ...Array.from({ length: 60 }, (_, n) => second.textOf(-n)),
    ...['short', 'long '.repeat(2000)],
    ...Array.from({ length: 20 }, (_, n) => `again ${n}`),
  ]
  expect(bodies).toEqual(expected)
  expect(store.log.readStream('diary.note/today')[7]?.metadata).toEqual({ actor: 'ada' })
})

test('0002: it is written to, packed again and rebuilt', () => {
  using store = openSecond(copyOf('0002.db'))
  for (let n = 20; n < 60; n++) store.tasks.put({ id: `t${n}`, text: second.textOf(n + 100) })
  expect(store.prune({ hotEvents: 0 }).packed.events).toBeGreaterThan(30)
  expect(store.verify().problems).toEqual([])
  store.rebuild('diary')
  store.rebuild('tasks')
  expect(store.tasks.get('t59')?.text).toBe(second.textOf(159))
})
