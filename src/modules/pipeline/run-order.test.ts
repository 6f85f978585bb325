/** Runs follow from the times of events: the order in which copies of a log arrive changes nothing. */
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { createTestStore } from '../../testing/index.ts'
import { pipeline } from './index.ts'
import type { LegacyData } from './values.ts'

const BASE_S = 1_770_000_000
const given = createTestStore({ pipeline })
afterAll(() => given.close())

/** One event of a log; its place in the log is its time in seconds. */
interface Heard {
  readonly type: string
  readonly issue: number
  /** Which of the issue's jobs it names; 0 names none. */
  readonly job: number
  readonly namesIssue: boolean
  readonly stage: string
  readonly result: string
  readonly durationS: number
  /** The copy that it stands in alone; 0 is what all copies have in common. */
  readonly copy: number
}

const heard: fc.Arbitrary<Heard> = fc.record({
  type: fc.constantFrom(
    'pipeline.started',
    'pipeline.completed',
    'stage.started',
    'stage.started',
    'stage.completed',
    'stage.failed',
  ),
  issue: fc.integer({ min: 1, max: 2 }),
  job: fc.constantFrom(0, 0, 0, 1, 2),
  namesIssue: fc.constantFrom(true, true, false),
  stage: fc.constantFrom('plan', 'test'),
  result: fc.constantFrom('success', 'failure'),
  durationS: fc.constantFrom(0, 0, 1, 3),
  copy: fc.integer({ min: 0, max: 2 }),
})

let stories = 0

/** Emits the events in the order of the list, under names of their own, and gives the tables. */
function tablesOf(log: readonly Heard[], order: readonly number[]) {
  const story = `story${++stories}/`
  const events = order.map((place) => {
    const event = log[place] as Heard
    const { type, issue, job, stage, result, durationS } = event
    const names = job === 0 || event.namesIssue ? { issue: `${story}${issue}` } : {}
    const data: LegacyData = {
      ts_epoch: BASE_S + place,
      ...names,
      ...(job === 0 ? {} : { job_id: `${story}${issue}-${job}` }),
      ...(type.startsWith('stage') ? { stage } : {}),
      ...(type === 'pipeline.completed' ? { result } : {}),
      ...(durationS === 0 || type.endsWith('started') ? {} : { duration_s: durationS }),
    }
    return { type, data }
  })
  given.store.pipeline.emitAll(events)
  const names = [`issue:${story}1`, `issue:${story}2`]
  const jobs = ['1-1', '1-2', '2-1', '2-2'].map((job) => `job:${story}${job}`)
  const keys = JSON.stringify([...names, ...jobs])
  const own = 'key IN (SELECT value FROM json_each(:keys))'
  const columns = `replace(coalesce(issue, ''), :story, '') AS issue,
    replace(coalesce(job_id, ''), :story, '') AS job`
  return {
    runs: given.store.sql.all(
      `SELECT ${columns}, replace(key, :story, '') AS key, status, result, known_at_ms, begun_at_ms,
         started_at_ms, ended_at_ms, duration_ms, current_stage, failed_stage
       FROM pipeline_run WHERE ${own} ORDER BY known_at_ms`,
      { story, keys },
    ),
    stages: given.store.sql.all(
      `SELECT known_at_ms, s.stage, s.status, s.begun_at_ms, s.ended_at_ms, s.duration_ms
       FROM pipeline_stage AS s JOIN pipeline_run USING (run_id) WHERE ${own}
       ORDER BY known_at_ms, s.begun_at_ms, s.ended_at_ms, s.stage, s.status`,
      { keys },
    ),
  }
}

function oneAfterTheOther(log: readonly Heard[]): number[] {
  const places = log.map((_, place) => place)
  return [0, 1, 2].flatMap((copy) => places.filter((place) => log[place]?.copy === copy))
}

test('copies of a log that went apart give the runs of the whole log', () => {
  fc.assert(
    fc.property(fc.array(heard, { minLength: 1, maxLength: 14 }), (log) => {
      const inOrder = log.map((_, place) => place)
      expect(tablesOf(log, oneAfterTheOther(log))).toEqual(tablesOf(log, inOrder))
    }),
    { numRuns: 300 },
  )
})

test('what was folded once more can be proven', () => {
  expect(given.store.verify()).toMatchObject({ ok: true })
})
