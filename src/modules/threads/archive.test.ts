import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Store } from '../../index.ts'
import { createTestStore, type TestStore } from '../../testing/index.ts'
import type { Command } from './commands.ts'
import { threads } from './index.ts'

const MODULES = { threads }
let one: TestStore<typeof MODULES>
let other: TestStore<typeof MODULES>
let store: Store<typeof MODULES>
const run = (command: Command) => store.threads.execute(command).id

beforeEach(() => {
  one = createTestStore(MODULES)
  other = createTestStore(MODULES, { newId: () => 'never used' })
  store = one.store
  run({ type: 'project.create', projectId: 'p', name: 'Shop', path: '/shop' })
  run({ type: 'thread.create', threadId: 't', projectId: 'p', provider: 'claude', model: 'm' })
  run({ type: 'turn.start', threadId: 't', turnId: 'u', input: 'Add a login' })
  const put = {
    type: 'activity.put',
    threadId: 't',
    activityId: 'a',
    kind: 'tool',
    summary: 'ls',
  } as const
  run({ ...put, payload: 'half' })
  run({ ...put, payload: 'all of it' })
  run({ type: 'session.set', threadId: 't', status: 'running', activeTurnId: 'u' })
  const event = { kind: 'tool-result', callId: 'c', output: { lines: ['ü', '\u2028'] } } as const
  run({ type: 'provider.ingest', threadId: 't', event })
  run({ type: 'provider.ingest', threadId: 't', event: { kind: 'turn-complete' } })
  run({ type: 'checkpoint.create', threadId: 't', checkpointId: 'c', gitRef: 'abc' })
})
afterEach(() => {
  one.close()
  other.close()
})

test('a thread is the same in the store that took it over, and at every version of its history', () => {
  const lines = store.threads.exportThread('t')
  const imported = other.store.threads.importThread(lines)
  expect(imported).toMatchObject({ threadId: 't', projectId: 'p' })
  const { sequence: _, ...detail } = store.threads.detail('t') ?? { sequence: 0 }
  expect(other.store.threads.detail('t')).toMatchObject(detail)
  for (let version = 1; version <= store.log.streamVersion('threads.thread/t'); version++) {
    expect(other.store.threads.at('t', version)).toEqual(store.threads.at('t', version))
  }
  expect(other.store.verify().problems).toEqual([])
})

test('what a version says is what the tables said then', () => {
  const { thread, messages, turns, checkpoints } = store.threads.detail('t') ?? {}
  const at = store.threads.at('t', thread?.version ?? 0)
  expect(at).toMatchObject({ thread, turns, checkpoints, messages: messages?.items })
  expect(store.threads.at('t', 1)).toMatchObject({ thread: { turnCount: 0 }, messages: [] })
  expect(store.threads.at('t', 0)).toBeUndefined()
})

test('a thread is taken over once, and nothing of it when one id is used', () => {
  const lines = store.threads.exportThread('t')
  const collides = () => other.store.threads.importThread(lines)
  const mine = (command: Command) => other.store.threads.execute(command)
  mine({ type: 'project.create', projectId: 'q', name: 'Other', path: '/other' })
  mine({ type: 'thread.create', threadId: 's', projectId: 'q', provider: 'claude', model: 'm' })
  mine({ type: 'turn.start', threadId: 's', turnId: 'u', input: 'mine' })
  const head = other.store.log.head()
  expect(collides).toThrow(expect.objectContaining({ code: 'CONSTRAINT' }))
  expect(collides).toThrow('turn u')
  expect(other.store.log.head()).toBe(head)
})

test('a thread can be put into another project', () => {
  const lines = store.threads.exportThread('t')
  const into = () => other.store.threads.importThread(lines, { projectId: 'q' })
  expect(into).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
  other.store.threads.execute({
    type: 'project.create',
    projectId: 'q',
    name: 'Mine',
    path: '/mine',
  })
  expect(into().projectId).toBe('q')
  expect(other.store.threads.projects()).toHaveLength(1)
  expect(into()).toMatchObject({ projectId: 'q', stored: 0 })
})

test('an archive does not bring a deleted project back', () => {
  const lines = store.threads.exportThread('t')
  const mine = (command: Command) => other.store.threads.execute(command)
  mine({ type: 'project.create', projectId: 'p', name: 'Shop', path: '/old' })
  mine({ type: 'project.delete', projectId: 'p' })
  const take = () => other.store.threads.importThread(lines)
  expect(take).toThrow(
    expect.objectContaining({ code: 'CONSTRAINT', hint: expect.stringContaining('projectId') }),
  )
  mine({ type: 'project.create', projectId: 'q', name: 'Shop', path: '/new' })
  expect(other.store.threads.importThread(lines, { projectId: 'q' }).projectId).toBe('q')
})

test.each<readonly [string, (lines: string[]) => string[], string]>([
  [
    'a changed line',
    (lines) => lines.map((line) => line.replace('login', 'logout')),
    'was changed',
  ],
  ['a missing end', (lines) => lines.slice(0, -1), 'end is missing'],
  ['a missing line', (lines) => lines.toSpliced(2, 1), 'last line'],
  ['another format', ([, ...lines]) => ['{"format":"x"}', ...lines], 'not of format'],
  ['a line that is no JSON', (lines) => lines.toSpliced(1, 0, '{'), 'line 2 is no JSON'],
])('%s is found', (_, change, problem) => {
  const lines = change(store.threads.exportThread('t'))
  const take = () => other.store.threads.importThread(lines)
  expect(take).toThrow(problem)
  expect(take).toThrow(expect.objectContaining({ code: 'IMPORT_INVALID' }))
  expect(other.store.log.head()).toBe(0)
})

test('of an activity whose id another thread had, only what is of this one is carried', () => {
  const thread = { threadId: 's', projectId: 'p', provider: 'claude', model: 'm' } as const
  const put = { type: 'activity.put', activityId: 'x', kind: 'tool', summary: 'ls' } as const
  run({ type: 'thread.create', ...thread })
  run({ ...put, threadId: 's', payload: 'old' })
  run({ type: 'thread.delete', threadId: 's' })
  run({ ...put, threadId: 't', payload: 'new' })
  other.store.threads.importThread(store.threads.exportThread('t'))
  const { items } = other.store.threads.activities('t')
  expect(items.map(({ id, payload }) => [id, payload])).toEqual([
    ['a', 'all of it'],
    ['x', 'new'],
  ])
  expect(other.store.verify().problems).toEqual([])
})

test('a thread that is not there has no archive', () => {
  expect(() => store.threads.exportThread('x')).toThrow(
    expect.objectContaining({ code: 'NOT_FOUND' }),
  )
})
