import { expect, test } from 'vitest'
import {
  assertPrunable,
  assertReplayable,
  createTestStore,
  type HistoryEvent,
} from '../../testing/index.ts'
import { pipeline } from './index.ts'
import { PIPELINE_PROJECTORS } from './projections.ts'
import { eventStream, streamOf } from './streams.ts'
import { typeOf } from './type-names.ts'
import type { LegacyData } from './values.ts'

const emitted = (name: string, data: LegacyData): HistoryEvent => {
  const { type } = typeOf(name)
  return { stream: eventStream(type, data), type, data }
}
const recorded = (entity: string, id: string, name: string, data: LegacyData): HistoryEvent => ({
  stream: streamOf(entity, id),
  type: `pipeline.record.${name}`,
  data,
})

const RUN: readonly HistoryEvent[] = [
  emitted('pipeline.started', { issue: 5, pipeline: 'standard' }),
  emitted('stage.started', { issue: 5, stage: 'plan' }),
  emitted('stage.completed', { issue: 5, stage: 'plan', duration_s: 1 }),
  emitted('cost.record', { issue: 5, cost_usd: 0.1, model: 'opus' }),
  emitted('stage.started', { issue: 5, stage: 'test' }),
  emitted('stage.failed', { issue: 5, stage: 'test' }),
  emitted('pipeline.started', { issue: 5 }),
  emitted('pipeline.completed', { issue: 5, result: 'success', duration_s: 1 }),
  emitted('pipeline.cost', { estimated_cost_usd: 2 }),
  emitted('pipeline.failed', { job_id: 'j' }),
  emitted('pipeline.cancelled', { job_id: 'j' }),
  emitted('pipeline_start', { job_id: 'k' }),
  emitted('pipeline_end', { job_id: 'k', status: 'passed' }),
  emitted('patrol.finding', { check: 'x' }),
]
const STATE: readonly HistoryEvent[] = [
  recorded('heartbeat', 'j1', 'heartbeat-saved', { stage: 'plan', memory_mb: 4 }),
  recorded('budget', 'daily', 'budget-saved', { daily_budget_usd: 5, enabled: true }),
  recorded('daemon', 'main', 'daemon-saved', { active_jobs: [{ issue: 1 }], queued: ['2', '3'] }),
  recorded('failure', 'r/s1', 'failure-saved', { pattern: 'a', seen_count: 1 }),
  recorded('heartbeat', 'j1', 'heartbeat-saved', { stage: 'test' }),
  recorded('failure', 'r/s2', 'failure-saved', { pattern: 'b' }),
  recorded('failure', 'r/s1', 'failure-saved', { pattern: 'a', seen_count: 2, fix: 'x' }),
  recorded('daemon', 'main', 'daemon-saved', { active_pipelines: [{ issue: 4 }], queue: ['q:5'] }),
  recorded('failure', 'r/s2', 'failure-removed', { pattern: 'b' }),
  recorded('heartbeat', 'j1', 'heartbeat-removed', {}),
  recorded('patterns', 'r', 'patterns-saved', { project: { a: 1, b: 2 } }),
  recorded('metrics', 'r', 'metrics-saved', { baselines: { a: 1, b: 2.5 } }),
  recorded('patterns', 'r', 'patterns-saved', { project: { a: 3 } }),
  recorded('metrics', 'r', 'metrics-saved', { baselines: { b: 2 } }),
  recorded('budget', 'daily', 'budget-saved', { daily_limit: 9 }),
]
const FACTS: readonly HistoryEvent[] = [
  recorded('costs', 'entries', 'cost-entered', { cost_usd: 0.1, model: 'opus' }),
  recorded('finished', '6', 'job-finished', { issue: 6, result: 'success', duration: '5m' }),
  recorded('decisions', 'r', 'decision-made', { type: 'a', summary: 'b' }),
  recorded('learnings', 'common_patterns', 'learning-added', { pattern: 'p' }),
  recorded('audit', 'log', 'audit-entered', { action: 'login' }),
  recorded('file', 'costs.json', 'file-saved', { total: 1 }),
]

test('every type that is folded stands in these histories', () => {
  const types = new Set([...RUN, ...STATE, ...FACTS].map(({ type }) => type))
  expect(Object.keys(PIPELINE_PROJECTORS).filter((type) => !types.has(type))).toEqual([])
})

test('the tables follow from the events alone', () => {
  expect(() => assertReplayable(pipeline, [...RUN, ...STATE, ...FACTS])).not.toThrow()
})

test('states that were superseded may be gone', () => {
  expect(() => assertPrunable(pipeline, [STATE, [...RUN, ...FACTS]])).not.toThrow()
})

test('every table has a row after these histories: none is dead', () => {
  const given = createTestStore({ pipeline })
  for (const { stream, ...event } of [...RUN, ...STATE.slice(0, 5), ...STATE.slice(10), ...FACTS]) {
    given.store.log.append(stream, event)
  }
  const tables = given.store.sql
    .all<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .filter(({ name }) => name.startsWith('pipeline_'))
  const empty = tables.filter(({ name }) => !given.store.sql.get(`SELECT 1 FROM "${name}" LIMIT 1`))
  expect(tables).toHaveLength(15)
  expect(empty).toEqual([])
  given.close()
})
