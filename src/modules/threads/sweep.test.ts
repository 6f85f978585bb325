import { afterEach, beforeEach, expect, test } from 'vitest'
import type { NewEvent, Store } from '../../index.ts'
import {
  assertPrunable,
  assertReplayable,
  createTestStore,
  type TestStore,
} from '../../testing/index.ts'
import type { Command } from './commands.ts'
import { threads } from './index.ts'

const MODULES = { threads }
const DAY_MS = 24 * 3_600_000
const MANY = 5_200

let opened: TestStore<typeof MODULES>
let store: Store<typeof MODULES>
const run = (command: Command) => store.threads.execute(command)

beforeEach(() => {
  opened = createTestStore(MODULES)
  store = opened.store
  run({ type: 'project.create', projectId: 'p', name: 'Shop', path: '/shop' })
})
afterEach(() => {
  expect(store.verify().problems).toEqual([])
  opened.close()
})

const message = (id: string, threadId: string): NewEvent => ({
  type: 'threads.message.appended',
  data: { id, threadId, turnId: null, role: 'user', content: { kind: 'text', text: `word ${id}` } },
})

function makeThread(threadId: string, messages: number, activities = 30): void {
  run({ type: 'thread.create', threadId, projectId: 'p', provider: 'claude', model: 'm' })
  run({ type: 'session.set', threadId, status: 'ready' })
  run({ type: 'plan.put', threadId, planId: `${threadId}-plan`, text: 'plan' })
  store.write((tx) => {
    const names = Array.from({ length: messages }, (_, n) => `${threadId}-m${n}`)
    tx.append(
      `threads.thread/${threadId}`,
      names.map((id) => message(id, threadId)),
    )
  })
  for (let n = 0; n < activities; n++) {
    run({
      type: 'activity.put',
      threadId,
      activityId: `${threadId}-a${n}`,
      kind: 'tool',
      summary: 'ls',
    })
  }
}

const TABLES = ['thread', 'turn', 'message', 'activity', 'session', 'plan', 'leaving', 'import']
const rowsOf = (threadId: string) =>
  TABLES.flatMap((table) => {
    const column = table === 'thread' ? 'id' : 'thread_id'
    return store.sql.all(`SELECT 1 FROM threads_${table} WHERE ${column} = ?`, [threadId])
  }).length
const swept = (threadId: string) =>
  store.log
    .readStream(`threads.thread/${threadId}`, { limit: 100_000 })
    .filter(({ type }) => type === 'threads.thread.swept')

/** A thread whose deletion stopped after its first transaction. */
function leaveHalf(threadId: string, messages = 1_200): void {
  makeThread(threadId, messages)
  const data = { id: threadId, isGradual: true }
  store.log.append(`threads.thread/${threadId}`, { type: 'threads.thread.deleted', data })
  store.log.append(`threads.session/${threadId}`, {
    type: 'threads.session.removed',
    data: { threadId },
  })
}

test('a large thread goes by pieces, a small one at once, and nothing of either is left', () => {
  makeThread('large', MANY)
  makeThread('small', 40)
  run({ type: 'thread.delete', threadId: 'large' })
  run({ type: 'thread.delete', threadId: 'small' })
  expect([rowsOf('large'), rowsOf('small')]).toEqual([0, 0])
  const pieces = swept('large').map(({ data }) => data as { position: number; isLast?: boolean })
  expect(pieces.length).toBeGreaterThan(MANY / 500)
  expect(pieces.map(({ isLast }) => isLast ?? false)).toEqual(
    pieces.map((_, at) => at === pieces.length - 1),
  )
  expect(swept('small')).toEqual([])
  for (const id of ['large-a0', 'large-a29', 'small-a0']) {
    const types = store.log.readStream(`threads.activity/${id}`).map(({ type }) => type)
    expect(types.at(-1)).toBe('threads.activity.removed')
  }
  store.rebuild('threads')
  expect(rowsOf('large')).toBe(0)
  expect(store.threads.at('large', store.log.streamVersion('threads.thread/large'))).toBeUndefined()
  opened.clock.advance(31 * DAY_MS)
  run({ type: 'setting.change', key: 'theme', value: 'dark' })
  store.prune()
  expect(store.log.readStream('threads.thread/large')).toEqual([])
  expect(store.log.readStream('threads.activity/large-a0')).toEqual([])
})

test('a project that is large takes its threads along by pieces', () => {
  makeThread('one', MANY / 2)
  makeThread('two', MANY / 2 + 10)
  run({ type: 'project.delete', projectId: 'p' })
  expect([rowsOf('one'), rowsOf('two'), store.threads.projects()]).toEqual([0, 0, []])
  expect(swept('one').length).toBeGreaterThan(0)
})

test('inside a write of the caller’s a large thread goes at once, or not at all', () => {
  makeThread('t', MANY)
  expect(() =>
    store.write(() => {
      run({ type: 'thread.delete', threadId: 't' })
      throw new Error('no')
    }),
  ).toThrow('no')
  expect(store.threads.get('t')?.messageCount).toBe(MANY)
  store.write(() => run({ type: 'thread.delete', threadId: 't' }))
  expect([rowsOf('t'), swept('t')]).toEqual([0, []])
})

test('a thread that is half deleted is gone for every reader', () => {
  makeThread('stays', 3)
  store.threads.search('word')
  leaveHalf('t')
  while (store.threads.search('word').lag > 0);
  expect(store.threads.get('t')).toBeUndefined()
  expect(store.threads.detail('t')).toBeUndefined()
  expect(store.threads.list().items.map(({ id }) => id)).toEqual(['stays'])
  expect(store.threads.messages('t').items).toEqual([])
  expect(store.threads.activities('t').items).toEqual([])
  const found = store.threads.search('word').hits.map(({ threadId }) => threadId)
  expect(found).toEqual(['stays', 'stays', 'stays'])
  expect(store.threads.at('t', 1_300)).toBeUndefined()
  expect(store.threads.dispatch({ type: 'thread.select', threadId: 't' })).toMatchObject({
    reason: 'not-found',
  })
  expect(store.verify().problems).toEqual([])
  store.rebuild('threads')
  expect(store.threads.unfinishedDeletions()).toMatchObject([{ threadId: 't' }])
  store.threads.finishDeletions()
  expect([rowsOf('t'), store.threads.unfinishedDeletions()]).toEqual([0, []])
  while (store.threads.search('word').lag > 0);
  expect(store.sql.all('SELECT id FROM threads_search_document')).toHaveLength(3)
})

test('ids of what is left are held back, and free once it has gone; no receipt says otherwise', () => {
  makeThread('stays', 0, 0)
  leaveHalf('t')
  const content = { kind: 'text', text: 'mine' } as const
  const commands: Command[] = [
    { type: 'message.append', threadId: 'stays', messageId: 't-m9', role: 'user', content },
    { type: 'activity.put', threadId: 'stays', activityId: 't-a9', kind: 'tool', summary: 'ls' },
  ]
  const dispatched = () =>
    commands.map((command, at) => store.threads.dispatch(command, { commandId: `c${at}` }))
  const extend = { type: 'message.extend', messageId: 't-m8', delta: '!' } as const
  for (const result of [...dispatched(), store.threads.dispatch(extend)]) {
    expect(result).toMatchObject({ reason: 'held-back', message: expect.stringContaining("'t'") })
  }
  store.threads.finishDeletions()
  for (const result of dispatched()) expect(result.accepted).toBe(true)
  expect(store.threads.dispatch(extend)).toMatchObject({ reason: 'not-found' })
  expect(rowsOf('t')).toBe(0)
  store.rebuild('threads')
  expect(store.threads.messages('stays').items.map(({ text }) => text)).toEqual(['mine'])
  expect(store.threads.activities('stays').items.map(({ id }) => id)).toEqual(['t-a9'])
})

test('doctor, the next start, the next deletion and the same command go on with it', () => {
  const command = { type: 'thread.delete', threadId: 't4' } as const
  leaveHalf('t1')
  const [finding] = store.examine()
  expect(finding).toMatchObject({ kind: 'thread-half-deleted', severity: 'note' })
  finding?.repair?.run()
  expect([rowsOf('t1'), store.examine()]).toEqual([0, []])
  leaveHalf('t2')
  expect(store.threads.recover()).toEqual([])
  expect(rowsOf('t2')).toBe(0)
  leaveHalf('t3')
  makeThread('t4', MANY)
  store.threads.execute(command, { commandId: 'c' })
  expect([rowsOf('t3'), rowsOf('t4')]).toEqual([0, 0])
  leaveHalf('t5')
  store.threads.execute(command, { commandId: 'c' })
  expect(rowsOf('t5')).toBe(0)
})

test('a half imported thread that is large is given up by pieces', () => {
  makeThread('t', MANY)
  const state = { threadId: 't', projectId: 'p', archive: 'x', logId: 'l', events: 9_000, done: 1 }
  const data = { ...state, stream: 'threads.thread/t', version: 1, beganAtMs: 1 }
  store.log.append('threads.import/t', { type: 'threads.import.advanced', data })
  store.threads.discardImport('t')
  expect(rowsOf('t')).toBe(0)
  expect(swept('t').length).toBeGreaterThan(1)
})

test('a replay between pieces, in which ids are given again, gives the same tables', () => {
  const thread = (id: string) => ({
    stream: `threads.thread/${id}`,
    type: 'threads.thread.created',
    data: {
      ...{ id, projectId: 'p', title: 'T', provider: 'c', model: 'm', runtimeMode: 'full-access' },
      ...{ interactionMode: 'default', branch: null, worktreePath: null, forkedFrom: null },
    },
  })
  const said = (id: string, threadId: string) => ({
    stream: `threads.thread/${threadId}`,
    ...message(id, threadId),
  })
  const done = (threadId: string, payload: number) => ({
    stream: 'threads.activity/x',
    type: 'threads.activity.appended',
    data: {
      ...{ id: 'x', threadId, turnId: null, turnNumber: 0, ordinal: 1, kind: 'tool' },
      ...{ tone: 'info', summary: 's', payload, createdAtMs: 1 },
    },
  })
  const own = (type: string, data: object) => ({ stream: 'threads.thread/a', type, data })
  const history = [
    ...[thread('a'), thread('b'), said('m1', 'a'), said('m2', 'a'), said('m3', 'a')],
    ...[done('a', 1), done('a', 2)],
    own('threads.thread.deleted', { id: 'a', isGradual: true }),
    {
      stream: 'threads.activity/x',
      type: 'threads.activity.removed',
      data: { id: 'x', threadId: 'a' },
    },
    ...[done('b', 3), done('b', 4)],
    own('threads.thread.swept', { id: 'a', position: 2 }),
    said('m1', 'b'),
    own('threads.thread.swept', { id: 'a', position: 4, isLast: true }),
    ...[said('m2', 'b'), said('m3', 'b')],
  ]
  for (let end = 8; end <= history.length; end++) assertReplayable(threads, history.slice(0, end))
  assertPrunable(threads, [history])
})

test('a thread is large by all that its messages hold', () => {
  makeThread('t', 0, 0)
  const output = { all: 'x'.repeat(1024 * 1024) }
  for (let n = 0; n < 17; n++) {
    const content = { kind: 'tool-result', callId: 'c', output, isError: false } as const
    run({ type: 'message.append', threadId: 't', role: 'tool', content })
  }
  run({ type: 'thread.delete', threadId: 't' })
  expect([rowsOf('t'), swept('t').length > 4]).toEqual([0, true])
})
