import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Store } from '../../index.ts'
import { createTestStore, type TestStore } from '../../testing/index.ts'
import type { Command } from './commands.ts'
import { threads } from './index.ts'

const MODULES = { threads }
let opened: TestStore<typeof MODULES>
let store: Store<typeof MODULES>
const run = (command: Command) => store.threads.execute(command).id
const texts = () =>
  store.threads.messages('t').items.map(({ kind, text, isStreaming }) => [kind, text, isStreaming])

const liveKeys = () =>
  store.sql.all(`SELECT key FROM live WHERE data NOT LIKE '%"isEnd":true%'`).map(({ key }) => key)

beforeEach(() => {
  opened = createTestStore(MODULES)
  store = opened.store
  run({ type: 'project.create', projectId: 'p', name: 'Shop', path: '/shop' })
  run({ type: 'thread.create', threadId: 't', projectId: 'p', provider: 'claude', model: 'm' })
  run({ type: 'turn.start', threadId: 't', turnId: 'u', input: 'Go' })
})
afterEach(() => {
  expect(store.verify().problems).toEqual([])
  const version = store.threads.get('t')?.version ?? 0
  const { thread, messages } = store.threads.detail('t') ?? {}
  if (thread) {
    expect(store.threads.at('t', version)).toMatchObject({ thread, messages: messages?.items })
  }
  opened.close()
})

test('an answer of 10,545 characters in 3,000 deltas becomes a few events with all of its text', () => {
  const answer = 'x'.repeat(10_545)
  const head = store.log.head()
  using stream = store.threads.answer('t')
  for (let at = 0; at < 3_000; at++) {
    const delta = answer.slice((at * 10_545) / 3_000, ((at + 1) * 10_545) / 3_000)
    stream.ingest({ kind: 'text-delta', delta })
  }
  expect(texts()[1]).toMatchObject(['text', expect.any(String), true])
  stream.ingest({ kind: 'turn-complete' })
  const message = store.threads.messages('t').items[1]
  expect(message?.text).toBe(answer)
  expect(message?.isStreaming).toBe(false)
  expect(store.log.head() - head).toBeLessThanOrEqual(25)
})

test('halves of a character come together, and one left alone keeps no turn from its end', () => {
  const stream = store.threads.answer('t', { maxLength: 4 })
  for (const delta of ['abc\ud83d', '\ude00 ok', ' \ud83d'])
    stream.ingest({ kind: 'text-delta', delta })
  stream.activity({ activityId: 'a', kind: 'tool', summary: 'ls', output: 'cut off: \ud83d' })
  stream.flush()
  stream.ingest({ kind: 'turn-complete' })
  stream.close()
  expect(texts()[1]).toEqual(['text', 'abc\u{1f600} ok \ufffd', false])
  const [activity] = store.threads.activities('t').items
  expect(activity?.payload).toEqual({ output: 'cut off: \ufffd' })
})

test('thoughts, text and tools keep their order', () => {
  using stream = store.threads.answer('t')
  stream.ingest({ kind: 'thinking-delta', delta: 'Hm' })
  stream.ingest({ kind: 'thinking-delta', delta: 'm' })
  stream.ingest({ kind: 'text-delta', delta: 'Let me ' })
  stream.ingest({ kind: 'text-delta', delta: 'look' })
  stream.ingest({ kind: 'tool-call', callId: 'c', name: 'ls', input: {} })
  stream.ingest({ kind: 'tool-result', callId: 'c', output: 'a.ts' })
  stream.ingest({ kind: 'text-delta', delta: 'Found' })
  stream.end()
  expect(texts()).toEqual([
    ['text', 'Go', false],
    ['thinking', 'Hmm', false],
    ['text', 'Let me look', false],
    ['tool-call', 'ls', false],
    ['tool-result', 'a.ts', false],
    ['text', 'Found', false],
  ])
})

test('what was shown before the interruption is kept, and nothing more is taken', () => {
  const stream = store.threads.answer('t', { maxLength: 5 })
  const activity = { activityId: 'a', kind: 'tool', summary: 'ls', output: 'a.ts' }
  stream.activity(activity)
  stream.ingest({ kind: 'text-delta', delta: 'half' })
  opened.open().threads.execute({ type: 'turn.interrupt', threadId: 't' })
  stream.ingest({ kind: 'text-delta', delta: ' of it' })
  const late = expect.objectContaining({ code: 'ARGUMENT_INVALID' })
  expect(() => stream.ingest({ kind: 'text-delta', delta: 'and more' })).toThrow(late)
  expect(() => stream.ingest({ kind: 'turn-complete' })).toThrow(late)
  stream.close()
  stream.close()
  expect(texts()).toEqual([
    ['text', 'Go', false],
    ['text', 'half of it', false],
  ])
  expect(store.threads.activities('t').items).toMatchObject([
    { id: 'a', payload: { output: 'a.ts' } },
  ])
  expect(store.threads.get('t')?.status).toBe('idle')
  expect(store.threads.detail('t')?.turns).toMatchObject([{ status: 'interrupted' }])
  expect(liveKeys()).toEqual([])
  expect(() => store.threads.answer('t')).toThrow('is over')
})

test.each<readonly [string, Command]>([
  ['thread', { type: 'thread.delete', threadId: 't' }],
  ['turn', { type: 'thread.revert', threadId: 't', turnCount: 0 }],
])('what was shown of a %s that is gone goes too', (_, command) => {
  const stream = store.threads.answer('t')
  stream.ingest({ kind: 'text-delta', delta: 'too late' })
  stream.activity({ activityId: 'a', kind: 'tool', summary: 'ls', output: 'a.ts' })
  run({ type: 'turn.interrupt', threadId: 't' })
  run(command)
  const head = store.log.head()
  stream.close()
  expect(store.log.head()).toBe(head)
  expect(liveKeys()).toEqual([])
})

test('the end of a turn ends a stream’s message and activities with it, or nothing ends', () => {
  const stream = store.threads.answer('t')
  stream.activity({ activityId: 'a', kind: 'tool', summary: 'ls', output: 'a.ts' })
  stream.ingest({ kind: 'text-delta', delta: 'Done' })
  const failing = { expectedVersion: 99 }
  expect(() => stream.ingest({ kind: 'turn-complete' }, failing)).toThrow('version 99')
  expect(store.threads.activities('t').items).toEqual([])
  stream.ingest({ kind: 'turn-complete' })
  stream.close()
  expect(store.threads.activities('t').items).toMatchObject([
    { id: 'a', turnId: 'u', payload: { output: 'a.ts' } },
  ])
  expect(texts()[1]).toEqual(['text', 'Done', false])
  expect(store.threads.history('t').at(-1)?.type).toBe('threads.thread.status-changed')
  expect(() => stream.activity({ activityId: 'b', kind: 'x', summary: 'x', output: '' })).toThrow(
    'is over',
  )
})

test('a stream whose turn is over does not end the one that came after it', () => {
  const stream = store.threads.answer('t')
  run({ type: 'turn.interrupt', threadId: 't' })
  run({ type: 'turn.start', threadId: 't', turnId: 'v', input: 'Again' })
  expect(() => stream.ingest({ kind: 'error', error: 'stopped' })).toThrow('is over')
  expect(store.threads.get('t')?.status).toBe('running')
})

test('a stream adds to a message of its own turn and kind only', () => {
  run({ type: 'thread.create', threadId: 's', projectId: 'p', provider: 'claude', model: 'm' })
  run({ type: 'turn.start', threadId: 's', turnId: 'v', input: 'Other' })
  const ingest = (threadId: string, messageId: string) => {
    const event = { kind: 'text-delta', delta: 'mine', messageId } as const
    run({ type: 'provider.ingest', threadId, event })
  }
  ingest('s', 'other')
  ingest('t', 'own')
  run({ type: 'activity.put', threadId: 's', activityId: 'a', kind: 'tool', summary: 'ls' })
  using stream = store.threads.answer('t')
  const delta = (messageId: string, kind: 'text-delta' | 'thinking-delta' = 'text-delta') =>
    stream.ingest({ kind, delta: ' too', messageId })
  const refused = expect.objectContaining({ code: 'ARGUMENT_INVALID' })
  expect(() => delta('other')).toThrow(refused)
  expect(() => delta('own', 'thinking-delta')).toThrow(refused)
  const activity = { activityId: 'a', kind: 'tool', summary: 'ls', output: 'mine' }
  expect(() => stream.activity(activity)).toThrow(refused)
  delta('own')
  // Taken by another thread before the first part of it is durable.
  delta('taken')
  ingest('s', 'taken')
  expect(() =>
    stream.ingest({ kind: 'tool-call', callId: 'c', name: 'ls', input: {} }),
  ).not.toThrow()
  expect(() => delta('next')).toThrow("message 'taken'")
  expect(store.threads.messages('s').items.map(({ text }) => text)).toEqual([
    'Other',
    'mine',
    'mine',
  ])
  expect(texts().map(([, text]) => text)).toEqual(['Go', 'mine too', 'ls'])
  store.log.append('threads.thread/t', {
    type: 'threads.message.chunk-received',
    data: { id: 'other', threadId: 't', delta: ' stolen' },
  })
  expect(store.threads.messages('s').items.at(1)?.text).toBe('mine')
})

test('a follower sees the text grow, and then the event that holds it, once', async () => {
  const reader = opened.open({ mode: 'read' })
  const seen: string[] = []
  const end = new AbortController()
  const { signal } = end
  const following = (async () => {
    for await (const item of reader.threads.followLive('t', { after: 0, signal })) {
      if (item.kind === 'event') seen.push(item.event.type)
      else if (item.kind === 'synchronized') seen.push('synchronized')
      else if (!item.isEnd) seen.push(item.text)
      if (seen.at(-1) === 'threads.turn.completed') end.abort()
    }
  })()
  using stream = store.threads.answer('t')
  stream.ingest({ kind: 'text-delta', delta: 'live' })
  await expect.poll(() => seen).toContain('live')
  stream.ingest({ kind: 'turn-complete' })
  await following
  expect(seen.indexOf('synchronized')).toBeLessThan(seen.indexOf('live'))
  expect(seen.filter((what) => what === 'threads.message.appended')).toHaveLength(2)
})

test('a tool call with 2,226 updates of a growing output is one state, shown live before', async () => {
  const reader = opened.open({ mode: 'read' })
  const shown: string[] = []
  const end = new AbortController()
  const following = (async () => {
    for await (const item of reader.threads.followLive('t', { signal: end.signal })) {
      if (item.kind !== 'live') continue
      expect(item.key).toBe('threads.thread/t#tool')
      if (item.isEnd) end.abort()
      else shown.push(item.text)
    }
  })()
  const head = store.log.head()
  const output = Array.from({ length: 2_226 }, (_, n) => `line ${n} of the tool's output\n`).join(
    '',
  )
  using answer = store.threads.answer('t')
  for (let n = 1; n <= 2_226; n++) {
    const part = output.slice(0, (output.length * n) / 2_226)
    answer.activity({ activityId: 'tool', kind: 'tool', summary: 'ls', output: part })
  }
  await expect.poll(() => shown.length).toBeGreaterThan(0)
  answer.endActivity('tool')
  await following
  const of = { id: 'tool', threadId: 't', turnId: 'u', turnNumber: 1, summary: 'ls', tone: 'info' }
  expect(store.threads.activities('t').items).toMatchObject([{ ...of, payload: { output } }])
  expect(store.log.head()).toBe(head + 1)
  answer.activity({ activityId: 'tool', kind: 'tool', summary: 'again', output: 'short' })
  answer.ingest({ kind: 'text-delta', delta: 'Done' })
  answer.close()
  expect(store.threads.activities('t').items).toMatchObject([
    { id: 'tool', ordinal: 1, summary: 'again', payload: { output: 'short' } },
  ])
  expect(store.log.readStream('threads.activity/tool')).toHaveLength(1)
})
