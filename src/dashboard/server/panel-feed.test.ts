import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { tempStorePath } from '../../../test/support/temp-folder.ts'
import { defineModule, event, openStore, type PanelRow, StoreError } from '../../index.ts'
import { EVERYTHING, WITHOUT_SECRETS } from './disclosure.ts'
import { PanelFeed, type PanelView } from './panel-feed.ts'
import type { PanelSource } from './panel-source.ts'

afterEach(() => vi.useRealTimers())

function setUp(read: () => readonly PanelRow[], everyMs?: number, disclose = EVERYTHING) {
  const path = tempStorePath()
  const define = (name: string) =>
    defineModule({
      ...{ name, version: 1, migrations: [] },
      events: { [`${name}.thing.done`]: event<{ n: number }>() },
      project: { [`${name}.thing.done`]: () => undefined },
      api: (store) => ({
        do: (n: number) =>
          store.log.append(`${name}.thing/1`, { type: `${name}.thing.done`, data: { n } }),
      }),
    })
  const [jobs, notes] = [define('jobs'), define('notes')]
  const writer = openStore(path, { jobs, notes })
  const store = openStore(path, {}, { mode: 'read' })
  onTestFinished(() => {
    writer.close()
    store.close()
  })
  const source: PanelSource = { module: 'jobs', name: 'all', title: 'Jobs', everyMs, read }
  return { writer, feed: new PanelFeed([store], [source], disclose) }
}

function watch(feed: PanelFeed) {
  const views: PanelView[] = []
  const stop = feed.subscribe((view) => void views.push(view))
  onTestFinished(stop)
  return { views, stop, rows: () => views.map(({ rows }) => rows) }
}

test('a viewer gets the panel at once, and again when a commit of its module has changed it', async () => {
  let n = 0
  const read = vi.fn(() => [{ n }])
  const { writer, feed } = setUp(read)
  const { views, rows } = watch(feed)
  await expect.poll(() => rows()).toEqual([[{ n: 0 }]])
  expect(views[0]).toMatchObject({ module: 'jobs', name: 'all', title: 'Jobs', total: 1 })
  n = 1
  writer.jobs.do(1)
  await expect.poll(() => rows()).toEqual([[{ n: 0 }], [{ n: 1 }]])
  // Events of another module are none of its business, and rows as they were are not sent again.
  const reads = read.mock.calls.length
  n = 2
  writer.notes.do(1)
  await sleep(600)
  expect(read).toHaveBeenCalledTimes(reads)
  n = 1
  writer.jobs.do(2)
  await expect.poll(() => read.mock.calls.length).toBeGreaterThan(reads)
  expect(views).toHaveLength(2)
})

test('a burst of commits is read a few times, and not once each', async () => {
  const read = vi.fn(() => [])
  const { writer, feed } = setUp(read)
  watch(feed)
  await expect.poll(() => read.mock.calls.length).toBe(1)
  for (let n = 0; n < 200; n++) writer.jobs.do(n)
  await sleep(700)
  expect(read.mock.calls.length).toBeLessThan(50)
})

test('nothing is read while nobody looks, and who comes later gets everything', async () => {
  const read = vi.fn(() => [{ n: 1 }])
  const { writer, feed } = setUp(read, 20)
  await sleep(100)
  expect(read).not.toHaveBeenCalled()
  const first = watch(feed)
  await expect.poll(() => first.views).toHaveLength(1)
  const second = watch(feed)
  expect(second.views).toHaveLength(1)
  first.stop()
  second.stop()
  await sleep(50)
  const reads = read.mock.calls.length
  writer.jobs.do(1)
  await sleep(400)
  expect(read).toHaveBeenCalledTimes(reads)
  const third = watch(feed)
  await expect.poll(() => third.views).toHaveLength(1)
})

test('what no commit tells is looked at now and then, and sent when it has changed', async () => {
  let state = 'alive'
  const { feed } = setUp(() => [{ state }], 20)
  const { rows } = watch(feed)
  await expect.poll(() => rows()).toEqual([[{ state: 'alive' }]])
  state = 'dead'
  await expect.poll(() => rows()).toEqual([[{ state: 'alive' }], [{ state: 'dead' }]])
})

test('a panel that fails says why, and one with many rows how many there are', async () => {
  const broken = setUp(() => {
    throw new StoreError('STORE_OLDER', 'the store is older than its module')
  })
  const [view] = await broken.feed.read()
  expect(view?.error).toBe('the store is older than its module')
  const long = setUp(() => Array.from({ length: 700 }, (_, n) => ({ n })))
  const [shown] = await long.feed.read()
  expect([shown?.rows.length, shown?.total]).toEqual([500, 700])
})

test('secrets are taken out of rows where they are to be, and out of errors always', async () => {
  const secret = 'hunter2hunter2'
  const rows = [{ password: secret, note: `token=${secret}`, n: 1 }]
  expect((await setUp(() => rows).feed.read())[0]?.rows).toEqual(rows)
  expect((await setUp(() => rows, undefined, WITHOUT_SECRETS).feed.read())[0]?.rows).toEqual([
    { password: '[redacted]', note: 'token=[redacted]', n: 1 },
  ])
  const failing = setUp(() => {
    throw new Error(`cannot read with token=${secret}`)
  })
  expect((await failing.feed.read())[0]?.error).toBe('cannot read with token=[redacted]')
})
