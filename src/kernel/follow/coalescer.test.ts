import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { type CoalesceOptions, Coalescer, defineModule, event, type Store } from '../../index.ts'
import { createTestStore } from '../../testing/index.ts'

interface Grown {
  readonly id: string
  readonly offset: number
  readonly text: string
  readonly isLast: boolean
}

const chat = defineModule({
  name: 'chat',
  version: 1,
  events: { 'chat.message.grown': event<Grown>() },
  migrations: [
    {
      id: '0001-initial',
      sql: 'CREATE TABLE chat_message (id TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT',
    },
  ],
  project: {
    'chat.message.grown': (tx, { data }) =>
      void tx.run(
        `INSERT INTO chat_message VALUES (:id, :text)
         ON CONFLICT (id) DO UPDATE SET text = substr(text, 1, :offset) || :text`,
        { id: data.id, text: data.text, offset: data.offset },
      ),
  },
  api: () => undefined,
})

const STREAM = 'chat.thread/t1'
const open = () => createTestStore({ chat })
const coalesce = (store: Store, options: Partial<CoalesceOptions> = {}) =>
  new Coalescer(store, STREAM, {
    event: ({ key, ...part }) => ({ type: 'chat.message.grown', data: { id: key, ...part } }),
    ...options,
  })
const textOf = (store: Store, id: string) =>
  store.sql.get<{ text: string }>('SELECT text FROM chat_message WHERE id = ?', [id])?.text
const parts = (store: Store) => store.log.readStream(STREAM).map(({ data }) => data as Grown)

afterEach(() => vi.useRealTimers())

test('an answer of three thousand deltas is a few events, without a gap', () => {
  using test = open()
  const { store } = test
  const coalescer = coalesce(store)
  const deltas = Array.from({ length: 3000 }, (_, n) => `${n} `.slice(0, 3 + (n % 2)))
  for (const delta of deltas) coalescer.add('m1', delta)
  coalescer.end('m1')
  expect(textOf(store, 'm1')).toBe(deltas.join(''))
  expect(parts(store).map(({ isLast }) => isLast)).toEqual([false, true])
  expect(store.verify().problems).toEqual([])
})

test('a character whose halves come in two deltas is never cut, and half of one spoils nothing', () => {
  using test = open()
  const { store } = test
  const coalescer = coalesce(store, { maxLength: 4 })
  for (const delta of ['abc\ud83d', '\ude00d', 'e\ud83d', 'f', 'gh', '\ud83d'])
    coalescer.add('m1', delta)
  coalescer.flush()
  expect(textOf(store, 'm1')).toBe('abc\u{1f600}de\ufffdfgh')
  coalescer.end('m1')
  expect(textOf(store, 'm1')).toBe('abc\u{1f600}de\ufffdfgh\ufffd')
  coalescer.replace('m2', 'ab\ud83d')
  coalescer.replace('m2', 'ab\ud83d\ude00')
  coalescer.replace('m2', 'cd\ud83d')
  coalescer.add('m3', '\ud83d')
  coalescer.endAll(() => undefined)
  expect([textOf(store, 'm2'), textOf(store, 'm3')]).toEqual(['cd\ufffd', '\ufffd'])
  let length = 0
  for (const { id, offset, text } of parts(store)) {
    if (id === 'm1') expect(offset).toBe(length)
    if (id === 'm1') length += text.length
  }
})

test('a slow text becomes durable by time, and texts do not hurry each other', () => {
  vi.useFakeTimers()
  using test = open()
  const { store } = test
  const coalescer = coalesce(store, { maxMs: 80 })
  coalescer.add('m1', 'Hello')
  vi.advanceTimersByTime(50)
  coalescer.add('m2', 'Bye')
  vi.advanceTimersByTime(55)
  expect(parts(store).map(({ id }) => id)).toEqual(['m1'])
  vi.advanceTimersByTime(80)
  expect(parts(store).map(({ id }) => id)).toEqual(['m1', 'm2'])
  coalescer.add('m1', ', world')
  coalescer.close()
  expect(textOf(store, 'm1')).toBe('Hello, world')
  expect(parts(store).at(-1)).toEqual({ id: 'm1', offset: 5, text: ', world', isLast: false })
})

test('what was shown of a text whose writer has ended becomes durable, and the text goes on', async () => {
  using test = open()
  const writer = coalesce(test.store)
  writer.add('m1', 'Hello')
  writer.flush()
  for (const [offset, text] of [
    [5, ', w'],
    [8, 'orld'],
  ] as const) {
    test.store.live.set(`${STREAM}#m1`, { offset, text })
    await sleep(60)
  }
  const store = test.open()
  const next = coalesce(store)
  expect(next.recover('m1', 5)).toBe(', world')
  expect([next.recover('m1', 5), textOf(store, 'm1')]).toEqual(['', 'Hello, world'])
  expect(store.live.pieces(`${STREAM}#m1`)).toEqual([{ offset: 12, text: '' }])
  next.add('m1', '!')
  next.end('m1')
  expect(textOf(store, 'm1')).toBe('Hello, world!')
  expect(parts(store).map(({ offset }) => offset)).toEqual([0, 5, 12])
})

test('of a text with a gap only what is before it is taken over, of one set anew nothing', async () => {
  using test = open()
  const { store } = test
  const show = async (key: string, offset: number, text: string) => {
    store.live.set(`${STREAM}#${key}`, { offset, text })
    await sleep(60)
  }
  await show('gap', 0, 'To be')
  await show('gap', 9, 'not')
  await show('anew', 6, 'draft')
  await show('anew', 0, 'another')
  await show('ended', 0, 'text')
  store.live.end(`${STREAM}#ended`)
  const next = coalesce(store)
  expect(next.recover('gap', 0)).toBe('To be')
  expect([next.recover('anew', 6), next.recover('ended', 0), next.recover('none', 0)]).toEqual(
    Array(3).fill(''),
  )
  expect(parts(store)).toHaveLength(1)
})

test('followers see a text grow, and lose nothing of it when a part becomes durable', async () => {
  using test = open()
  const { store } = test
  const follower = store.follow({ live: true, stream: STREAM })
  const coalescer = coalesce(store, { maxLength: 40 })
  const seen: string[] = []
  const writing = (async () => {
    // Until both have been seen, however seldom the follower has a turn.
    for (let n = 0; n < 60 || !(seen.includes('live') && seen.includes('event')); n++) {
      coalescer.add('m1', `word${n} `)
      await sleep(2)
    }
    coalescer.end('m1')
  })()
  let text = ''
  for await (const item of follower) {
    if (item.kind === 'synchronized') continue
    if (item.kind === 'live' && item.isEnd) break
    const { offset, text: more } = item.kind === 'event' ? (item.event.data as Grown) : item
    expect(offset).toBeLessThanOrEqual(text.length)
    text = text.slice(0, offset) + more
    seen.push(item.kind)
  }
  await writing
  expect(text).toBe(textOf(store, 'm1'))
})

test('a text that is set anew again and again is kept once, at its end', () => {
  using test = open()
  const { store } = test
  const coalescer = coalesce(store)
  const output = Array.from({ length: 2226 }, (_, n) => `line ${n} of the output\n`)
  let text = ''
  for (const line of output) {
    text += line
    coalescer.replace('tool', text.slice(-65_000))
  }
  coalescer.end('tool')
  expect(parts(store)).toEqual([{ id: 'tool', offset: 0, text: text.slice(-65_000), isLast: true }])
})

test('what fails in the background is thrown by the next call, and the text is not lost', async () => {
  using test = open()
  const { store } = test
  let isBroken = true
  const coalescer = coalesce(store, {
    maxMs: 20,
    event: ({ key, ...part }) => ({
      type: isBroken ? 'chat.message.unknown' : 'chat.message.grown',
      data: { id: key, ...part },
    }),
  })
  coalescer.add('m1', 'Hello')
  await sleep(40)
  isBroken = false
  expect(() => coalescer.add('m1', ' lost?')).toThrow(/chat.message.unknown/)
  coalescer.add('m1', ' world')
  coalescer.end('m1')
  expect(textOf(store, 'm1')).toBe('Hello world')
})

test('all texts end together with what is done then, or none does', () => {
  using test = open()
  const { store } = test
  const coalescer = coalesce(store)
  coalescer.add('m1', 'one')
  coalescer.add('m2', 'two')
  const fail = () => {
    throw new Error('no')
  }
  expect(() => coalescer.endAll(fail)).toThrow('no')
  expect(parts(store)).toEqual([])
  expect(coalescer.endAll(() => store.log.head())).toBe(2)
  expect(parts(store)).toMatchObject([
    { id: 'm1', text: 'one', isLast: true },
    { id: 'm2', text: 'two', isLast: true },
  ])
  coalescer.close()
  expect(parts(store)).toHaveLength(2)
})

test('a text whose event there is no place for goes, and what is shown of it', () => {
  using test = open()
  const { store } = test
  const coalescer = coalesce(store, { event: () => undefined, maxLength: 4 })
  coalescer.add('m1', 'too late')
  coalescer.add('m2', 'one')
  coalescer.close()
  expect(parts(store)).toEqual([])
  expect(store.sql.all(`SELECT data FROM live WHERE data NOT LIKE '%isEnd%'`)).toEqual([])
})
