/** What importers do with what is said twice, of nothing, or beside the payload. */
import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { chooseDriver } from '../../kernel/driver/choose.ts'
import { createTestStore, type TestStore } from '../../testing/index.ts'
import { threads } from './index.ts'

const AT = '2026-03-01T10:00:00.000Z'
const MODULES = { threads }
let folder: string
let opened: TestStore<typeof MODULES>

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-threads-'))
  opened = createTestStore(MODULES)
})
afterEach(() => {
  expect(opened.store.verify().problems).toEqual([])
  opened.close()
  rmSync(folder, { recursive: true })
})

type Row = readonly [type: string, payload: object, columns?: Readonly<Record<string, string>>]

function t3File(rows: readonly Row[], name = 'state.sqlite'): string {
  const path = join(folder, name)
  const driver = chooseDriver().open(path)
  driver.exec(`CREATE TABLE IF NOT EXISTS orchestration_events (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL UNIQUE, stream_id TEXT NOT NULL,
    event_type TEXT NOT NULL, occurred_at TEXT NOT NULL, command_id TEXT, causation_event_id TEXT,
    correlation_id TEXT, actor_kind TEXT, payload_json TEXT NOT NULL, metadata_json TEXT)`)
  const insert = driver.prepare(`INSERT INTO orchestration_events (event_id, stream_id, event_type,
    occurred_at, command_id, causation_event_id, correlation_id, actor_kind, payload_json, metadata_json)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const { count } = (driver
    .prepare('SELECT count(*) AS count FROM orchestration_events')
    .all()[0] ?? {}) as { count: number }
  for (const [index, [type, payload, columns = {}]] of rows.entries()) {
    const { threadId, projectId } = payload as { threadId?: string; projectId?: string }
    const { command = null, causation = null, correlation = null, actor = null } = columns
    const causes = [command, causation, correlation, actor]
    const { metadata = null } = columns
    const id = `e${count + index}`
    insert.run([
      id,
      threadId ?? projectId ?? '',
      type,
      AT,
      ...causes,
      JSON.stringify(payload),
      metadata,
    ])
  }
  driver.close()
  return path
}

const project = (projectId: string, more: object = {}): Row => [
  'project.created',
  { projectId, title: projectId, workspaceRoot: '/shop', ...more },
]
const thread = (threadId: string, projectId = 'p'): Row => [
  'thread.created',
  { threadId, projectId, title: 'Login', model: 'gpt', runtimeMode: 'full-access' },
]
const said = (threadId: string, messageId: string, text = 'Hi'): Row => [
  'thread.message-sent',
  { threadId, messageId, role: 'user', text, turnId: null, streaming: false },
]
const activity = (threadId: string, id: string, kind = 'tool', payload: object = {}): Row => [
  'thread.activity-appended',
  {
    threadId,
    activity: { id, kind, tone: 'tool', summary: id, turnId: null, payload, createdAt: AT },
  },
]
const rejects = () =>
  opened.store.sql.all<{ reason: string }>('SELECT reason FROM rejects').map(({ reason }) => reason)

test('a request that is asked again is the first one, and keeps nothing from being taken over', () => {
  const { store } = opened
  const asked = (id: string) => activity('t', id, 'approval.requested', { requestId: 'r' })
  const answer: Row = [
    'thread.approval-response-requested',
    { threadId: 't', requestId: 'r', decision: 'decline' },
  ]
  const path = t3File([project('p'), thread('t'), asked('a'), answer, asked('b'), said('t', 'm')])
  expect(store.import([path])).toMatchObject({ quarantined: 0, rejected: 0 })
  expect(store.threads.detail('t')).toMatchObject({
    approvals: [{ id: 'r', status: 'rejected' }],
    messages: { items: [{ id: 'm' }] },
  })
  expect(store.threads.at('t', 4)?.approvals).toEqual(store.threads.detail('t')?.approvals)
})

test('an approval that the provider calls resolved is pending no more', () => {
  const { store } = opened
  const about = (kind: string, id: string, more: object = {}) =>
    activity('t', `${kind} ${id}`, `approval.${kind}`, { requestId: id, ...more })
  const said: Row = [
    'thread.approval-response-requested',
    { threadId: 't', requestId: 'said', decision: 'acceptForSession' },
  ]
  const path = t3File([
    project('p'),
    thread('t'),
    ...['open', 'said', 'yes', 'gone'].map((id) => about('requested', id)),
    said,
    about('resolved', 'said'),
    about('resolved', 'yes', { decision: 'accept' }),
    about('resolved', 'gone'),
  ])
  store.import([path])
  const { approvals = [] } = store.threads.detail('t') ?? {}
  expect(Object.fromEntries(approvals.map(({ id, status }) => [id, status]))).toEqual({
    open: 'pending',
    said: 'approved-for-session',
    yes: 'approved',
    gone: 'cancelled',
  })
})

test('what stands beside a payload is the event’s metadata', () => {
  const { store } = opened
  const columns = {
    command: 'c1',
    causation: 'e0',
    correlation: 'c1',
    actor: 'client',
    metadata: '{"providerTurnId":"x"}',
  }
  store.import([t3File([[...project('p'), columns] as unknown as Row, thread('t')])])
  const [first, second] = store.log.read()
  expect(first?.metadata).toMatchObject({
    eventId: 'e0',
    commandId: 'c1',
    causationId: 'e0',
    correlationId: 'c1',
    actor: 'client',
    providerTurnId: 'x',
  })
  expect(second?.metadata).toMatchObject({ eventId: 'e1' })
})

test('two projects of one folder are two, a later default model counts, and commands give a path once', () => {
  const { store } = opened
  const meta: Row = [
    'project.meta-updated',
    { projectId: 'q', defaultModelSelection: { provider: 'codex', model: 'newer' } },
  ]
  const path = t3File([project('p'), project('q'), meta, thread('t', 'q')])
  expect(store.import([path])).toMatchObject({ quarantined: 0, rejected: 0 })
  expect(store.threads.projects()).toMatchObject([
    { id: 'p', path: '/shop', defaultModel: null },
    { id: 'q', path: '/shop', defaultModel: 'newer' },
  ])
  expect(store.threads.list({ projectId: 'q' }).items).toHaveLength(1)
  const create = { type: 'project.create', name: 'Mine', path: '/shop' } as const
  expect(store.threads.dispatch(create)).toMatchObject({ reason: 'already-exists' })
})

test('a database is known by its first bytes, whatever it is called', () => {
  const { store } = opened
  const path = t3File([project('p')], 'state')
  renameSync(path, join(folder, 'state'))
  const [report] = store.import([folder]).sources
  expect(report?.target).toBe('threads:orchestration-events')
  expect(store.threads.projects()).toHaveLength(1)
})

test('who is deleted takes everything along, and what is said of it later is kept as a reject', () => {
  const { store } = opened
  const session: Row = [
    'thread.session-set',
    { threadId: 's', session: { status: 'ready', providerName: 'codex' } },
  ]
  const path = t3File([
    project('p'),
    thread('s'),
    thread('t'),
    session,
    activity('s', 'a'),
    activity('t', 'b'),
    ['thread.deleted', { threadId: 's' }],
    session,
    ['project.deleted', { projectId: 'p' }],
    said('t', 'late'),
    thread('t'),
    said('never', 'm'),
  ])
  store.import([path])
  expect(rejects().sort()).toEqual([
    "there is no thread 'never'",
    "there is no thread 's'",
    "there is no thread 't'",
    "thread 't' exists, or did",
  ])
  for (const table of ['thread', 'message', 'activity', 'session', 'turn']) {
    expect(store.sql.all(`SELECT * FROM threads_${table}`)).toEqual([])
  }
  for (const [stream, type] of [
    ['activity/a', 'activity.removed'],
    ['activity/b', 'activity.removed'],
    ['session/s', 'session.removed'],
    ['thread/t', 'thread.deleted'],
  ]) {
    expect(store.log.readStream(`threads.${stream}`).at(-1)?.type).toBe(`threads.${type}`)
  }
  expect(store.threads.dispatch({ type: 'turn.start', threadId: 't', input: 'x' })).toMatchObject({
    reason: 'not-found',
  })
})

test('a revert of another tool ends the activities that it takes away', () => {
  const { store } = opened
  const running: Row = [
    'thread.session-set',
    { threadId: 't', session: { status: 'running', providerName: 'codex', activeTurnId: 'u' } },
  ]
  const reverted: Row = ['thread.reverted', { threadId: 't', turnCount: 0 }]
  store.import([t3File([project('p'), thread('t'), running, activity('t', 'a'), reverted])])
  expect(store.log.readStream('threads.activity/a').at(-1)?.type).toBe('threads.activity.removed')
})

test('a revert of another tool counts checkpoints, which not every turn has', () => {
  const { store } = opened
  const session = (status: string, activeTurnId: string | null): Row => [
    'thread.session-set',
    { threadId: 't', session: { status, providerName: 'codex', activeTurnId } },
  ]
  const diff = (turnId: string, checkpointTurnCount: number): Row => [
    'thread.turn-diff-completed',
    { threadId: 't', turnId, checkpointTurnCount, checkpointRef: turnId, status: 'ready' },
  ]
  const turn = (id: string, ...more: Row[]) => [
    session('running', id),
    session('ready', null),
    ...more,
  ]
  const revert = (turnCount: number): Row => ['thread.reverted', { threadId: 't', turnCount }]
  const rows = [
    ...[project('p'), thread('t')],
    // Its program ended before a checkpoint was made.
    ...turn('u1'),
    ...turn('u2', diff('u2', 1)),
    ...turn('u3', diff('u3', 2)),
    ...[activity('t', 'a'), revert(1), ...turn('u4', diff('u4', 2)), diff('seam', 3)],
  ]
  store.import([t3File(rows)])
  const seen = () => {
    const { turns = [], checkpoints = [], thread } = store.threads.detail('t') ?? {}
    return {
      turns: turns.map(({ id, number }) => [id, number]),
      checkpoints: checkpoints.map(({ turnId, turnNumber }) => [turnId, turnNumber]),
      status: thread?.status,
    }
  }
  expect(seen()).toEqual({
    turns: [
      ['u1', 1],
      ['u2', 2],
      ['u4', 3],
      ['seam', 4],
    ],
    checkpoints: [
      ['u2', 2],
      ['u4', 3],
      ['seam', 4],
    ],
    status: 'idle',
  })
  store.threads.execute({ type: 'checkpoint.restore', checkpointId: 'u4.checkpoint' })
  expect(seen().turns).toHaveLength(3)
  store.import([t3File([revert(0)])])
  expect(seen()).toEqual({ turns: [], checkpoints: [], status: 'idle' })
})

test('what a message of another tool carries along is kept beside it', () => {
  const { store } = opened
  const attachments = [{ type: 'image', id: 'i1', name: 'a.png' }]
  const [type, payload] = said('t', 'm')
  const rows: Row[] = [
    ...[project('p'), thread('t'), said('t', 'n')],
    [type, { ...payload, attachments }, { metadata: '{"adapterKey":"x"}' }],
  ]
  store.import([t3File(rows)])
  const metadata = store.threads.history('t').map((event) => event.metadata)
  expect(metadata.at(-1)).toMatchObject({ adapterKey: 'x', attachments })
  expect(metadata.at(-2)).not.toHaveProperty('attachments')
})

test.each([
  ['the first releases', { provider: 'claudeAgent', model: 'opus' }],
  [
    'later ones, which name an instance of a provider',
    { instanceId: 'claudeAgent', model: 'opus' },
  ],
])('whose model a thread has is known as %s say it', (_, modelSelection) => {
  const { store } = opened
  const created = { threadId: 't', projectId: 'p', title: 'Login', modelSelection }
  const session = { status: 'ready', providerName: null, providerInstanceId: 'claudeAgent' }
  const rows: Row[] = [
    ...[project('p', { defaultModelSelection: modelSelection })],
    ['thread.created', created],
    ['thread.session-set', { threadId: 't', session }],
  ]
  const path = t3File(rows)
  store.import([path])
  expect(store.threads.projects()).toMatchObject([{ defaultModel: 'opus' }])
  expect(store.threads.detail('t')).toMatchObject({
    thread: { provider: 'claudeAgent', model: 'opus' },
    session: { provider: 'claudeAgent' },
  })
  t3File([
    [
      'thread.meta-updated',
      { threadId: 't', modelSelection: { instanceId: 'codex', model: 'gpt' } },
    ],
    ['thread.meta-updated', { threadId: 't', title: 'Logout' }],
  ])
  store.import([path])
  const thread = { title: 'Logout', provider: 'codex', model: 'gpt' }
  expect(store.threads.get('t')).toMatchObject(thread)
  expect(store.threads.at('t', 9)?.thread).toEqual(store.threads.get('t'))
})
