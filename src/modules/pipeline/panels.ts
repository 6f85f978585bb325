/**
 * Named questions about pipelines, for `holdfast query --preset` and the dashboard.
 *
 * A window ends at `:nowMs`; 0 stands for the moment at which the query runs. Each finds its rows
 * by an index, so that a log of years answers like one of a week.
 */
import type { QueryPreset } from '../../index.ts'

const NOW = /* sql */ `iif(:nowMs > 0, :nowMs, unixepoch() * 1000)`
const SINCE = /* sql */ `${NOW} - :days * 86400000`
const TIME = (column: string) => /* sql */ `
  strftime('%Y-%m-%dT%H:%M:%SZ', ${column} / 1000, 'unixepoch')`
const USD = (micros: string) => /* sql */ `printf('%.4f', ${micros} / 1000000.0)`

const FAILED_AT_STAGE = /* sql */ `
  SELECT run_id, issue, job_id, goal, template, failed_stage, error,
    ${TIME('ended_at_ms')} AS failed_at, duration_ms
  FROM pipeline_run
  WHERE status = 'failed' AND failed_stage = :stage
    AND ended_at_ms >= ${SINCE} AND ended_at_ms <= ${NOW}
  ORDER BY ended_at_ms DESC`
const RUNS = /* sql */ `
  SELECT run_id, issue, job_id, goal, template, status, current_stage, failed_stage,
    ${TIME('begun_at_ms')} AS begun_at, ${TIME('ended_at_ms')} AS ended_at, duration_ms
  FROM pipeline_run WHERE begun_at_ms >= ${SINCE} AND begun_at_ms <= ${NOW}
  ORDER BY begun_at_ms DESC, run_id DESC`
const STAGES = /* sql */ `
  SELECT stage, count(duration_ms) AS finished, sum(status = 'failed') AS failed,
    CAST(avg(duration_ms) AS INTEGER) AS average_ms, max(duration_ms) AS longest_ms
  FROM pipeline_stage WHERE begun_at_ms >= ${SINCE} AND begun_at_ms <= ${NOW}
  GROUP BY stage ORDER BY average_ms DESC`
const SUMS = /* sql */ `
  count(*) AS entries, sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
  ${USD('sum(cost_usd_micros)')} AS cost_usd`
const COSTS_BY_DAY = /* sql */ `
  SELECT date(day * 86400, 'unixepoch') AS day_utc, ${SUMS}
  FROM pipeline_cost WHERE day > ${NOW} / 86400000 - :days AND day <= ${NOW} / 86400000
  GROUP BY day ORDER BY day DESC`
const costsBy = (column: string) => /* sql */ `
  SELECT ${column}, ${SUMS}
  FROM pipeline_cost WHERE occurred_at_ms >= ${SINCE} AND occurred_at_ms <= ${NOW}
  GROUP BY ${column} ORDER BY sum(cost_usd_micros) DESC`
const FAILURES = /* sql */ `
  SELECT pattern, stage, occurrences, fix, effectiveness_pct,
    ${TIME('last_seen_at_ms')} AS last_seen
  FROM pipeline_memory_failure WHERE repo = :repo ORDER BY occurrences DESC, last_seen_at_ms DESC`
const REPOS = /* sql */ `
  WITH RECURSIVE repos (repo) AS (
    SELECT min(repo) FROM pipeline_memory_failure
    UNION ALL
    SELECT (SELECT min(repo) FROM pipeline_memory_failure WHERE repo > repos.repo)
    FROM repos WHERE repos.repo IS NOT NULL)
  SELECT repo,
    (SELECT count(*) FROM pipeline_memory_failure AS failure WHERE failure.repo = repos.repo)
      AS failures
  FROM repos WHERE repo IS NOT NULL`
const HEARTBEATS = /* sql */ `
  SELECT job_id, issue, stage, iteration, activity, machine, ${TIME('updated_at_ms')} AS updated_at,
    (${NOW} - updated_at_ms) / 1000 AS age_s
  FROM pipeline_heartbeat WHERE updated_at_ms >= ${NOW} - :minutes * 60000
  ORDER BY updated_at_ms DESC`
const JOBS = /* sql */ `
  SELECT issue, title, stage, pid, worktree, ${TIME('started_at_ms')} AS started_at
  FROM pipeline_job WHERE daemon_id = 'main' ORDER BY place`
const QUEUE = /* sql */ `
  SELECT place + 1 AS place, issue, title, score FROM pipeline_queue
  WHERE daemon_id = 'main' ORDER BY pipeline_queue.place`

const WEEK = { nowMs: 0, days: 7 }
const MONTH = { nowMs: 0, days: 30 }

/** The module's presets. */
export const PIPELINE_PRESETS: readonly QueryPreset[] = [
  {
    name: 'pipeline.failed-at-stage',
    summary: 'runs that failed at a stage (test) in the last days (7)',
    sql: FAILED_AT_STAGE,
    parameters: { ...WEEK, stage: 'test' },
  },
  {
    name: 'pipeline.runs',
    summary: 'runs of the last days (30), the newest first',
    sql: RUNS,
    parameters: MONTH,
  },
  {
    name: 'pipeline.stages',
    summary: 'how long each stage took in the last days (30), and how often it failed',
    sql: STAGES,
    parameters: MONTH,
  },
  {
    name: 'pipeline.costs-by-day',
    summary: 'costs of each of the last days (30)',
    sql: COSTS_BY_DAY,
    parameters: MONTH,
  },
  ...(['model', 'stage', 'issue'] as const).map((column) => ({
    name: `pipeline.costs-by-${column}`,
    summary: `costs of the last days (30) by ${column}, the dearest first`,
    sql: costsBy(column),
    parameters: MONTH,
  })),
  {
    name: 'pipeline.failures',
    summary: 'remembered failures of a repository, the most frequent first',
    sql: FAILURES,
    parameters: { repo: '' },
  },
  {
    name: 'pipeline.failure-repos',
    summary: 'repositories of which failures are remembered',
    sql: REPOS,
  },
  {
    name: 'pipeline.heartbeats',
    summary: 'jobs that were heard of in the last minutes (60)',
    sql: HEARTBEATS,
    parameters: { nowMs: 0, minutes: 60 },
  },
  { name: 'pipeline.jobs', summary: 'jobs that the daemon works on', sql: JOBS },
  { name: 'pipeline.queue', summary: 'issues that wait, in order', sql: QUEUE },
]
