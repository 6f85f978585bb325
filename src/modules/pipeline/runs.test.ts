import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTestStore, type TestStore } from '../../testing/index.ts'
import { pipeline } from './index.ts'
import type { Run } from './types.ts'
import type { LegacyData } from './values.ts'

let given: TestStore<{ pipeline: typeof pipeline }>
beforeEach(() => {
  given = createTestStore({ pipeline })
})
afterEach(() => given.close())

const BASE_S = 1_770_000_000
const at = (seconds: number, type: string, data: LegacyData = {}) => ({
  type,
  data: { ts_epoch: BASE_S + seconds, issue: 5, ...data },
})
const emit = (...events: readonly ReturnType<typeof at>[]) => given.store.pipeline.emitAll(events)
const runs = (): Run[] => given.store.pipeline.runs.list().toReversed()
const begins = () => runs().map(({ begunAtMs }) => begunAtMs / 1000 - BASE_S)
const statuses = () => runs().map(({ status }) => status)

test('a run goes from its start through its stages to its result', () => {
  emit(
    at(0, 'pipeline.started', { pipeline: 'standard', model: 'opus', goal: 'Fix it' }),
    at(0, 'stage.started', { stage: 'plan' }),
    at(10, 'stage.completed', { stage: 'plan', duration_s: 9 }),
    at(10, 'stage.started', { stage: 'test' }),
    at(20, 'stage.failed', { stage: 'test', error: 'red' }),
    at(25, 'stage.started', { stage: 'test' }),
    at(30, 'stage.completed', { stage: 'test' }),
    at(40, 'pipeline.completed', { result: 'success', duration_s: 39, pr_url: 'https://x/1' }),
  )
  const [run] = runs()
  expect(run).toMatchObject({
    issue: '5',
    template: 'standard',
    model: 'opus',
    goal: 'Fix it',
    status: 'succeeded',
    result: 'success',
    durationMs: 39_000,
    failedStage: null,
    prUrl: 'https://x/1',
  })
  const stages = given.store.pipeline.runs.stages(run?.id ?? 0)
  expect(stages.map(({ stage, status, durationMs }) => [stage, status, durationMs])).toEqual([
    ['plan', 'completed', 9000],
    ['test', 'failed', 10_000],
    ['test', 'completed', 5000],
  ])
})

test('a failed stage makes the run failed until the next stage starts', () => {
  emit(at(0, 'pipeline.started'), at(5, 'stage.failed', { stage: 'test' }))
  expect(runs()).toMatchObject([{ status: 'failed', failedStage: 'test' }])
  emit(at(6, 'stage.started', { stage: 'test' }))
  expect(runs()).toMatchObject([{ status: 'running', failedStage: 'test', endedAtMs: null }])
})

test('a run that fails without a failed stage failed at the stage it was in', () => {
  emit(
    at(0, 'pipeline.started'),
    at(1, 'stage.started', { stage: 'build' }),
    at(9, 'pipeline.completed', { result: 'failure' }),
  )
  const [run] = runs()
  expect(run).toMatchObject({ status: 'failed', failedStage: 'build', durationMs: 9000 })
  expect(given.store.pipeline.runs.stages(run?.id ?? 0)).toMatchObject([{ status: 'abandoned' }])
})

test('runs of one issue follow each other, also within one second', () => {
  for (let count = 0; count < 3; count++) {
    emit(
      at(7, 'pipeline.started'),
      at(7, 'stage.started', { stage: 'plan' }),
      at(7, 'stage.completed', { stage: 'plan' }),
      at(7, 'pipeline.completed', { result: 'success', duration_s: 0 }),
    )
  }
  expect(statuses()).toEqual(['succeeded', 'succeeded', 'succeeded'])
  expect(runs().map(({ id }) => given.store.pipeline.runs.stages(id).length)).toEqual([1, 1, 1])
})

test('a run without a result is abandoned when the next one starts', () => {
  emit(at(0, 'pipeline.started'), at(100, 'pipeline.started'))
  expect(statuses()).toEqual(['abandoned', 'running'])
  emit(at(140, 'pipeline.completed', { result: 'success', duration_s: 40 }))
  expect(statuses()).toEqual(['abandoned', 'succeeded'])
})

test('of two open runs the result ends the one whose start fits its duration', () => {
  emit(
    at(0, 'pipeline.started'),
    at(100, 'pipeline.started'),
    at(140, 'pipeline.completed', { result: 'success', duration_s: 139 }),
  )
  expect(statuses()).toEqual(['succeeded', 'running'])
})

test('a result without a start is a run that began by its duration before', () => {
  emit(
    at(1000, 'pipeline.completed', { result: 'success', duration_s: 400 }),
    at(500, 'pipeline.completed', { result: 'failure', duration_s: 100 }),
  )
  expect(begins()).toEqual([400, 600])
  expect(runs().map(({ startedAtMs }) => startedAtMs)).toEqual([null, null])
})

test('events of a copy that is read later find the runs of their time', () => {
  emit(
    at(0, 'pipeline.started'),
    at(40, 'pipeline.completed', { result: 'success' }),
    at(100, 'pipeline.started'),
    at(140, 'pipeline.completed', { result: 'failure' }),
  )
  emit(at(20, 'stage.completed', { stage: 'plan', duration_s: 5 }))
  const [first, second] = runs()
  expect(given.store.pipeline.runs.stages(first?.id ?? 0)).toHaveLength(1)
  expect(given.store.pipeline.runs.stages(second?.id ?? 0)).toHaveLength(0)
  expect(first).toMatchObject({ status: 'succeeded' })
})

test('a start that is read later belongs to the run that had none', () => {
  emit(at(10, 'stage.completed', { stage: 'plan' }), at(0, 'pipeline.started', { goal: 'x' }))
  expect(runs()).toMatchObject([{ goal: 'x', startedAtMs: BASE_S * 1000 }])
  expect(begins()).toEqual([0])
})

test('runs of the same issue in two repositories are two', () => {
  emit(
    at(0, 'pipeline.started', { repo: 'a' }),
    at(1, 'pipeline.started', { repo: 'b' }),
    at(9, 'pipeline.completed', { repo: 'a', result: 'success' }),
  )
  expect(runs().map(({ repo, status }) => [repo, status])).toEqual([
    ['a', 'succeeded'],
    ['b', 'running'],
  ])
})

test('a job names its run, whatever else goes on', () => {
  emit(
    at(0, 'pipeline.started', { job_id: 'j1' }),
    at(1, 'pipeline.started', { job_id: 'j2' }),
    at(2, 'stage.failed', { job_id: 'j1', stage: 'test' }),
  )
  expect(runs().map(({ jobId, status }) => [jobId, status])).toEqual([
    ['j1', 'failed'],
    ['j2', 'running'],
  ])
})

test('events that name the issue alone belong to the run of the job that named both', () => {
  emit(
    at(0, 'pipeline.started', { job_id: 'j1' }),
    at(1, 'stage.started', { stage: 'test' }),
    at(2, 'stage.failed', { stage: 'test' }),
    at(3, 'pipeline.completed', { job_id: 'j1', result: 'failure' }),
  )
  expect(runs()).toMatchObject([
    { jobId: 'j1', issue: '5', failedStage: 'test', result: 'failure' },
  ])
})

test('a job that is named alone first is found to be the issue’s when both are named', () => {
  emit(
    at(0, 'pipeline.started', { job_id: 'j1', issue: undefined }),
    at(1, 'stage.started', { job_id: 'j1', issue: undefined, stage: 'plan' }),
    at(2, 'pipeline.completed', { job_id: 'j1', result: 'success' }),
  )
  expect(runs()).toMatchObject([{ jobId: 'j1', issue: '5', status: 'succeeded' }])
  expect(given.store.pipeline.runs.latest({ jobId: 'j1' })?.id).toBe(runs()[0]?.id)
})

test('a late failure is not the last that was heard, and a late start is abandoned', () => {
  emit(
    at(0, 'pipeline.started'),
    at(9, 'stage.started', { stage: 'build' }),
    at(5, 'stage.failed', { stage: 'test' }),
  )
  expect(statuses()).toEqual(['running'])
  emit(at(-100, 'pipeline.started'))
  expect(statuses()).toEqual(['abandoned', 'running'])
})

test('older names of start and end are understood', () => {
  emit(
    at(0, 'pipeline_start', { job_id: 'j1', status: 'running' }),
    at(60, 'pipeline_end', { job_id: 'j1', status: 'passed' }),
  )
  expect(runs()).toMatchObject([{ status: 'succeeded', durationMs: 60_000 }])
})

test('the bill that follows a result is a column of that run and no cost', () => {
  emit(at(0, 'pipeline.started'), at(40, 'pipeline.completed', { result: 'success' }))
  emit(
    at(40, 'pipeline.cost', { issue: '', input_tokens: 7, estimated_cost_usd: '1.25' }),
    at(900, 'pipeline.cost', { issue: '', input_tokens: 9 }),
  )
  expect(runs()).toMatchObject([{ inputTokens: 7, estimatedCostUsdMicros: 1_250_000 }])
  expect(given.store.pipeline.costs.total().entries).toBe(0)
})

test('a result in words of its own is kept as it is', () => {
  emit(at(0, 'pipeline.started'), at(1, 'pipeline.completed', { result: 'constructor' }))
  expect(runs()).toMatchObject([{ status: 'ended', result: 'constructor' }])
})

test('events with fields of any type change tables without a failure', () => {
  const odd = [null, [], {}, '', 'NaN', -1, 2 ** 70, true, 'x'.repeat(9000), 'a\0b']
  for (const value of odd) {
    for (const type of ['started', 'completed', 'cost']) {
      emit(
        at(0, `pipeline.${type}`, {
          issue: value,
          job_id: value,
          duration_s: value,
          result: value,
        }),
      )
    }
    for (const type of ['started', 'completed', 'failed']) {
      emit(at(0, `stage.${type}`, { issue: value, stage: value, duration_s: value, error: value }))
    }
  }
  expect(given.store.verify()).toMatchObject({ ok: true })
})

test('the functions write the events that tools write', () => {
  const { pipeline: store } = given.store
  const run = store.runs.start({ issue: 7, goal: 'g', template: 'fast', branch: 'b' })
  given.clock.advance(1000)
  store.runs.startStage({ issue: 7 }, 'test')
  given.clock.advance(1000)
  store.runs.endStage({ issue: 7 }, 'test', 'failed', { error: 'red' })
  const ended = store.runs.end({ issue: 7 }, 'failure', { prUrl: 'u', inputTokens: 1 })
  expect(ended).toMatchObject({ id: run?.id, status: 'failed', failedStage: 'test', prUrl: 'u' })
  expect(store.runs.get(run?.id ?? 0)).toEqual(ended)
  expect(store.runs.latest({ issue: 7 })).toEqual(ended)
  expect(store.events().map(({ type }) => type)).toEqual([
    'pipeline.started',
    'stage.started',
    'stage.failed',
    'pipeline.completed',
  ])
})

test('runs are listed by status, issue, stage and time, page by page', () => {
  emit(
    at(0, 'pipeline.started', { issue: 1 }),
    at(1, 'pipeline.started', { issue: 2 }),
    at(2, 'stage.failed', { issue: 2, stage: 'test' }),
    at(3, 'pipeline.started', { issue: 3 }),
  )
  const { list } = given.store.pipeline.runs
  const issues = (...filter: Parameters<typeof list>) =>
    given.store.pipeline.runs.list(...filter).map(({ issue }) => issue)
  expect(issues({ status: 'running' })).toEqual(['3', '1'])
  expect(issues({ failedStage: 'test' })).toEqual(['2'])
  expect(issues({ issue: 1 })).toEqual(['1'])
  expect(issues({ sinceMs: (BASE_S + 1) * 1000, limit: 1 })).toEqual(['3'])
  expect(issues({ beforeMs: (BASE_S + 3) * 1000 })).toEqual(['2', '1'])
  expect(() => given.store.pipeline.runs.list({ limit: 0 })).toThrow('limit 0')
})
