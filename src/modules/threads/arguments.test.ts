/** What programs without types give: refused with what it should have been, before anything is done. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Store } from '../../index.ts'
import { createTestStore, type TestStore } from '../../testing/index.ts'
import type { Command } from './commands.ts'
import { threads } from './index.ts'

const MODULES = { threads }
let opened: TestStore<typeof MODULES>
let store: Store<typeof MODULES>

beforeEach(() => {
  opened = createTestStore(MODULES)
  store = opened.store
  const project = { type: 'project.create', projectId: 'p', name: 'Shop', path: '/shop' } as const
  store.threads.execute(project)
  const thread = { threadId: 't', projectId: 'p', provider: 'claude', model: 'm' } as const
  store.threads.execute({ type: 'thread.create', ...thread })
  store.threads.execute({ type: 'turn.start', threadId: 't', input: 'Go' })
})
afterEach(() => opened.close())

const SETTING: Command = { type: 'setting.change', key: 'theme', value: 'dark' }

test.each([
  ['commandId', null],
  ['commandId', ''],
  ['commandId', 5],
  ['actor', {}],
  ['correlationId', null],
  ['causationId', 1],
  ['expectedVersion', '1'],
  ['expectedVersion', null],
  ['expectedVersion', -1],
])('a command with %s %j is not carried out, and leaves no receipt', (option, value) => {
  const head = store.log.head()
  const give = () => store.threads.dispatch(SETTING, { [option]: value } as object)
  expect(give).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
  expect(give).toThrow(`options: ${option}: `)
  expect(store.log.head()).toBe(head)
  expect(store.sql.get('SELECT count(*) AS count FROM receipts')).toEqual({ count: 0 })
})

const options = null as unknown as object
const text = 5 as unknown as string
const number = 'x' as unknown as number
const CALLS: readonly [string, (api: Store<typeof MODULES>['threads']) => unknown][] = [
  ['dispatch', (api) => api.dispatch(SETTING, options)],
  ['answer', (api) => api.answer('t', options)],
  ['answer: maxLength', (api) => api.answer('t', { maxLength: 0 })],
  ['answer: maxMs', (api) => api.answer('t', { maxMs: number })],
  ['list', (api) => api.list(options)],
  ['list: projectId', (api) => api.list({ projectId: text })],
  ['detail', (api) => api.detail('t', options)],
  ['messages', (api) => api.messages('t', options)],
  ['activities', (api) => api.activities('t', options)],
  ['search', (api) => api.search(text)],
  ['search: options', (api) => api.search('words', options)],
  ['search: threadId', (api) => api.search('words', { threadId: text })],
  ['history', (api) => api.history('t', options)],
  ['at', (api) => api.at('t', number)],
  ['at: options', (api) => api.at('t', 1, options)],
  ['discardImport', (api) => api.discardImport('t', options)],
  ['importThread', (api) => api.importThread([], options)],
]

test.each(CALLS)('%s says what it wants instead', (_, call) => {
  expect(() => call(store.threads)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
})
