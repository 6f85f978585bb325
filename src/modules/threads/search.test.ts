import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Store } from '../../index.ts'
import { createTestStore, type TestStore } from '../../testing/index.ts'
import type { Command } from './commands.ts'
import { threads } from './index.ts'

const MODULES = { threads }
let opened: TestStore<typeof MODULES>
let store: Store<typeof MODULES>
const run = (command: Command) => store.threads.execute(command).id
const find = (query: string) => store.threads.search(query).hits.map(({ messageId }) => messageId)

beforeEach(() => {
  opened = createTestStore(MODULES)
  store = opened.store
  run({ type: 'project.create', projectId: 'p', name: 'Shop', path: '/shop' })
  for (const threadId of ['t', 's']) {
    run({ type: 'thread.create', threadId, projectId: 'p', provider: 'claude', model: 'm' })
  }
})
afterEach(() => {
  expect(store.verify().problems).toEqual([])
  opened.close()
})

function say(messageId: string, text: string, threadId = 't'): void {
  const content = { kind: 'text', text } as const
  run({ type: 'message.append', threadId, messageId, role: 'user', content })
}

test('words are found whatever their case and accents, the last one by its beginning', () => {
  say('a', 'Add a Login to the café')
  say('b', 'Log out again')
  expect(find('login')).toEqual(['a'])
  expect(find('CAFE')).toEqual(['a'])
  expect(find('log').sort()).toEqual(['a', 'b'])
  expect(find('log out')).toEqual(['b'])
  expect(find('"; DROP')).toEqual([])
  expect(find('*')).toEqual([])
  expect(store.threads.search('café').hits[0]?.excerpt).toContain('café')
})

test('what streams in is found with what it says now, and what is gone is not found', () => {
  say('a', 'first half')
  expect(find('second')).toEqual([])
  run({ type: 'message.extend', messageId: 'a', delta: ' second half' })
  expect(find('second')).toEqual(['a'])
  say('b', 'second elsewhere', 's')
  expect(store.threads.search('second', { threadId: 's' }).hits).toHaveLength(1)
  run({ type: 'thread.delete', threadId: 't' })
  expect(find('second')).toEqual(['b'])
  expect(store.sql.get('SELECT count(*) AS count FROM threads_search_document')).toEqual({
    count: 1,
  })
})

test('each call brings the index forward by at most 2,000 events, and says what it lacks', () => {
  store.write((tx) => {
    for (let place = 0; place < 4_500; place++) {
      const content = { kind: 'text', text: `word${place}` } as const
      const data = { id: `m${place}`, threadId: 't', turnId: null, role: 'user', content }
      tx.append('threads.thread/t', { type: 'threads.message.appended', data })
    }
  })
  const lags = [1, 2, 3].map(() => store.threads.search('word4499').lag)
  expect(lags).toEqual([2_500, 500, 0])
  expect(find('word4499')).toEqual(['m4499'])
})

test('a reader finds what others have indexed, and is told how much they have not', () => {
  say('a', 'indexed')
  expect(find('indexed')).toEqual(['a'])
  say('b', 'not indexed yet')
  const reader = opened.open({ mode: 'read' })
  const { hits, lag } = reader.threads.search('indexed')
  expect(hits.map(({ messageId }) => messageId)).toEqual(['a'])
  expect(lag).toBe(1)
})

test('a rebuild leaves the index as it is', () => {
  say('a', 'something')
  expect(find('something')).toEqual(['a'])
  store.rebuild('threads')
  expect(find('something')).toEqual(['a'])
})

test('words are found in either form of a letter, and inside a sentence that sets no spaces', () => {
  using opened = createTestStore({ threads })
  const { store } = opened
  const run = (command: Command) => store.threads.execute(command)
  run({ type: 'project.create', projectId: 'p', name: 'Shop', path: '/shop' })
  run({ type: 'thread.create', threadId: 't', projectId: 'p', provider: 'claude', model: 'm' })
  const say = (text: string) =>
    run({ type: 'message.append', threadId: 't', role: 'user', content: { kind: 'text', text } })
  say('Café au lait'.normalize('NFD'))
  say('今日は東京タワーに行きました')
  say('学校에서 학교에서 만나요')
  const found = (query: string) => store.threads.search(query).hits.map(({ excerpt }) => excerpt)
  for (const query of ['café', 'café'.normalize('NFD'), 'cafe']) {
    expect(found(query)).toEqual(['Café au lait'])
  }
  for (const query of ['東京', '東京タワー', 'タワー 今日', '京タ'])
    expect(found(query)).toHaveLength(1)
  expect(found('京東')).toEqual([])
  expect(found('학교 만나')).toHaveLength(1)
})

test('an id that was given again is found in its new thread alone', () => {
  using opened = createTestStore({ threads })
  const { store } = opened
  const run = (command: Command) => store.threads.execute(command)
  run({ type: 'project.create', projectId: 'p', name: 'Shop', path: '/shop' })
  for (const threadId of ['s', 't']) {
    run({ type: 'thread.create', threadId, projectId: 'p', provider: 'claude', model: 'm' })
    run({ type: 'turn.start', threadId, input: 'go' })
    const event = { kind: 'text-delta', delta: 'same words', messageId: 'm' } as const
    run({ type: 'provider.ingest', threadId, event })
    if (threadId === 't') break
    expect(store.threads.search('words', { threadId }).hits).toHaveLength(1)
    run({ type: 'turn.interrupt', threadId })
    run({ type: 'thread.revert', threadId, turnCount: 0 })
  }
  expect(store.threads.search('words', { threadId: 's' }).hits).toEqual([])
  expect(store.threads.search('words', { threadId: 't' }).hits).toHaveLength(1)
})
