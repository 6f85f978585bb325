import { afterAll, expect, test } from 'vitest'
import type { QueryPreset } from '../../index.ts'
import { createTestStore } from '../../testing/index.ts'
import { pipeline } from './index.ts'
import { PIPELINE_PRESETS } from './panels.ts'

const given = createTestStore({ pipeline })
afterAll(() => given.close())

const DAY_S = 86_400
const NOW_S = 1_770_000_000
const NOW = { nowMs: NOW_S * 1000 }

given.store.pipeline.emitAll(
  Array.from({ length: 400 }, (_, count) => {
    const ts_epoch = NOW_S - count * 0.1 * DAY_S
    const issue = count
    const result = count % 3 === 0 ? 'success' : 'failure'
    const stage = count % 2 === 0 ? 'test' : 'build'
    return [
      { type: 'pipeline.started', data: { ts_epoch: ts_epoch - 60, issue } },
      { type: 'stage.started', data: { ts_epoch: ts_epoch - 60, issue, stage } },
      {
        type: `stage.${result === 'success' ? 'completed' : 'failed'}`,
        data: { ts_epoch, issue, stage },
      },
      { type: 'pipeline.completed', data: { ts_epoch, issue, result, duration_s: 60 } },
      {
        type: 'cost.record',
        data: { ts_epoch, issue: count % 5, stage, model: 'opus', cost_usd: 0.01 },
      },
    ]
  }).flat(),
)
for (const repo of ['', 'a', 'b'])
  given.store.pipeline.memory.captureFailure(repo, { pattern: 'p' })
given.store.pipeline.heartbeats.put('j1')
given.store.pipeline.daemon.putJob({ issue: 1 })
given.store.pipeline.daemon.enqueue(2)

function run(name: string, parameters: QueryPreset['parameters'] = {}) {
  const preset = PIPELINE_PRESETS.find((one) => one.name === `pipeline.${name}`)
  return given.store.sql.all(preset?.sql ?? '', { ...preset?.parameters, ...parameters })
}

test('runs that failed at the test stage in the last week', () => {
  const rows = run('failed-at-stage', NOW)
  const failed = Array.from({ length: 71 }, (_, count) => count).filter(
    (count) => count % 2 === 0 && count % 3 !== 0,
  )
  expect(rows.map((row) => row['issue'])).toEqual(failed.map(String))
  expect(rows[0]).toMatchObject({ failed_stage: 'test', duration_ms: 60_000 })
  expect(run('failed-at-stage', { ...NOW, days: 1, stage: 'build' })).toHaveLength(3)
})

test('the window of a preset ends now unless a time is given', () => {
  const nowMs = Date.now()
  given.store.pipeline.emit({
    type: 'pipeline.started',
    data: { issue: 'new', ts_epoch: Math.floor(nowMs / 1000) },
  })
  const issues = (parameters = {}) => run('runs', parameters).map(({ issue }) => issue)
  expect(issues()).toContain('new')
  expect(issues({ nowMs: nowMs - 2000 })).not.toContain('new')
  expect(issues({ nowMs: nowMs + 31 * DAY_S * 1000 })).not.toContain('new')
})

test('costs are summed by each of their sides', () => {
  expect(run('costs-by-day', { ...NOW, days: 2 })).toMatchObject([{ day_utc: '2026-02-02' }, {}])
  expect(run('costs-by-model', NOW)).toMatchObject([{ model: 'opus', entries: 301 }])
  expect(run('costs-by-stage', { ...NOW, days: 1 }).map(({ entries }) => entries)).toEqual([6, 5])
  expect(run('costs-by-issue', NOW)).toHaveLength(5)
  expect(run('costs-by-issue', NOW)[0]).toMatchObject({ cost_usd: '0.6100', issue: null })
})

test('stages, heartbeats, failures, jobs and queue are answered', () => {
  expect(run('stages', { ...NOW, days: 7 })).toMatchObject([
    { finished: 35, average_ms: 60_000, longest_ms: 60_000 },
    { finished: 35 },
  ])
  const nowMs = given.clock.now() + 5000
  expect(run('heartbeats', { nowMs })).toMatchObject([{ job_id: 'j1', age_s: 5 }])
  expect(run('failures', { repo: 'a' })).toMatchObject([{ pattern: 'p', occurrences: 1 }])
  expect(run('failure-repos').map(({ repo }) => repo)).toEqual(['', 'a', 'b'])
  expect(run('jobs')).toMatchObject([{ issue: '1' }])
  expect(run('queue')).toMatchObject([{ place: 1, issue: '2' }])
})

// Groups by anything but time need a sorter; all others come out of an index in order.
const MAY_SORT = new Set([
  'pipeline.stages',
  'pipeline.costs-by-model',
  'pipeline.costs-by-stage',
  'pipeline.costs-by-issue',
])

test.each(PIPELINE_PRESETS.map((preset) => [preset.name, preset] as const))(
  '%s finds its rows by an index',
  (name, { sql, parameters = {} }) => {
    const plan = given.store.sql
      .all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, parameters)
      .map(({ detail }) => detail)
    // The recursive part of a query reads its own few rows.
    const scans = plan.filter((step) => /^SCAN (?!repos|CONSTANT)/.test(step))
    expect(scans, plan.join('\n')).toEqual([])
    const sorts = plan.filter((step) => step.includes('TEMP B-TREE'))
    expect(MAY_SORT.has(name) || sorts.length === 0, plan.join('\n')).toBe(true)
  },
)

test('every preset has a name of its own and says what it answers', () => {
  const names = PIPELINE_PRESETS.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const { summary } of PIPELINE_PRESETS) expect(summary).not.toBe('')
})
