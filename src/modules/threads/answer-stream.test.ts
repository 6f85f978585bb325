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

test('an answer that comes after the interruption is refused and leaves nothing', () => {
  const stream = store.threads.answer('t')
  stream.ingest({ kind: 'text-delta', delta: 'too late' })
  run({ type: 'turn.interrupt', threadId: 't' })
  expect(() => stream.close()).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
  expect(texts()).toEqual([['text', 'Go', false]])
  expect(() => store.threads.answer('t')).toThrow('is over')
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
