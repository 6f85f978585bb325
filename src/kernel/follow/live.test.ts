import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { collection, type FollowItem, type Store } from '../../index.ts'
import { createTestStore } from '../../testing/index.ts'
import { openConnection } from '../connection/open-connection.ts'
import { chooseDriver } from '../driver/choose.ts'
import { LogReader } from '../log/log-reader.ts'
import { Registry } from '../log/registry.ts'
import { RowContext } from '../log/row-context.ts'
import { EventPages } from './event-pages.ts'

const modules = () => ({ notes: collection<{ id: string; text: string }>() })
const open = () => createTestStore(modules())

/** Takes items until `isLast` says so. */
async function take(
  items: AsyncIterableIterator<FollowItem>,
  isLast: (item: FollowItem) => boolean,
): Promise<FollowItem[]> {
  const taken: FollowItem[] = []
  for (;;) {
    const { value, done } = await items.next()
    if (done) return taken
    taken.push(value)
    if (isLast(value)) return taken
  }
}

const isSynchronized = ({ kind }: FollowItem) => kind === 'synchronized'
const textsOf = (items: readonly FollowItem[], key: string): string => {
  let text = ''
  for (const item of items) {
    if (item.kind === 'live' && item.key === key && !item.isEnd) {
      text = text.slice(0, item.offset) + item.text
    }
  }
  return text
}

test('a follower is given the past, a mark, and then what comes, texts as they grow included', async () => {
  using test = open()
  const { store } = test
  store.notes.put({ id: 'a', text: '1' })
  store.notes.put({ id: 'b', text: '2' })
  const follower = test.open().follow({ live: true, after: 0 })
  const past = await take(follower, isSynchronized)
  expect(past.map(({ kind }) => kind)).toEqual(['event', 'event', 'synchronized'])
  expect(past.at(-1)).toEqual({ kind: 'synchronized', sequence: 2 })
  const words = ['The', ' quick', ' brown', ' fox']
  let offset = 0
  for (const text of words) {
    store.live.set('notes.item/c#text', { offset, text })
    offset += text.length
  }
  const grown = await take(
    follower,
    (item) => item.kind === 'live' && item.offset + item.text.length === offset,
  )
  expect(textsOf(grown, 'notes.item/c#text')).toBe(words.join(''))
  // The first at once, the others together: not a commit a word.
  expect(grown.length).toBeLessThan(words.length)
  store.write((tx) => {
    tx.append('notes.item/c', { type: 'notes.item.saved', data: { id: 'c', text: words.join('') } })
    store.live.end('notes.item/c#text')
  })
  const done = await take(follower, (item) => item.kind === 'live' && item.isEnd)
  expect(done.map(({ kind }) => kind)).toEqual(['event', 'live'])
  expect(store.sql.all('SELECT * FROM live')).toHaveLength(1)
  await follower.return?.()
})

test('a follower of one stream gets its events and its texts alone, from a long log too', async () => {
  using test = open()
  const { store } = test
  store.log.consumer('keeps everything')
  store.write(() => {
    for (let n = 0; n < 900; n++) store.notes.put({ id: `n${n % 3}`, text: `${n}` })
  })
  const follower = store.follow({ live: true, after: 300, stream: 'notes.item/n1', maxBytes: 400 })
  const past = await take(follower, isSynchronized)
  const events = past.flatMap((item) => (item.kind === 'event' ? [item.event] : []))
  expect(events.map(({ sequence }) => sequence)).toEqual(
    Array.from({ length: 200 }, (_, n) => 302 + 3 * n),
  )
  expect(past.at(-1)).toEqual({ kind: 'synchronized', sequence: 900 })
  store.live.set('notes.item/n2#text', { offset: 0, text: 'other' })
  store.live.set('notes.item/n1#text', { offset: 0, text: 'own' })
  store.notes.put({ id: 'n2', text: 'other' })
  store.notes.put({ id: 'n1', text: 'own' })
  const news = await take(follower, ({ kind }) => kind === 'live')
  expect(news).toMatchObject([
    { kind: 'event', event: { stream: 'notes.item/n1' } },
    { kind: 'live', key: 'notes.item/n1#text', text: 'own' },
  ])
  await follower.return?.()
})

test('no page is larger than its budget, but for one event that is larger alone', () => {
  using test = open()
  const { store } = test
  store.write(() => {
    for (let n = 0; n < 40; n++) store.notes.put({ id: `n${n}`, text: 'x'.repeat(1000) })
  })
  store.notes.put({ id: 'large', text: 'y'.repeat(50_000) })
  const wait = { path: test.path, timeoutMs: 0, random: () => 0.5 }
  const connection = openConnection(chooseDriver({}), test.path, { isReadOnly: true, wait })
  const reader = new LogReader(new RowContext(connection, new Registry([])))
  const refuse = () => expect.unreachable()
  const pages = new EventPages(reader, { after: 0, maxBytes: 5000 }, refuse)
  const sizes: number[] = []
  while (pages.hasNews) sizes.push(pages.read().length)
  connection.close()
  expect(sizes).toEqual([...Array.from({ length: 10 }, () => 4), 1])
  expect(pages.position).toBe(41)
})

test('pieces of a key are written every 40 ms, and not each on its own', async () => {
  using test = open()
  const { store } = test
  const startedAt = performance.now()
  for (let n = 0; n < 30; n++) {
    store.live.set('k', { offset: n, text: 'x' })
    await sleep(4)
  }
  await sleep(60)
  const most = 2 + (performance.now() - startedAt) / 40
  const { rows, tick } = store.sql.get<{ rows: number; tick: number }>(
    'SELECT count(*) AS rows, max(tick) AS tick FROM live',
  ) ?? { rows: 0, tick: 0 }
  expect(tick).toBeLessThan(most)
  expect(rows).toBeGreaterThan(1)
})

test('who comes late sees what is still growing, and nothing that has ended or lies long back', async () => {
  using test = open()
  const { store, clock } = test
  store.live.set('old', { offset: 0, text: 'abandoned' })
  await sleep(20)
  clock.advance(120_000)
  store.live.set('ended', { offset: 0, text: 'gone' })
  store.live.set('growing', { offset: 0, text: 'Hel' })
  await sleep(20)
  store.live.end('ended')
  store.live.set('growing', { offset: 3, text: 'lo' })
  await sleep(60)
  const follower = store.follow({ live: true })
  const seen = await take(follower, ({ kind }) => kind === 'live')
  expect(seen).toMatchObject([
    { kind: 'synchronized' },
    { kind: 'live', key: 'growing', offset: 0, text: 'Hello' },
  ])
  await follower.return?.()
})

test('the ring holds a thousand rows and a few megabytes, and its ticks never fall', async () => {
  using test = open()
  const { store } = test
  const ring = (other: Store) =>
    other.sql.get<{ rows: number; tick: number; bytes: number }>(
      'SELECT count(*) AS rows, max(tick) AS tick, sum(length(data)) AS bytes FROM live',
    )
  for (let round = 0; round < 6; round++) {
    for (let key = 0; key < 300; key++) store.live.set(`k${key}`, { offset: 0, text: 'x' })
    await expect.poll(() => ring(store)?.tick).toBe(300 * (round + 1))
  }
  expect(ring(store)).toMatchObject({ rows: 1000, tick: 1800 })
  for (let n = 0; n < 200; n++) store.live.set(`big${n}`, { offset: 0, text: 'x'.repeat(60_000) })
  await expect.poll(() => store.live.pieces('big199')).toHaveLength(1)
  expect(ring(store)?.bytes).toBeLessThan(9_000_000)
  const { tick = 0 } = ring(store) ?? {}
  for (let key = 0; key < 300; key++) store.live.end(`k${key}`)
  expect(ring(store)?.tick).toBe(tick + 300)
  expect(ring(store)?.rows).toBeLessThan(600)
})

test('live texts are no part of the log, verify and replay', async () => {
  using test = open()
  const { store } = test
  store.notes.put({ id: 'a', text: '1' })
  store.live.set('k', { offset: 0, text: 'x' })
  await sleep(20)
  expect(store.log.head()).toBe(1)
  expect(store.verify().problems).toEqual([])
  expect(() => store.live.set('', { offset: 0, text: 'x' })).toThrow(/key/)
  expect(() => store.live.set('k', { offset: -1, text: 'x' })).toThrow(/offset/)
  const reader = test.open({ mode: 'read' })
  expect(() => reader.live.set('k', { offset: 0, text: 'x' })).toThrow(/open for reading/)
})

test('a text belongs to the stream before its last #, whatever other streams begin so', async () => {
  using test = open()
  const { store } = test
  store.live.set('chat.thread/A#x#m1', { offset: 0, text: 'of A#x' })
  store.live.set('chat.thread/A#m1', { offset: 0, text: 'of A' })
  await sleep(20)
  for (const [stream, text] of [
    ['chat.thread/A', 'of A'],
    ['chat.thread/A#x', 'of A#x'],
    ['chat.thread/A#m1', 'of A'],
  ]) {
    const follower = store.follow({ live: true, stream: stream ?? '' })
    const seen = await take(follower, ({ kind }) => kind === 'live')
    expect(seen.slice(1)).toMatchObject([{ text }])
    await follower.return?.()
  }
})

test('closing the store or aborting ends a follower', async () => {
  using test = open()
  const abort = new AbortController()
  const aborted = test.store.follow({ live: true, signal: abort.signal })
  await take(aborted, isSynchronized)
  const waiting = aborted.next()
  abort.abort()
  expect((await waiting).done).toBe(true)
  const closed = test.store.follow({ live: true })
  await take(closed, isSynchronized)
  const last = closed.next()
  test.store.close()
  expect((await last).done).toBe(true)
})
