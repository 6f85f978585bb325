import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTestStore, type TestStore } from '../../testing/index.ts'
import { pipelineCompat } from './compat.ts'
import { pipeline } from './index.ts'

let given: TestStore<{ pipeline: typeof pipeline }>
beforeEach(() => {
  given = createTestStore({ pipeline })
})
afterEach(() => given.close())

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

test('costs are summed by day, model, stage and issue', () => {
  const { costs } = given.store.pipeline
  const start = given.clock.now()
  costs.put({ costUsd: 0.1, model: 'opus', stage: 'plan', issue: 1, inputTokens: 5 })
  costs.put({ costUsd: 0.2, model: 'opus', stage: 'build', issue: '1', outputTokens: 7 })
  costs.put({ costUsd: 0.4, model: 'haiku', stage: 'plan', issue: 2, occurredAtMs: start + DAY_MS })
  expect(costs.total()).toEqual({
    entries: 3,
    inputTokens: 5,
    outputTokens: 7,
    costUsdMicros: 700_000,
  })
  const groups = (by: 'day' | 'model' | 'stage' | 'issue') =>
    costs.totals(by).map(({ group, costUsdMicros }) => [group, costUsdMicros])
  expect(groups('day')).toEqual([
    ['2026-01-02', 400_000],
    ['2026-01-01', 300_000],
  ])
  expect(groups('model')).toEqual([
    ['haiku', 400_000],
    ['opus', 300_000],
  ])
  expect(groups('stage')).toEqual([
    ['plan', 500_000],
    ['build', 200_000],
  ])
  expect(groups('issue')).toEqual([
    ['2', 400_000],
    ['1', 300_000],
  ])
  expect(costs.total({ sinceMs: start + 1 }).entries).toBe(1)
  expect(costs.list({ untilMs: start + 1 })).toHaveLength(2)
})

test('the same cost twice is two costs', () => {
  const { costs } = given.store.pipeline
  costs.put({ costUsd: 1, model: 'opus' })
  costs.put({ costUsd: 1, model: 'opus' })
  expect(costs.total().entries).toBe(2)
})

test('a cost in the log and in the file is one, in whichever order they come', () => {
  const data = { model: 'opus', stage: 'plan', cost_usd: '1.5000', input_tokens: 3 }
  const entry = (secondsLater: number) => ({
    type: 'pipeline.record.cost-entered',
    data: { ...data, cost_usd: 1.5, issue: '42' },
    occurredAtMs: given.clock.now() + secondsLater * 1000,
  })
  const { store } = given
  store.pipeline.emit({ type: 'cost.record', data })
  store.pipeline.emit({ type: 'cost.record', data })
  for (const later of [1, 1, 2]) store.log.append('pipeline.costs/entries', entry(later))
  expect(store.pipeline.costs.total().entries).toBe(3)
  store.pipeline.emit({ type: 'cost.record', data })
  expect(store.pipeline.costs.total().entries).toBe(3)
  expect(store.pipeline.costs.list().map(({ issue }) => issue)).toEqual(['42', '42', '42'])
  store.log.append('pipeline.costs/entries', entry(60))
  expect(store.pipeline.costs.total().entries).toBe(4)
})

test('the budget is what was set last', () => {
  const { costs } = given.store.pipeline
  expect(costs.budget()).toBeUndefined()
  costs.putBudget(50)
  costs.putBudget(12.5, false)
  expect(costs.budget()).toEqual({ dailyUsd: 12.5, isEnabled: false })
  expect(() => costs.putBudget(-1)).toThrow('budget')
})

test('of heartbeats the latest of each job is there, in the log as well', () => {
  const { heartbeats } = given.store.pipeline
  heartbeats.put('j1', { pid: 1, issue: 42, stage: 'build', memoryMb: 4.6, cpuPct: 12.5 })
  given.clock.advance(1000)
  heartbeats.put('j2')
  given.clock.advance(1000)
  heartbeats.put('j1', { stage: 'test', activity: 'Running tests' })
  expect(heartbeats.get('j1')).toEqual({
    jobId: 'j1',
    pid: null,
    issue: null,
    stage: 'test',
    iteration: null,
    activity: 'Running tests',
    memoryMb: null,
    cpuPct: null,
    machine: null,
    updatedAtMs: given.clock.now(),
  })
  expect(heartbeats.list().map(({ jobId }) => jobId)).toEqual(['j1', 'j2'])
  expect(heartbeats.list({ sinceMs: given.clock.now() })).toHaveLength(1)
  expect(given.store.log.read()).toHaveLength(2)
  expect([heartbeats.delete('j2'), heartbeats.delete('j2')]).toEqual([true, false])
  expect(heartbeats.list()).toHaveLength(1)
  expect(() => heartbeats.put('')).toThrow('job')
})

test('an issue waits once, and is taken once', () => {
  const { daemon } = given.store.pipeline
  expect([daemon.enqueue(7, 'Seven'), daemon.enqueue('8'), daemon.enqueue('7')]).toEqual([
    true,
    true,
    false,
  ])
  expect(daemon.queue()).toEqual([
    { issue: '7', title: 'Seven', score: null },
    { issue: '8', title: null, score: null },
  ])
  expect([daemon.dequeue(), daemon.dequeue(), daemon.dequeue()]).toEqual(['7', '8', undefined])
})

test('names that could not be found again are refused', () => {
  const { heartbeats, memory } = given.store.pipeline
  for (const name of ['x'.repeat(201), 'a\0', '\ud83d']) {
    expect(() => heartbeats.put(name)).toThrow('cannot name a job')
    expect(() => memory.captureFailure(name, { pattern: 'p' })).toThrow('cannot name a repository')
    expect(() => memory.putPatterns(name, {})).toThrow('repository')
    expect(() => memory.putMetric(name, 'm', 1)).toThrow('repository')
    expect(() => memory.putDecision(name, { kind: 'k', summary: 's' })).toThrow('repository')
    expect(() => memory.putLearning(name, {})).toThrow('list')
  }
  expect(given.store.log.read()).toEqual([])
})

test('several changes in one transaction see each other', () => {
  const { daemon, memory } = given.store.pipeline
  given.store.write(() => {
    daemon.enqueue(7)
    daemon.enqueue(8)
    memory.captureFailure('r', { pattern: 'boom', stage: 'test' })
    memory.captureFailure('r', { pattern: 'boom', fix: 'duck' })
  })
  expect(daemon.queue().map(({ issue }) => issue)).toEqual(['7', '8'])
  expect(memory.failures('r')).toMatchObject([{ occurrences: 2, stage: 'test', fix: 'duck' }])
})

test('a queue in either shape is worked off, and what else it says is kept', () => {
  const { daemon } = given.store.pipeline
  daemon.update(() => ({ queue: ['ready-to-build:200'], machines: ['local'] }))
  expect(daemon.enqueue(201)).toBe(true)
  expect([daemon.dequeue(), daemon.dequeue()]).toEqual(['200', '201'])
  daemon.update((state) => ({ ...state, queued: [{ issue: 9, score: 82.5, title: 'Nine' }, '10'] }))
  expect(daemon.queue()[0]).toEqual({ issue: '9', title: 'Nine', score: 82.5 })
  expect([daemon.dequeue(), daemon.dequeue()]).toEqual(['9', '10'])
  daemon.update((state) => {
    expect(state).toMatchObject({ machines: ['local'] })
    return state
  })
})

test('a job that is done is among those going on no more', () => {
  const { daemon } = given.store.pipeline
  daemon.update((state) => ({ ...state, pid: 5, config: { poll_interval: 60, max_parallel: 2 } }))
  daemon.putJob({ issue: 7, title: 'Seven', jobId: 'j7', pid: 3 })
  daemon.putJob({ issue: 8 })
  daemon.putJob({ issue: '7', title: 'Seven again' })
  expect(daemon.jobs().map(({ issue, title }) => [issue, title])).toEqual([
    ['8', null],
    ['7', 'Seven again'],
  ])
  daemon.finishJob(7, 'failed', { exitCode: 1, durationMs: 90_000 })
  expect(daemon.jobs().map(({ issue }) => issue)).toEqual(['8'])
  expect(daemon.finished()).toMatchObject([
    { issue: '7', result: 'failed', exitCode: 1, durationMs: 90_000 },
  ])
  expect(daemon.get()).toMatchObject({ pid: 5, pollIntervalS: 60, maxParallel: 2 })
})

test('a failure that is seen three times is one row with a count of three', () => {
  const { memory } = given.store.pipeline
  memory.captureFailure('r', { pattern: 'boom', stage: 'test' })
  memory.captureFailure('r', { pattern: 'boom', fix: 'duck' })
  memory.captureFailure('r', { pattern: 'boom' })
  memory.captureFailure('other', { pattern: 'boom' })
  memory.captureFailure('r', { pattern: 'bang', stage: 'build' })
  expect(memory.failures('r')).toMatchObject([
    { pattern: 'boom', occurrences: 3, stage: 'test', fix: 'duck' },
    { pattern: 'bang', occurrences: 1 },
  ])
  expect(memory.failures('r', { stage: 'build' })).toHaveLength(1)
  expect([memory.forgetFailure('r', 'boom'), memory.forgetFailure('r', 'boom')]).toEqual([
    true,
    false,
  ])
  expect(memory.captureFailure('r', { pattern: 'boom' })).toMatchObject({
    occurrences: 1,
    fix: null,
  })
})

test('how often a fix helped is known', () => {
  const { memory } = given.store.pipeline
  memory.captureFailure('r', { pattern: 'boom', fix: 'duck' })
  for (const hasResolved of [true, false, true]) memory.noteFix('r', 'boom', hasResolved)
  expect(memory.failure('r', 'boom')).toMatchObject({
    occurrences: 1,
    fixesApplied: 3,
    fixesResolved: 2,
    effectivenessPct: 66,
  })
  expect(() => memory.noteFix('r', 'unknown', true)).toThrow('is known')
})

test('patterns, metrics, decisions and learnings come back as they were put', () => {
  const { memory } = given.store.pipeline
  memory.putPatterns('r', { repo: 'acme', project: { type: 'node' }, known_issues: ['flaky'] })
  memory.putPatterns('r', { project: { type: 'deno' }, known_issues: ['flaky'] })
  expect(memory.patterns('r')).toEqual([
    { kind: 'known_issues', key: '0', value: 'flaky' },
    { kind: 'project', key: 'type', value: 'deno' },
  ])
  memory.putMetric('r', 'coverage_pct', 87.5)
  memory.putMetric('r', 'test_duration_s', 42)
  memory.putMetric('r', 'coverage_pct', 88)
  expect(memory.metrics('r').map(({ name, value }) => [name, value])).toEqual([
    ['coverage_pct', 88],
    ['test_duration_s', 42],
  ])
  expect(() => memory.putMetric('r', 'x', Number.NaN)).toThrow('NaN')
  memory.putDecision('r', { kind: 'architecture', summary: 's', detail: 'd' })
  expect(memory.decisions('r')).toMatchObject([{ kind: 'architecture', summary: 's', detail: 'd' }])
  memory.putLearning('common_patterns', { pattern: 'p', category: 'c' })
  expect(memory.learnings('common_patterns')).toMatchObject([{ summary: 'p', category: 'c' }])
})

test('events are read under the names they were emitted by', () => {
  const { pipeline: store } = given.store
  store.emit({ type: 'patrol.finding', data: { lines: 7 }, metadata: { actor: 'me' } })
  store.emit({ type: 'Deploy OK!', occurredAtMs: 5 })
  store.emit({ type: 'patrol.finding', idempotencyKey: 'k' })
  store.emit({ type: 'patrol.finding', idempotencyKey: 'k' })
  expect(store.events().map(({ type, occurredAtMs }) => [type, occurredAtMs === 5])).toEqual([
    ['patrol.finding', false],
    ['Deploy OK!', true],
    ['patrol.finding', false],
  ])
  const [first] = store.events({ types: ['patrol.finding'], limit: 1 })
  expect(first?.data).toEqual({ lines: 7 })
  expect(store.events({ types: ['patrol.finding'], after: first?.sequence ?? 0 })).toHaveLength(1)
})

test('several events are emitted together or not at all', () => {
  const { pipeline: store } = given.store
  const bad = { type: 'b', data: { when: new Date(0) } }
  expect(() => store.emitAll([{ type: 'a' }, bad])).toThrow('JSON')
  expect(store.events()).toEqual([])
})

test('each legacy name does what it says', () => {
  const { pipeline: store } = given.store
  const db = pipelineCompat(store)
  db.add_event('legacy_event', 'job-123', 'test', 'passed', '12', { k: 'v' })
  expect(store.events()[0]?.data).toEqual({
    job_id: 'job-123',
    stage: 'test',
    status: 'passed',
    duration_secs: 12,
    metadata: { k: 'v' },
  })
  db.add_pipeline_run('j1', '42', 'goal', '', 'fast')
  expect(store.events({ types: ['pipeline.started'] })[0]?.data).toEqual({
    job_id: 'j1',
    issue: '42',
    goal: 'goal',
    pipeline: 'fast',
  })
  db.record_stage('j1', 'test', 'running')
  db.record_stage('j1', 'test', 'failed', 12, 'red')
  expect(db.query_runs('failed')).toMatchObject([{ jobId: 'j1', issue: '42', failedStage: 'test' }])
  db.update_pipeline_status('j1', 'completed', '60')
  expect(db.query_runs('succeeded')).toMatchObject([{ durationMs: 60_000, branch: null }])
  db.db_record_cost('10', 5, 'opus', 'build', '1.5', '42')
  expect(db.db_cost_today(given.clock.now())).toMatchObject({ costUsdMicros: 1_500_000 })
  expect(db.db_cost_today(given.clock.now() + DAY_MS).entries).toBe(0)
  expect(() => db.db_record_cost(1, 1, 'opus', 'build', 'much')).toThrow('cost')
  db.db_record_heartbeat('j1', '99', '', 'build', '3', 'x')
  expect(db.db_list_heartbeats()).toMatchObject([{ jobId: 'j1', pid: 99, issue: null }])
  expect(db.db_clear_heartbeat('j1')).toBe(true)
  expect(db.db_enqueue_issue('7')).toBe(true)
  expect(db.db_dequeue_issue()).toBe('7')
  store.daemon.putJob({ issue: 7 })
  expect(db.db_list_active_jobs()).toHaveLength(1)
  db.db_complete_job(7, 'success')
  expect(db.db_list_active_jobs()).toHaveLength(0)
  db.db_record_failure('r', 'boom', 'test', '', 'duck')
  expect(store.memory.failures('r')).toMatchObject([{ fix: 'duck', rootCause: null }])
})
