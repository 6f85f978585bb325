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
