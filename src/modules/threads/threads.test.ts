import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Store } from '../../index.ts'
import { createTestStore, type TestStore } from '../../testing/index.ts'
import type { Command, ProviderEvent } from './commands.ts'
import { threads } from './index.ts'

const MODULES = { threads }
let opened: TestStore<typeof MODULES>
let store: Store<typeof MODULES>
const run = (command: Command) => store.threads.execute(command).id

beforeEach(() => {
  opened = createTestStore(MODULES)
  store = opened.store
  run({ type: 'project.create', projectId: 'p', name: 'Shop', path: '/shop' })
  run({ type: 'thread.create', threadId: 't', projectId: 'p', provider: 'claude', model: 'm' })
})
afterEach(() => {
  expect(store.verify().problems).toEqual([])
  opened.close()
})

function say(turnId: string, input: string, answer: string): void {
  run({ type: 'turn.start', threadId: 't', turnId, input })
  for (const delta of answer.split(' ')) {
    run({ type: 'provider.ingest', threadId: 't', event: { kind: 'text-delta', delta } })
  }
  run({ type: 'provider.ingest', threadId: 't', event: { kind: 'turn-complete' } })
}

test('a turn runs from its input over the answer to its end', () => {
  say('t1', 'Add a login', 'On it')
  const detail = store.threads.detail('t')
  expect(detail?.thread).toMatchObject({ status: 'idle', turnCount: 1, messageCount: 2 })
  expect(detail?.turns).toMatchObject([{ id: 't1', number: 1, status: 'completed' }])
  expect(detail?.messages.items.map(({ role, text }) => [role, text])).toEqual([
    ['user', 'Add a login'],
    ['assistant', 'Onit'],
  ])
  expect(detail?.sequence).toBe(store.log.head())
  expect(detail?.thread.version).toBe(store.log.streamVersion('threads.thread/t'))
})

test('a thread has one turn at a time, and a refusal appends nothing', () => {
  run({ type: 'turn.start', threadId: 't', input: 'one' })
  const head = store.log.head()
  const result = store.threads.dispatch({ type: 'turn.start', threadId: 't', input: 'two' })
  expect(result).toMatchObject({ accepted: false, reason: 'wrong-state' })
  expect(store.log.head()).toBe(head)
  run({ type: 'turn.interrupt', threadId: 't' })
  expect(store.threads.get('t')).toMatchObject({ status: 'idle' })
})

test('an approval holds the turn up until it is answered, once', () => {
  run({ type: 'turn.start', threadId: 't', input: 'deploy' })
  const event = { kind: 'awaiting-approval', approvalId: 'a', approvalKind: 'command', detail: 1 }
  run({ type: 'provider.ingest', threadId: 't', event: event as never })
  expect(store.threads.get('t')?.status).toBe('awaiting-approval')
  expect(store.threads.pendingApprovals()).toMatchObject([{ id: 'a', detail: 1 }])
  run({ type: 'approval.approve', approvalId: 'a' })
  expect(store.threads.get('t')?.status).toBe('running')
  const again = store.threads.dispatch({ type: 'approval.reject', approvalId: 'a' })
  expect(again).toMatchObject({ accepted: false, reason: 'wrong-state' })
  expect(store.threads.pendingApprovals()).toEqual([])
})

test('restoring a checkpoint takes later turns, messages and approvals away in one event', () => {
  say('t1', 'one', 'first')
  const files = [{ path: 'a.ts', additions: 3, deletions: 1 }]
  run({ type: 'checkpoint.create', threadId: 't', checkpointId: 'c', gitRef: 'abc', files })
  say('t2', 'two', 'second')
  run({ type: 'turn.start', threadId: 't', turnId: 't3', input: 'three' })
  const event = { kind: 'awaiting-approval', approvalId: 'a', approvalKind: 'x', detail: null }
  run({ type: 'provider.ingest', threadId: 't', event: event as never })
  const early = store.threads.dispatch({ type: 'checkpoint.restore', checkpointId: 'c' })
  expect(early).toMatchObject({ reason: 'wrong-state' })
  run({ type: 'turn.interrupt', threadId: 't' })
  const restored = store.threads.execute({ type: 'checkpoint.restore', checkpointId: 'c' })
  expect(restored.appended).toBe(1)
  const detail = store.threads.detail('t')
  expect(detail?.thread).toMatchObject({ status: 'idle', turnCount: 1, messageCount: 2 })
  expect(detail?.turns.map(({ id }) => id)).toEqual(['t1'])
  expect(detail?.messages.items.map(({ text }) => text)).toEqual(['one', 'first'])
  expect(detail?.approvals).toEqual([])
  expect(detail?.checkpoints).toMatchObject([{ id: 'c', additions: 3, deletions: 1, files }])
  run({ type: 'turn.start', threadId: 't', turnId: 't4', input: 'again' })
  expect(store.threads.detail('t')?.turns.at(-1)).toMatchObject({ id: 't4', number: 2 })
})

test('a fork is a thread of its own, which the end of its source leaves alone', () => {
  say('t1', 'one', 'first')
  run({ type: 'checkpoint.create', threadId: 't', checkpointId: 'c', gitRef: 'abc' })
  say('t2', 'two', 'second')
  run({ type: 'thread.fork', checkpointId: 'c', threadId: 'f', title: 'Other way' })
  run({ type: 'thread.delete', threadId: 't' })
  const detail = store.threads.detail('f')
  expect(detail?.thread).toMatchObject({ title: 'Other way', forkedFrom: 'c', turnCount: 1 })
  expect(detail?.messages.items.map(({ text }) => text)).toEqual(['one', 'first'])
  expect(detail?.checkpoints).toMatchObject([{ gitRef: 'abc', turnNumber: 1 }])
  expect(detail?.turns).toMatchObject([{ status: 'completed' }])
})

test('a project goes with its threads, and neither id is given again', () => {
  run({ type: 'thread.select', threadId: 't' })
  run({ type: 'project.delete', projectId: 'p' })
  expect(store.threads.projects()).toEqual([])
  expect(store.threads.list().items).toEqual([])
  expect(store.threads.selected()).toBe(null)
  const again: Command = { type: 'project.create', projectId: 'p', name: 'x', path: '/x' }
  expect(store.threads.dispatch(again)).toMatchObject({ reason: 'already-exists' })
})

test('a path is one project’s', () => {
  const other: Command = { type: 'project.create', name: 'x', path: '/shop' }
  expect(store.threads.dispatch(other)).toMatchObject({ reason: 'already-exists' })
})

test('the same command id gives the same answer, refusals included, in any handle', () => {
  const command: Command = { type: 'turn.start', threadId: 't', input: 'one' }
  const options = { commandId: 'c1', actor: 'ada' }
  const first = store.threads.dispatch(command, options)
  const head = store.log.head()
  expect(opened.open().threads.dispatch(command, options)).toEqual(first)
  const refused = store.threads.dispatch(command, { commandId: 'c2' })
  expect(refused).toMatchObject({ accepted: false })
  run({ type: 'turn.interrupt', threadId: 't' })
  expect(store.threads.dispatch(command, { commandId: 'c2' })).toEqual(refused)
  expect(store.log.head()).toBe(head + 2)
  const conflict = () => store.threads.dispatch({ ...command, input: 'two' }, { commandId: 'c1' })
  expect(conflict).toThrow(expect.objectContaining({ code: 'COMMAND_CONFLICT' }))
  expect(store.log.read({ after: head - 1 })[0]?.metadata).toEqual({
    actor: 'ada',
    commandId: 'c1',
    correlationId: 'c1',
    causationId: 'c1',
  })
})

test('a receipt is kept for a week, and only of a command that has an id', () => {
  const receipts = () => store.sql.all('SELECT key FROM receipts').length
  run({ type: 'turn.start', threadId: 't', input: 'one' })
  run({ type: 'turn.interrupt', threadId: 't' })
  expect(receipts()).toBe(0)
  const title = (n: number): Command => ({ type: 'thread.update', threadId: 't', title: `${n}` })
  for (let n = 0; n < 10; n++) store.threads.dispatch(title(n), { commandId: `c${n}` })
  expect(receipts()).toBe(10)
  opened.clock.advance(8 * 24 * 3_600_000)
  expect(store.threads.dispatch(title(99), { commandId: 'c1' })).toMatchObject({ appended: 1 })
  expect(receipts()).toBe(1)
})

test('an expected version that has passed is a conflict', () => {
  const version = store.threads.get('t')?.version ?? 0
  run({ type: 'thread.update', threadId: 't', title: 'Login' })
  const late = () =>
    store.threads.dispatch(
      { type: 'thread.update', threadId: 't', title: 'Log in' },
      { expectedVersion: version },
    )
  expect(late).toThrow(expect.objectContaining({ code: 'VERSION_CONFLICT' }))
})

test('a command that is none is refused with the place', () => {
  const wrong = { type: 'turn.start', threadId: 't', input: 5 } as never
  expect(() => store.threads.dispatch(wrong)).toThrow('input')
  expect(() => store.threads.dispatch({ type: 'turn.begin' } as never)).toThrow('type')
})

test('an activity keeps its place and only its newest state stays in the log', () => {
  const put = (activityId: string, payload: string) =>
    run({ type: 'activity.put', threadId: 't', activityId, kind: 'tool', summary: 'ls', payload })
  put('x', 'a')
  put('y', 'b')
  for (let update = 0; update < 20; update++) put('x', `output ${update}`)
  const { items } = store.threads.activities('t')
  expect(items.map(({ id, ordinal, payload }) => [id, ordinal, payload])).toEqual([
    ['x', 1, 'output 19'],
    ['y', 2, 'b'],
  ])
  expect(store.log.readStream('threads.activity/x')).toHaveLength(1)
})

test('pages of activities give each once, also where two have one ordinal', () => {
  for (const [id, ordinal] of [1, 2, 2, 2, 3].entries()) {
    const activityId = `a${id}`
    run({ type: 'activity.put', threadId: 't', activityId, kind: 'tool', summary: 'ls' })
    const [event] = store.log.readStream(`threads.activity/${activityId}`)
    const data = { ...(event?.data as object), ordinal }
    store.log.append(`threads.activity/${activityId}`, { type: String(event?.type), data })
  }
  const forwards: string[] = []
  for (let after = { ordinal: 0, id: '' }; ; ) {
    const { items, next } = store.threads.activities('t', { after, limit: 2 })
    forwards.push(...items.map(({ id }) => id))
    if (next === null) break
    after = next
  }
  expect(forwards).toEqual(['a0', 'a1', 'a2', 'a3', 'a4'])
  const backwards: string[] = []
  for (let page = store.threads.activities('t', { limit: 2 }); ; ) {
    backwards.unshift(...page.items.map(({ id }) => id))
    if (page.next === null) break
    page = store.threads.activities('t', { before: page.next, limit: 2 })
  }
  expect(backwards).toEqual(forwards)
})

test('a place that no page has given is refused', () => {
  const wrong = expect.objectContaining({ code: 'ARGUMENT_INVALID' })
  for (const place of [null, 'x', Number.NaN, {}, { ordinal: 1 }, { updatedAtMs: 'x', id: 'a' }]) {
    const after = place as never
    expect(() => store.threads.messages('t', { after })).toThrow(wrong)
    expect(() => store.threads.activities('t', { before: after })).toThrow(wrong)
    expect(() => store.threads.list({ after })).toThrow(wrong)
  }
})

test('settings, sessions, plans, branches and commits are what was said last', () => {
  run({ type: 'setting.change', key: 'theme', value: { dark: true } })
  run({ type: 'session.set', threadId: 't', status: 'ready' })
  run({ type: 'session.stop', threadId: 't' })
  run({ type: 'plan.put', threadId: 't', planId: 'plan', text: 'first' })
  run({ type: 'plan.put', threadId: 't', planId: 'plan', text: 'second', isImplemented: true })
  run({ type: 'branch.create', threadId: 't', name: 'login' })
  run({ type: 'branch.push', threadId: 't', name: 'login' })
  run({ type: 'changes.commit', threadId: 't', gitRef: 'abc', message: 'Add login' })
  expect(store.threads.settings()).toEqual({ theme: { dark: true } })
  expect(store.threads.setting('theme')).toEqual({ dark: true })
  const detail = store.threads.detail('t')
  expect(detail?.session).toMatchObject({ status: 'ready', provider: 'claude' })
  expect(detail?.plans).toMatchObject([{ text: 'second', isImplemented: true }])
  expect(detail?.branches).toMatchObject([{ name: 'login', remote: 'origin' }])
  expect(detail?.commits).toMatchObject([{ gitRef: 'abc', message: 'Add login' }])
  expect(detail?.thread.branch).toBe('login')
})

test('pages of threads go on where they ended, also after a rebuild and while threads change', () => {
  for (let place = 0; place < 9; place++) {
    if (place % 3 === 0) opened.clock.advance(1)
    const thread = { threadId: `n${place}`, projectId: 'p', provider: 'claude', model: 'm' }
    run({ type: 'thread.create', ...thread })
  }
  const first = store.threads.list({ projectId: 'p', limit: 4 })
  expect(first.items.map(({ id }) => id)).toEqual(['n6', 'n7', 'n8', 'n3'])
  store.rebuild('threads')
  opened.clock.advance(1)
  run({ type: 'thread.update', threadId: 'n0', title: 'moved to the top' })
  const rest: string[] = []
  for (let after = first.next; after; ) {
    const page = store.threads.list({ projectId: 'p', limit: 4, after })
    rest.push(...page.items.map(({ id }) => id))
    after = page.next
  }
  expect(rest).toEqual(['n4', 'n5', 'n1', 'n2', 't'])
})

test('messages are read forwards and backwards in windows', () => {
  for (let place = 1; place <= 7; place++) {
    const content = { kind: 'text', text: `${place}` } as const
    run({ type: 'message.append', threadId: 't', role: 'user', content })
  }
  const textsOf = (window: object) => {
    const { items, next } = store.threads.messages('t', window)
    return [items.map(({ text }) => text).join(''), next] as const
  }
  const [newest, before] = textsOf({ limit: 3 })
  expect(newest).toBe('567')
  store.rebuild('threads')
  const [older, older2] = textsOf({ limit: 3, before })
  expect(older).toBe('234')
  expect(textsOf({ limit: 3, before: older2 })).toEqual(['1', null])
  const [oldest, after] = textsOf({ limit: 4, after: 0 })
  expect(oldest).toBe('1234')
  expect(textsOf({ limit: 4, after })).toEqual(['567', null])
})

test('a deleted thread is told by its history for a month, and is then forgotten', () => {
  const history = () => store.threads.history('t').length
  run({ type: 'thread.create', threadId: 's', projectId: 'p', provider: 'claude', model: 'm' })
  run({ type: 'thread.delete', threadId: 't' })
  opened.clock.advance(29 * 24 * 3_600_000)
  store.prune()
  expect(history()).toBeGreaterThan(1)
  opened.clock.advance(2 * 24 * 3_600_000)
  run({ type: 'thread.update', threadId: 's', title: 'Another' })
  store.prune()
  expect(history()).toBe(0)
  expect(store.threads.history('s')).toHaveLength(2)
  expect(store.verify().problems).toEqual([])
  // Its id is not given again.
  const again = { type: 'thread.create', threadId: 't', projectId: 'p' } as const
  expect(store.threads.dispatch({ ...again, provider: 'claude', model: 'm' }).accepted).toBe(false)
})

test('an expected version is that of what the command is about, also where nothing changes', () => {
  const conflict = expect.objectContaining({ code: 'VERSION_CONFLICT', actual: 1 })
  const dispatch = (command: Command, expectedVersion: number) =>
    store.threads.dispatch(command, { expectedVersion })
  const same = {
    type: 'thread.set-runtime-mode',
    threadId: 't',
    runtimeMode: 'full-access',
  } as const
  expect(() => dispatch(same, 7)).toThrow(conflict)
  expect(dispatch(same, 1)).toMatchObject({ accepted: true, appended: 0, version: null })
  expect(() => dispatch({ type: 'project.delete', projectId: 'p' }, 2)).toThrow(conflict)
  run({ type: 'thread.update', threadId: 't', title: 'Moves only the thread' })
  expect(dispatch({ type: 'project.delete', projectId: 'p' }, 1)).toMatchObject({ version: 2 })
  const create = { type: 'project.create', name: 'Shop', path: '/shop' } as const
  expect(() => dispatch(create, 3)).toThrow(expect.objectContaining({ code: 'VERSION_CONFLICT' }))
  expect(dispatch(create, 0)).toMatchObject({ version: 1 })
})

test('only a text that more is to come of is streaming, and none is when its turn is over', () => {
  const content = { kind: 'text', text: 'note' } as const
  run({ type: 'message.append', threadId: 't', messageId: 'm', role: 'system', content })
  run({ type: 'message.extend', messageId: 'm', delta: ' more' })
  run({ type: 'turn.start', threadId: 't', input: 'go' })
  const ingest = (event: ProviderEvent) => run({ type: 'provider.ingest', threadId: 't', event })
  const streaming = () => {
    const { messages, thread } = store.threads.detail('t') ?? {}
    const folded = store.threads.at('t', thread?.version ?? 0)
    expect(folded?.messages).toEqual(messages?.items)
    return messages?.items.map(({ isStreaming }) => isStreaming)
  }
  ingest({ kind: 'text-delta', delta: 'On ' })
  expect(streaming()).toEqual([false, false, true])
  ingest({ kind: 'text-delta', delta: 'it' })
  expect(streaming()).toEqual([false, false, true])
  ingest({ kind: 'turn-complete' })
  run({ type: 'message.extend', messageId: 'm', delta: ' and more' })
  expect(streaming()).toEqual([false, false, false])
})

test('a fork has the plans of the turns that it copies', () => {
  say('t1', 'one', 'done')
  run({ type: 'plan.put', threadId: 't', turnId: 't1', text: '# Plan' })
  run({ type: 'checkpoint.create', threadId: 't', checkpointId: 'c', gitRef: 'abc' })
  say('t2', 'two', 'done')
  run({ type: 'plan.put', threadId: 't', turnId: 't2', text: '# Later' })
  run({ type: 'thread.fork', threadId: 'f', checkpointId: 'c' })
  const { plans, turns } = store.threads.detail('f') ?? {}
  expect(plans).toMatchObject([{ text: '# Plan', turnNumber: 1, turnId: turns?.[0]?.id }])
})

test('of long lists a detail has the newest part', () => {
  run({ type: 'thread.create', threadId: 'long', projectId: 'p', provider: 'claude', model: 'm' })
  store.write((tx) => {
    for (let n = 0; n < 1_002; n++) {
      const at = { occurredAtMs: 1_000 + n }
      const [commit, branch] = ['threads.changes.committed', 'threads.branch.created']
      const place = { threadId: 'long' }
      // Names that fall while time rises.
      const gitRef = String(5_000 - n)
      tx.append('threads.thread/long', [
        { ...at, type: commit, data: { ...place, gitRef, message: 'x' } },
        { ...at, type: branch, data: { ...place, name: gitRef, gitRef } },
      ])
    }
  })
  const { commits = [], branches = [] } = store.threads.detail('long') ?? {}
  expect([commits.length, commits[0]?.gitRef, commits.at(-1)?.gitRef]).toEqual([
    1_000,
    '4998',
    '3999',
  ])
  expect(branches.map(({ name }) => name)).toEqual(commits.map(({ gitRef }) => gitRef))
})

test('turns are read in pages, which a rebuild and a new turn leave where they were', () => {
  for (let n = 1; n <= 7; n++) say(`u${n}`, 'x', 'y')
  const numbers = (window?: { after?: number; before?: number; limit?: number }) => {
    const { items, next } = store.threads.turns('t', window)
    return [items.map(({ number }) => number), next]
  }
  expect(numbers({ limit: 3 })).toEqual([[5, 6, 7], 5])
  say('u8', 'x', 'y')
  store.rebuild('threads')
  expect(numbers({ limit: 3, before: 5 })).toEqual([[2, 3, 4], 2])
  expect(numbers({ limit: 3, before: 2 })).toEqual([[1], null])
  expect(numbers({ after: 6 })).toEqual([[7, 8], null])
  expect(store.threads.turns('nobody')).toEqual({ items: [], next: null })
})
