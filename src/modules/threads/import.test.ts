import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { chooseDriver } from '../../kernel/driver/choose.ts'
import { createTestStore } from '../../testing/index.ts'
import { threads } from './index.ts'

const AT = '2026-03-01T10:00:00.000Z'
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-threads-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

type SeedRow = Readonly<Record<string, unknown>>

function seedFile(rows: readonly SeedRow[]): string {
  const path = join(folder, 'forge.db')
  const driver = chooseDriver().open(path)
  driver.exec(`CREATE TABLE IF NOT EXISTS events (sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    event_type TEXT NOT NULL, payload TEXT NOT NULL, stored_at TEXT NOT NULL)`)
  const insert = driver.prepare(
    'INSERT INTO events (event_type, payload, stored_at) VALUES (?, ?, ?)',
  )
  for (const row of rows) {
    insert.run([String(row['type']), JSON.stringify({ ...row, at: AT }), AT])
  }
  driver.close()
  return path
}

const SEED: readonly SeedRow[] = [
  { type: 'ProjectCreated', id: 'p', name: 'Shop', path: '/shop' },
  {
    type: 'ThreadCreated',
    id: 't',
    project_id: 'p',
    provider: 'Claude',
    model: 'm',
    runtime_mode: 'Supervised',
  },
  { type: 'ThreadStatusChanged', id: 't', status: 'Running' },
  { type: 'TurnStarted', id: 'u', thread_id: 't', input: 'hello' },
  { type: 'MessageAppended', id: 'm', turn_id: 'u', role: 'Assistant', content: { Text: 'Hi' } },
  { type: 'MessageChunkReceived', message_id: 'm', delta: ' there' },
  { type: 'TurnFailed', id: 'u', error: 'limit' },
  { type: 'ThreadStatusChanged', id: 't', status: { Error: 'limit' } },
  { type: 'CheckpointCreated', id: 'c', thread_id: 't', turn_id: 'u', git_ref: 'abc' },
  { type: 'TurnStarted', id: 'v', thread_id: 't', input: 'more' },
  { type: 'CheckpointRestored', id: 'c' },
  { type: 'TurnCompleted', id: 'nowhere' },
  { type: 'ThreadArchived', id: 't' },
]

test('the seed’s events table is known by its columns, and what it leaves unsaid is found', () => {
  using opened = createTestStore({ threads })
  const { store } = opened
  const path = seedFile(SEED)
  const [report] = store.import([path]).sources
  expect(report?.target).toBe('threads:events-table')
  const detail = store.threads.detail('t')
  expect(detail?.thread).toMatchObject({ status: 'idle', provider: 'claude', turnCount: 1 })
  expect(detail?.thread.createdAtMs).toBe(Date.parse(AT))
  expect(detail?.turns).toMatchObject([{ id: 'u', status: 'failed', error: 'limit' }])
  expect(detail?.messages.items).toMatchObject([{ id: 'm', text: 'Hi there' }])
  expect(store.sql.get(`SELECT count(*) AS count FROM rejects`)).toEqual({ count: 2 })
  expect(store.verify().problems).toEqual([])
  const head = store.log.head()
  seedFile([
    { type: 'ProjectRenamed', id: 'p', name: 'Store' },
    { type: 'ThreadDeleted', id: 't' },
  ])
  store.import([path])
  expect(store.log.head()).toBe(head + 2)
  expect(store.threads.projects()).toMatchObject([{ name: 'Store' }])
  expect(store.threads.get('t')).toBeUndefined()
})

test('the seed’s settings, of which it has no events, are taken over with them', () => {
  using opened = createTestStore({ threads })
  const { store } = opened
  const path = seedFile(SEED)
  const save = (key: string, value: string | null) => {
    const driver = chooseDriver().open(path)
    driver.exec('CREATE TABLE IF NOT EXISTS settings (key TEXT PRIMARY KEY, value TEXT)')
    driver.prepare('INSERT OR REPLACE INTO settings VALUES (?, ?)').run([key, value])
    driver.close()
  }
  save('theme', '"dark"')
  save('git', '{"auto_checkpoint":true}')
  save('broken', '{')
  save('', '1')
  store.import([path])
  expect(store.threads.settings()).toEqual({ theme: 'dark', git: { auto_checkpoint: true } })
  expect(store.sql.all(`SELECT reason FROM rejects ORDER BY id DESC LIMIT 2`)).toEqual([
    { reason: 'a setting without a key' },
    { reason: "the value of setting 'broken' is no JSON" },
  ])
  store.threads.execute({ type: 'setting.change', key: 'theme', value: 'light' })
  save('git', '{"auto_checkpoint":false}')
  store.import([path])
  expect(store.threads.settings()).toEqual({ theme: 'light', git: { auto_checkpoint: false } })
  expect(store.verify().problems).toEqual([])
})

function t3File(rows: readonly (readonly [string, SeedRow])[]): string {
  const path = join(folder, 'state.sqlite')
  const driver = chooseDriver().open(path)
  driver.exec(`CREATE TABLE orchestration_events (sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL UNIQUE, aggregate_kind TEXT, stream_id TEXT NOT NULL, stream_version INT,
    event_type TEXT NOT NULL, occurred_at TEXT NOT NULL, command_id TEXT, causation_event_id TEXT,
    correlation_id TEXT, actor_kind TEXT, payload_json TEXT NOT NULL, metadata_json TEXT)`)
  const insert = driver.prepare(`INSERT INTO orchestration_events
    (event_id, stream_id, event_type, occurred_at, payload_json) VALUES (?, ?, ?, ?, ?)`)
  for (const [index, [type, payload]] of rows.entries()) {
    insert.run([`e${index}`, String(payload['threadId'] ?? 'p'), type, AT, JSON.stringify(payload)])
  }
  driver.close()
  return path
}

const threadId = 't'
const session = (status: string, activeTurnId: string | null) =>
  [
    'thread.session-set',
    { threadId, session: { status, providerName: 'codex', activeTurnId, lastError: null } },
  ] as const
const sent = (
  messageId: string,
  role: string,
  text: string,
  turnId: string | null,
  streaming: boolean,
) => ['thread.message-sent', { threadId, messageId, role, text, turnId, streaming }] as const
const diff = (turnId: string, checkpointTurnCount: number) =>
  [
    'thread.turn-diff-completed',
    {
      threadId,
      turnId,
      checkpointTurnCount,
      checkpointRef: `ref${checkpointTurnCount}`,
      status: 'ready',
      files: [{ path: 'a', kind: 'modified', additions: 2, deletions: 1 }],
    },
  ] as const
const activity = (id: string, kind: string, turnId: string, payload: unknown) =>
  [
    'thread.activity-appended',
    { threadId, activity: { id, kind, tone: 'tool', summary: id, turnId, payload, createdAt: AT } },
  ] as const

test('T3 Code’s events become turns with a beginning, an end and a checkpoint', () => {
  using opened = createTestStore({ threads })
  const { store } = opened
  const path = t3File([
    ['project.created', { projectId: 'p', title: 'Shop', workspaceRoot: '/shop' }],
    [
      'thread.created',
      {
        threadId,
        projectId: 'p',
        title: 'Login',
        model: 'gpt',
        runtimeMode: 'approval-required',
        interactionMode: 'plan',
        branch: 'main',
        worktreePath: null,
      },
    ],
    sent('m1', 'user', 'Add a login', null, false),
    ['thread.turn-start-requested', { threadId, messageId: 'm1' }],
    session('running', 'u1'),
    sent('m2', 'assistant', 'On ', 'u1', true),
    sent('m2', 'assistant', 'it', 'u1', true),
    sent('m2', 'assistant', '', 'u1', false),
    activity('a1', 'approval.requested', 'u1', { requestId: 'r1' }),
    ['thread.approval-response-requested', { threadId, requestId: 'r1', decision: 'accept' }],
    activity('a2', 'tool.updated', 'u1', { output: 'x' }),
    activity('a2', 'tool.completed', 'u1', { output: 'xy' }),
    [
      'thread.proposed-plan-upserted',
      { threadId, proposedPlan: { id: 'plan', turnId: 'u1', planMarkdown: '# Plan' } },
    ],
    session('ready', null),
    diff('u1', 1),
    sent('m3', 'user', 'And a logout', null, false),
    session('running', 'u2'),
    sent('m4', 'assistant', 'Done', 'u2', false),
    session('interrupted', null),
    diff('u2', 2),
    ['thread.reverted', { threadId, turnCount: 1 }],
    ['thread.pinned', { threadId, pinOrder: 'a0' }],
    ['thread.archived', { threadId }],
    ['thread.teleported', { threadId }],
  ])
  const [report] = store.import([path]).sources
  expect(report?.target).toBe('threads:orchestration-events')
  const detail = store.threads.detail(threadId)
  expect(detail?.thread).toMatchObject({
    status: 'idle',
    turnCount: 1,
    runtimeMode: 'supervised',
    interactionMode: 'plan',
    branch: 'main',
  })
  expect(detail?.turns).toMatchObject([{ id: 'u1', input: 'Add a login', status: 'completed' }])
  expect(
    detail?.messages.items.map(({ id, text, isStreaming }) => [id, text, isStreaming]),
  ).toEqual([
    ['m1', 'Add a login', false],
    ['m2', 'On it', false],
  ])
  expect(detail?.approvals).toMatchObject([{ id: 'r1', status: 'approved' }])
  expect(detail?.activities.items).toMatchObject([
    { id: 'a1', ordinal: 1 },
    { id: 'a2', ordinal: 2, kind: 'tool.completed', payload: { output: 'xy' } },
  ])
  expect(detail?.plans).toMatchObject([{ text: '# Plan' }])
  expect(detail?.checkpoints).toMatchObject([{ gitRef: 'ref1', additions: 2 }])
  expect(store.sql.get(`SELECT reason FROM rejects`)).toEqual({
    reason: "unknown event type 'thread.teleported'",
  })
  const marks = store.threads.history(threadId).slice(-2)
  expect(marks.map(({ type, data }) => [type, data])).toEqual([
    ['threads.thread.pinned', { id: threadId, detail: { pinOrder: 'a0' } }],
    ['threads.thread.archived', { id: threadId, detail: {} }],
  ])
  expect(detail?.thread.version).toBe(marks[1]?.version)
  expect(store.verify().problems).toEqual([])
})
