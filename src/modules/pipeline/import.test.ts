import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createTestStore } from '../../testing/index.ts'
import { pipeline } from './index.ts'

const FIXTURES = join(import.meta.dirname, '../../../../shared/fixtures/shipwright')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-pipeline-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(files: Readonly<Record<string, unknown>>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  }
}

function imported(paths: readonly string[]) {
  const given = createTestStore({ pipeline })
  const report = given.store.import(paths)
  return { given, store: given.store, report }
}

test('every file of a home becomes events of this module, and a second import adds none', () => {
  write({
    'events.jsonl': '{"ts":"2026-03-02T08:30:00Z","ts_epoch":1772440200,"type":"daemon.started"}\n',
    'costs.json': { entries: [{ ts_epoch: 1772440200, cost_usd: 0.5, issue: '7' }], summary: {} },
    'budget.json': { daily_budget_usd: 50, enabled: true },
    'daemon-state.json': {
      pid: 1,
      active_jobs: [{ issue: 7, title: 'x' }],
      queued: ['8'],
      completed: [{ issue: 6, result: 'success', duration: '5m 30s' }],
    },
    'heartbeats/job-7.json': { issue: 7, last_activity: 'Thinking', updated_at: '2026-03-02' },
    'memory/abc/failures.json': { failures: [{ pattern: 'boom', stage: 'test', seen_count: 2 }] },
    'memory/abc/patterns.json': { project: { type: 'node' } },
    'memory/abc/metrics.json': { baselines: { test_duration_s: 42 } },
    'memory/abc/decisions.json': { decisions: [{ type: 'a', summary: 'b' }] },
    'memory/global.json': { common_patterns: [{ pattern: 'p' }], cross_repo_learnings: [] },
    'team-events.jsonl': '{"type":"pipeline.completed","from_developer":"ci","result":"success"}\n',
    'audit-log.jsonl': '{"ts":"2026-03-02T08:30:00.123Z","action":"login"}\n',
    'sessions.json': { sessions: [{ token: 'secret' }] },
  })
  const { given, store, report } = imported([folder])
  expect(report.sources.map(({ becomes, problem }) => [becomes, problem])).toEqual(
    report.sources.map(() => ['module', null]),
  )
  expect(report).toMatchObject({ stored: 14, rejected: 0, kept: 0, quarantined: 0 })
  expect(store.pipeline.daemon.jobs()).toMatchObject([{ issue: '7', title: 'x' }])
  expect(store.pipeline.daemon.queue()).toMatchObject([{ issue: '8' }])
  expect(store.pipeline.daemon.finished()).toMatchObject([{ issue: '6', durationMs: 330_000 }])
  expect(store.pipeline.costs.budget()).toEqual({ dailyUsd: 50, isEnabled: true })
  expect(store.pipeline.heartbeats.get('job-7')).toMatchObject({ activity: 'Thinking' })
  expect(store.pipeline.memory.failures('abc')).toMatchObject([{ pattern: 'boom', occurrences: 2 }])
  expect(store.pipeline.memory.patterns('abc')).toMatchObject([{ key: 'type', value: 'node' }])
  expect(store.pipeline.memory.metrics('abc')).toMatchObject([{ value: 42 }])
  expect(store.pipeline.memory.decisions('abc')).toMatchObject([{ kind: 'a', summary: 'b' }])
  expect(store.pipeline.memory.learnings('common_patterns')).toMatchObject([{ summary: 'p' }])
  expect(JSON.stringify(store.log.read())).not.toContain('secret')
  expect(store.import([folder])).toMatchObject({ stored: 0, rejected: 0 })
  expect(store.verify()).toMatchObject({ ok: true })
  given.close()
})

test('what a file says beyond its list is kept', () => {
  write({
    'budget.json': {},
    'costs.json': { entries: [], total_spent: 12.5, daily: [{ date: '2026-02-16', cost: 3.25 }] },
    'memory/abc/failures.json': { failures: [], schema: 3 },
    'memory/abc/decisions.json': { decisions: { oops: 1 } },
  })
  const { given, store } = imported([folder])
  const kept = store.log.read().filter(({ type }) => type === 'pipeline.record.file-saved')
  expect(kept.map(({ data }) => data)).toEqual([
    { total_spent: 12.5, daily: [{ date: '2026-02-16', cost: 3.25 }] },
    { decisions: { oops: 1 } },
    { schema: 3 },
  ])
  given.close()
})

test('elements that are none are rejected, the others stored', () => {
  write({
    'memory/abc/failures.json': { failures: ['text', { stage: 'test' }, { pattern: 'p' }] },
    'costs.json': { entries: [7, { cost_usd: 1 }] },
  })
  const { given, report } = imported([folder])
  expect(report).toMatchObject({ stored: 2, rejected: 3 })
  given.close()
})

test('failures that stand twice are one with their counts together', () => {
  write({
    'memory/abc/failures.json': {
      failures: [
        { pattern: 'p', seen_count: 2, last_seen: '2026-02-01', fix: 'old' },
        { pattern: 'p', seen_count: 3, last_seen: '2026-02-04', fix: 'new' },
      ],
    },
  })
  const { given, store } = imported([folder])
  expect(store.pipeline.memory.failures('abc')).toMatchObject([
    { occurrences: 5, fix: 'new', lastSeenAtMs: Date.parse('2026-02-04') },
  ])
  expect(store.log.read()[0]?.data).toMatchObject({ merged: [{ fix: 'new' }, { fix: 'old' }] })
  given.close()
})

test('a daemon that forgets its oldest jobs does not make the store forget them', () => {
  const job = (issue: number) => ({ issue, result: 'success', completed_at: '2026-02-01' })
  const state = { active_jobs: [{ issue: 3 }], queued: ['4', '5'] }
  write({ 'daemon-state.json': { ...state, completed: [job(1), job(2)] } })
  const { given, store } = imported([folder])
  write({ 'daemon-state.json': { active_jobs: [], queued: ['5'], completed: [job(2), job(3)] } })
  store.import([folder])
  expect(store.pipeline.daemon.finished().map(({ issue }) => issue)).toEqual(['3', '2', '1'])
  expect(store.pipeline.daemon.jobs()).toEqual([])
  expect(store.pipeline.daemon.queue().map(({ issue }) => issue)).toEqual(['5'])
  given.close()
})

test('logs and files of other tools are left to the general rule', () => {
  write({
    'events.jsonl': '{"time":1772440200,"type":"clicked"}\n',
    'costs.json': [{ id: 1, price: 3 }],
    'heartbeats.json': { a: 1 },
    'other/budget.json': { limit: 5 },
  })
  const { given, report } = imported([folder])
  expect(report.sources.map(({ becomes }) => becomes)).not.toContain('module')
  given.close()
})

test('names and common fields alone are not enough, even beside each other', () => {
  write({
    'costs.json': { entries: [{ label: 'rent', amount: 900 }] },
    'daemon-state.json': { queued: ['mail-1'], smtp: 'localhost' },
    'heartbeats/alice.json': { bpm: 72, updated_at: '2026-03-02' },
    'events.jsonl': '{"time":1772440200,"type":"clicked"}\n',
  })
  const { given, report } = imported([folder])
  expect(report.sources.map(({ becomes }) => becomes)).not.toContain('module')
  given.close()
})

test('a file that a module takes can be taken by the general rule instead', () => {
  write({
    'costs.json': { entries: [{ cost_usd: 1 }] },
    'events.jsonl': '{"ts_epoch":1,"type":"a"}\n',
  })
  const given = createTestStore({ pipeline })
  const { sources } = given.store.planImport([folder])
  expect(sources.map(({ becomes, override }) => [becomes, override])).toEqual([
    ['module', { 'costs.json': 'document' }],
    ['module', { 'events.jsonl': 'events' }],
  ])
  const as = Object.assign({}, ...sources.map(({ override }) => override))
  const report = given.store.import([folder], { as })
  expect(report.sources.map(({ becomes }) => becomes)).toEqual(['document', 'events'])
  given.close()
})

test('what stood in a file is stored as it stood there, and half of it replaces no whole', () => {
  const text =
    '{"pid":1,"daemon_id":12345678901234567890,"active_jobs":[],"updated_at":"2026-02-01T00:00:00Z"}'
  write({ 'daemon-state.json': text })
  const { given, store } = imported([folder])
  const daemon = () =>
    store.sql.all<{ data: string }>(
      `SELECT events.data FROM events JOIN event_types ON event_types.id = type_id
     WHERE name = 'pipeline.record.daemon-saved'`,
    )
  expect(daemon()).toEqual([{ data: text }])
  write({ 'daemon-state.json': text.slice(0, -30) })
  expect(store.import([folder])).toMatchObject({ stored: 0, rejected: 2 })
  expect(daemon()).toEqual([{ data: text }])
  given.close()
})

test('of two copies of a state the one that says to be later is stored, whichever comes first', () => {
  const text = (minute: number) =>
    `{"issue":7,"last_activity":"${minute}","updated_at":"2026-02-01T00:0${minute}:00Z"}`
  write({
    'a/heartbeats/job.json': text(1),
    'b/heartbeats/job.json': text(3),
    'c/heartbeats/job.json': text(2),
  })
  const { given, store, report } = imported([folder])
  expect(report).toMatchObject({ stored: 2, kept: 1 })
  const [reject] = store.sql.all<{ reason: string }>('SELECT reason FROM rejects')
  expect(reject?.reason).toContain(join('b', 'heartbeats', 'job.json'))
  given.close()
})

test('events of other machines make no runs here', () => {
  write({
    'team-events.jsonl':
      '{"ts_epoch":1771283400,"type":"pipeline.started","issue":42,"from_developer":"a"}\n',
  })
  const { given, store } = imported([folder])
  expect(store.pipeline.runs.list()).toEqual([])
  expect(store.pipeline.events({ types: ['pipeline.started'] })).toHaveLength(1)
  given.close()
})

test('texts that no column can hold are stored, and their tables can be proven', () => {
  write({
    'events.jsonl': ['stage.started', 'stage.failed', 'Odd \\ud83d', '\\u0000']
      .map((type) => `{"ts_epoch":1,"type":"${type}","issue":"\\ude00\\u0000","stage":"\\ud83d"}`)
      .join('\n'),
  })
  const { given, store, report } = imported([folder])
  expect(report).toMatchObject({ stored: 4, rejected: 0, quarantined: 0 })
  expect(store.verify()).toMatchObject({ ok: true })
  given.close()
})

describe.skipIf(!existsSync(FIXTURES))('real files (kept outside of the project)', () => {
  const real = (...names: string[]) => imported(names.map((name) => join(FIXTURES, name)))

  test.each([
    ['ci-branch/events-ci-241lines.jsonl', { stored: 165, salvaged: 15, rejected: 1 }],
    ['ci-branch/events-ci-74lines.jsonl', { stored: 58, salvaged: 3, rejected: 1 }],
  ])('%s', (name, counts) => {
    const { given, store, report } = real(name)
    expect(report).toMatchObject(counts)
    expect(store.verify()).toMatchObject({ ok: true })
    given.close()
  })

  test('runs of the longer log: five have a result, and their durations are known', () => {
    const { given, store } = real('ci-branch/events-ci-241lines.jsonl')
    const ended = store.pipeline.runs.list().filter(({ result }) => result !== null)
    const durations = ended.map(({ durationMs }) => durationMs).sort()
    expect(durations).toEqual([36_000, 37_000, 39_000, 39_000, 40_000])
    expect(ended.every(({ startedAtMs, status }) => startedAtMs && status === 'succeeded')).toBe(
      true,
    )
    given.close()
  })

  test('three copies that went apart give the union of their events', () => {
    const { given, report } = real('ci-parallel-small')
    expect(report.stored).toBe(79)
    given.close()
  })

  test('a repeated key: the first is the type of the event', () => {
    const { given, store, report } = real('as-produced/events.jsonl')
    expect(report).toMatchObject({ stored: 15, rejected: 0 })
    const [first] = store.pipeline.events({ types: ['memory.pattern'] })
    expect(first?.data).toMatchObject({ type: 'memory.pattern', 'type#2': 'project' })
    given.close()
  })

  test('costs that stand in the log and in the file are counted once', () => {
    const { given, store } = real('as-produced/events.jsonl', 'as-produced/costs.json')
    expect(store.pipeline.costs.total()).toMatchObject({ entries: 2, costUsdMicros: 2_310_000 })
    expect(store.pipeline.costs.list().map(({ issue }) => issue)).toEqual(['42', '42'])
    given.close()
  })

  test('all of them together can be proven and made anew', () => {
    const { given, store, report } = real('.')
    expect(report.sources.filter(({ problem }) => problem !== null)).toEqual([])
    expect(report.quarantined).toBe(0)
    expect(store.verify()).toMatchObject({ ok: true })
    store.rebuild('pipeline')
    expect(store.verify()).toMatchObject({ ok: true })
    expect(store.import([FIXTURES])).toMatchObject({ stored: 0 })
    given.close()
  })
})
