import { expect, test } from 'vitest'
import { assertReplayable, createTestStore } from '../../testing/index.ts'
import { EventStore, type OrchestrationEvent } from './compat.ts'
import type { ThreadsEventData } from './event-data.ts'
import {
  activityStream,
  EVENTS,
  importStream,
  projectStream,
  sessionStream,
  settingStream,
  threadStream,
} from './events.ts'
import { threads } from './index.ts'
import { PEON_PROFILE, PROFILES, T3_PROFILE } from './profiles.ts'

const threadId = 't'
const turnId = 'u'
const files = [{ path: 'a.ts', additions: 1, deletions: 0 }]
const text = { kind: 'text', text: 'hello' } as const

// In an order in which each finds what it speaks of. The compiler asks for every type.
const SAMPLES: { readonly [Type in keyof ThreadsEventData]: ThreadsEventData[Type] } = {
  'threads.project.created': { id: 'p', name: 'Shop', path: '/shop', defaultModel: null },
  'threads.project.renamed': { id: 'p', name: 'Store' },
  'threads.project.meta-updated': { id: 'p', path: '/store', defaultModel: 'm' },
  'threads.thread.created': {
    id: threadId,
    projectId: 'p',
    title: 'Login',
    provider: 'claude',
    model: 'm',
    runtimeMode: 'full-access',
    interactionMode: 'default',
    branch: null,
    worktreePath: null,
    forkedFrom: null,
  },
  'threads.thread.selected': { id: threadId },
  'threads.thread.meta-updated': { id: threadId, title: 'Log in', branch: 'login' },
  'threads.thread.runtime-mode-set': { id: threadId, runtimeMode: 'supervised' },
  'threads.thread.interaction-mode-set': { id: threadId, interactionMode: 'plan' },
  'threads.turn.start-requested': { threadId, messageId: null },
  'threads.turn.started': { id: turnId, threadId, input: 'hello' },
  'threads.thread.status-changed': { id: threadId, status: 'running', error: null },
  'threads.message.appended': { id: 'm', threadId, turnId, role: 'user', content: text },
  'threads.message.chunk-received': { id: 'm', threadId, delta: ' there' },
  'threads.message.sent': {
    id: 'n',
    threadId,
    turnId,
    role: 'assistant',
    text: 'Hi',
    isStreaming: true,
  },
  'threads.session.set': {
    threadId,
    status: 'running',
    provider: 'claude',
    activeTurnId: turnId,
    lastError: null,
  },
  'threads.activity.appended': {
    id: 'a',
    threadId,
    turnId,
    turnNumber: 1,
    ordinal: 1,
    kind: 'tool',
    tone: 'info',
    summary: 'ls',
    payload: { output: '' },
    createdAtMs: 1,
  },
  'threads.approval.requested': { id: 'r', threadId, turnId, kind: 'command', detail: null },
  'threads.approval.answered': { id: 'r', threadId, decision: 'approved' },
  'threads.user-input.answered': { id: 'q', threadId, answers: ['yes'] },
  'threads.plan.upserted': { id: 'plan', threadId, turnId, text: '# Plan', isImplemented: false },
  'threads.turn.interrupt-requested': { threadId, turnId },
  'threads.turn.interrupted': { id: turnId, threadId },
  'threads.turn.failed': { id: turnId, threadId, error: 'limit' },
  'threads.turn.completed': { id: turnId, threadId },
  'threads.turn.diff-completed': {
    threadId,
    turnId,
    turnNumber: 1,
    gitRef: 'abc',
    status: 'ready',
    files,
  },
  'threads.checkpoint.created': {
    id: 'c',
    threadId,
    turnId,
    gitRef: 'abc',
    status: 'ready',
    files,
  },
  'threads.checkpoint.revert-requested': { threadId, turnCount: 1 },
  'threads.checkpoint.restored': { id: 'c', threadId, turnNumber: 1 },
  'threads.thread.reverted': { id: threadId, turnCount: 1 },
  'threads.branch.created': { threadId, name: 'login', gitRef: null },
  'threads.branch.pushed': { threadId, name: 'login', remote: 'origin' },
  'threads.changes.committed': { threadId, gitRef: 'abc', message: 'Add login' },
  'threads.session.stop-requested': { threadId },
  'threads.thread.archived': { id: threadId, detail: {} },
  'threads.thread.unarchived': { id: threadId, detail: {} },
  'threads.thread.settled': { id: threadId, detail: {} },
  'threads.thread.unsettled': { id: threadId, detail: {} },
  'threads.thread.snoozed': { id: threadId, detail: {} },
  'threads.thread.unsnoozed': { id: threadId, detail: {} },
  'threads.thread.pinned': { id: threadId, detail: {} },
  'threads.thread.unpinned': { id: threadId, detail: {} },
  'threads.thread.pin-reordered': { id: threadId, detail: {} },
  'threads.setting.changed': { key: 'theme', value: 'dark' },
  'threads.import.advanced': {
    threadId,
    projectId: 'p',
    archive: 'sha256',
    logId: 'log',
    events: 9,
    done: 5,
    stream: 'threads.thread/t',
    version: 5,
    beganAtMs: 1,
  },
  'threads.import.removed': { threadId },
  'threads.thread.deleted': { id: threadId, isGradual: true },
  'threads.activity.removed': { id: 'a', threadId },
  'threads.thread.swept': { id: threadId, position: 9, isLast: true },
  'threads.session.removed': { threadId },
  'threads.project.deleted': { id: 'p' },
}

function streamOf(type: string): string {
  if (type.startsWith('threads.project.')) return projectStream('p')
  if (type === 'threads.session.set') return sessionStream(threadId)
  if (type === 'threads.session.removed') return sessionStream(threadId)
  if (type.startsWith('threads.activity.')) return activityStream('a')
  if (type.startsWith('threads.import.')) return importStream(threadId)
  return type === 'threads.setting.changed' ? settingStream('theme') : threadStream(threadId)
}

const HISTORY = Object.entries(SAMPLES).map(([type, data]) => ({
  stream: streamOf(type),
  type,
  data,
}))

test('every registered type is stored under its own name, with the data that was given', () => {
  using opened = createTestStore({ threads })
  const { store } = opened
  for (const { stream, ...event } of HISTORY) store.log.append(stream, event)
  const stored = store.log.read().map(({ type, data }) => [type, data])
  expect(stored).toEqual(HISTORY.map(({ type, data }) => [type, data]))
  const names = store.sql
    .all<{ name: string }>(`SELECT name FROM event_types WHERE name GLOB 'threads.*'`)
    .map(({ name }) => name)
  expect(names.sort()).toEqual(Object.keys(EVENTS).sort())
  expect(store.verify().problems).toEqual([])
})

test('a replay of every type gives the same tables', () => {
  assertReplayable(threads, HISTORY)
})

test('the profiles name 17 and 29 types, each another one, all of them registered', () => {
  expect(Object.keys(PEON_PROFILE)).toHaveLength(17)
  expect(Object.keys(T3_PROFILE)).toHaveLength(29)
  for (const profile of Object.values(PROFILES)) {
    const types = Object.values(profile)
    expect(new Set(types).size).toBe(types.length)
    expect(types.filter((type) => !Object.hasOwn(EVENTS, type))).toEqual([])
  }
})

const at = '2026-01-01T00:00:00.000Z'
const SEED: readonly OrchestrationEvent[] = [
  { type: 'ProjectCreated', id: 'p', name: 'Shop', path: '/shop', at },
  { type: 'ProjectRenamed', id: 'p', name: 'Store', at },
  {
    type: 'ThreadCreated',
    id: 't',
    project_id: 'p',
    title: 'Login',
    provider: 'Claude',
    model: 'm',
    runtime_mode: 'FullAccess',
    at,
  },
  { type: 'ThreadSelected', id: 't', at },
  { type: 'TurnStarted', id: 'u', thread_id: 't', input: 'hello', at },
  { type: 'ThreadStatusChanged', id: 't', status: { Error: 'limit' }, at },
  {
    type: 'MessageAppended',
    id: 'm',
    turn_id: 'u',
    role: 'Assistant',
    content: { Text: 'Hi' },
    at,
  },
  { type: 'MessageChunkReceived', message_id: 'm', delta: '!', at },
  { type: 'TurnFailed', id: 'u', error: 'limit', at },
  { type: 'TurnInterrupted', id: 'u', at },
  { type: 'TurnCompleted', id: 'u', at },
  { type: 'CheckpointCreated', id: 'c', thread_id: 't', turn_id: 'u', git_ref: 'abc', at },
  { type: 'CheckpointRestored', id: 'c', at },
  { type: 'BranchCreated', thread_id: 't', name: 'login', git_ref: null, at },
  { type: 'ChangesCommitted', thread_id: 't', git_ref: 'abc', message: 'Add login', at },
  { type: 'ThreadDeleted', id: 't', at },
  { type: 'ProjectDeleted', id: 'p', at },
]

test('the seed’s event store takes all 17 variants and gives them back as they were', () => {
  using opened = createTestStore({ threads })
  const events = new EventStore(opened.store)
  expect(events.replayAll()).toEqual([])
  expect(new Set(SEED.map(({ type }) => type)).size).toBe(17)
  const stored = events.appendAll(SEED)
  expect(stored.map(({ sequence }) => sequence)).toEqual(SEED.map((_, index) => index + 1))
  expect(events.replayAll()).toEqual(stored)
  expect(events.replayAll().map(({ event }) => event)).toEqual(SEED)
  expect(events.replayFrom(15).map(({ sequence }) => sequence)).toEqual([16, 17])
})

test('a batch with one event that refers to nothing appends none of them', () => {
  using opened = createTestStore({ threads })
  const events = new EventStore(opened.store)
  const batch: OrchestrationEvent[] = [...SEED.slice(0, 2), { type: 'TurnCompleted', id: 'x', at }]
  expect(() => events.appendAll(batch)).toThrow("there is no turn 'x'")
  expect(events.replayAll()).toEqual([])
})

test.each<readonly [string, OrchestrationEvent]>([
  ["there is no thread 'x'", { type: 'TurnStarted', id: 'v', thread_id: 'x', input: 'hello', at }],
  ["there is no project 'x'", { ...SEED[2], type: 'ThreadCreated', id: 'v', project_id: 'x', at }],
  ["thread 't' exists, or did", { ...SEED[2], type: 'ThreadCreated', at }],
  ["there is no project 'x'", { type: 'ProjectRenamed', id: 'x', name: 'X', at }],
  ['it is no object', null as unknown as OrchestrationEvent],
])('an event that refers to nothing is refused: %s', (problem, event) => {
  using opened = createTestStore({ threads })
  const events = new EventStore(opened.store)
  events.appendAll(SEED.slice(0, 3))
  const append = () => events.appendAll([event])
  expect(append).toThrow(problem)
  expect(append).toThrow(expect.objectContaining({ code: 'EVENT_INVALID' }))
  expect(opened.store.log.head()).toBe(3)
  const { threads: api } = opened.store
  expect(
    api.dispatch({ type: 'turn.start', threadId: 't', turnId: 'v', input: 'x' }).accepted,
  ).toBe(true)
})

test('a project that goes takes its threads along, and what they have in other streams', () => {
  using opened = createTestStore({ threads })
  const { store } = opened
  const events = new EventStore(store)
  events.appendAll(SEED.slice(0, 5))
  const put = { type: 'activity.put', threadId: 't', kind: 'tool', summary: 'ls' } as const
  store.threads.execute({ ...put, activityId: 'a' })
  store.threads.execute({ type: 'session.set', threadId: 't', status: 'ready' })
  events.appendAll([{ type: 'ProjectDeleted', id: 'p', at }])
  for (const table of ['project', 'thread', 'turn', 'activity', 'session']) {
    expect(store.sql.all(`SELECT * FROM threads_${table}`)).toEqual([])
  }
  expect(store.log.readStream('threads.activity/a').at(-1)?.type).toBe('threads.activity.removed')
  expect(store.log.readStream('threads.thread/t').at(-1)?.type).toBe('threads.thread.deleted')
  expect(store.threads.at('t', store.log.streamVersion('threads.thread/t'))).toBeUndefined()
  expect(store.verify().problems).toEqual([])
})

test('a project’s deletion alone takes its threads from the tables', () => {
  using opened = createTestStore({ threads })
  const { store } = opened
  new EventStore(store).appendAll(SEED.slice(0, 8))
  store.log.append('threads.project/p', { type: 'threads.project.deleted', data: { id: 'p' } })
  for (const table of ['project', 'thread', 'turn', 'message']) {
    expect(store.sql.all(`SELECT * FROM threads_${table}`)).toEqual([])
  }
})

test('an event says when it was stored, also after the clock was put back', () => {
  using opened = createTestStore({ threads })
  const events = new EventStore(opened.store)
  const first = events.appendAll(SEED.slice(0, 1))
  opened.clock.advance(-5_000)
  const second = events.appendAll(SEED.slice(1, 2))
  expect(events.replayAll()).toEqual([...first, ...second])
})
