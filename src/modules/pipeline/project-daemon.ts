/**
 * Folding what is true right now: heartbeats, the daemon with its jobs and queue, the budget. Each
 * event is an entity's complete state, so that the newest alone gives the same tables.
 */
import type { Projector } from '../../index.ts'
import { idOf } from './streams.ts'
import {
  durationOf,
  fieldsOf,
  integerOf,
  isObject,
  issueOf,
  type LegacyData,
  numberOf,
  objectsOf,
  textOf,
  timeOf,
  usdMicrosOf,
} from './values.ts'

const PUT_HEARTBEAT = /* sql */ `
  INSERT OR REPLACE INTO pipeline_heartbeat (job_id, pid, issue, stage, iteration, activity,
    memory_mb, cpu_pct, machine, updated_at_ms)
  VALUES (:jobId, :pid, :issue, :stage, :iteration, :activity, :memoryMb, :cpuPct, :machine, :atMs)`
const DROP_HEARTBEAT = /* sql */ `DELETE FROM pipeline_heartbeat WHERE job_id = ?`
const PUT_BUDGET = /* sql */ `
  INSERT OR REPLACE INTO pipeline_budget (budget_id, daily_usd_micros, is_enabled, updated_at_ms)
  VALUES (:id, :micros, :isEnabled, :atMs)`
const PUT_DAEMON = /* sql */ `
  INSERT OR REPLACE INTO pipeline_daemon (daemon_id, pid, started_at_ms, last_poll_at_ms,
    poll_interval_s, max_parallel, updated_at_ms)
  VALUES (:id, :pid, :startedAtMs, :lastPollAtMs, :pollInterval, :maxParallel, :atMs)`
const CLEAR_JOBS = /* sql */ `DELETE FROM pipeline_job WHERE daemon_id = ?`
const CLEAR_QUEUE = /* sql */ `DELETE FROM pipeline_queue WHERE daemon_id = ?`
const ADD_JOB = /* sql */ `
  INSERT INTO pipeline_job (daemon_id, place, issue, job_id, title, goal, stage, pid, repo, branch,
    worktree, template, started_at_ms)
  VALUES (:id, :place, :issue, :jobId, :title, :goal, :stage, :pid, :repo, :branch, :worktree,
    :template, :startedAtMs)`
const ADD_QUEUED = /* sql */ `
  INSERT INTO pipeline_queue (daemon_id, place, issue, title, score)
  VALUES (:id, :place, :issue, :title, :score)`
const ADD_FINISHED = /* sql */ `
  INSERT INTO pipeline_finished_job (finished_id, issue, job_id, result, exit_code, duration_ms,
    completed_at_ms)
  VALUES (:id, :issue, :jobId, :result, :exitCode, :durationMs, :atMs)`

/** A heartbeat, the file `heartbeats/<job>.json`. */
export const projectHeartbeat: Projector<LegacyData> = (
  tx,
  { stream, occurredAtMs, data: any },
) => {
  const data = fieldsOf(any)
  tx.run(PUT_HEARTBEAT, {
    jobId: idOf(stream),
    pid: integerOf(data['pid']),
    issue: issueOf(data['issue']),
    stage: textOf(data['stage']),
    iteration: integerOf(data['iteration']),
    activity: textOf(data['last_activity']),
    memoryMb: integerOf(data['memory_mb'] ?? data['memory']),
    cpuPct: numberOf(data['cpu_pct'] ?? data['cpu']),
    machine: textOf(data['machine']),
    atMs: occurredAtMs,
  })
}

/** A heartbeat that was cleared. */
export const projectHeartbeatRemoved: Projector<LegacyData> = (tx, { stream }) => {
  tx.run(DROP_HEARTBEAT, [idOf(stream)])
}

/** The budget, the file `budget.json`. */
export const projectBudget: Projector<LegacyData> = (tx, { stream, occurredAtMs, data: any }) => {
  const data = fieldsOf(any)
  const micros = usdMicrosOf(data['daily_budget_usd'] ?? data['daily_limit'])
  const isEnabled = textOf(data['enabled'] ?? (micros ?? 0) > 0) === 'true' ? 1 : 0
  tx.run(PUT_BUDGET, { id: idOf(stream), micros, isEnabled, atMs: occurredAtMs })
}

/** The daemon's state, the file `daemon-state.json` without the jobs that are done. */
export const projectDaemon: Projector<LegacyData> = (tx, { stream, occurredAtMs, data: any }) => {
  const data = fieldsOf(any)
  const id = idOf(stream)
  const config = fieldsOf(data['config'])
  tx.run(PUT_DAEMON, {
    id,
    pid: integerOf(data['pid']),
    startedAtMs: timeOf(data['started_at']),
    lastPollAtMs: timeOf(data['last_poll']),
    pollInterval: integerOf(config['poll_interval'] ?? data['poll_interval']),
    maxParallel: integerOf(config['max_parallel'] ?? data['max_parallel']),
    atMs: occurredAtMs,
  })
  tx.run(CLEAR_JOBS, [id])
  for (const [place, job] of objectsOf(data['active_jobs'] ?? data['active_pipelines']).entries()) {
    tx.run(ADD_JOB, {
      id,
      place,
      issue: issueOf(job['issue']),
      jobId: textOf(job['job_id']),
      title: textOf(job['title']),
      goal: textOf(job['goal']),
      stage: textOf(job['stage']),
      pid: integerOf(job['pid']),
      repo: textOf(job['repo']),
      branch: textOf(job['branch']),
      worktree: textOf(job['worktree']),
      template: textOf(job['template']),
      startedAtMs: timeOf(job['started_epoch']) ?? timeOf(job['started_at']),
    })
  }
  tx.run(CLEAR_QUEUE, [id])
  const titles = fieldsOf(data['titles'])
  for (const [place, queued] of queueOf(data).entries()) {
    const issue = issueOf(isObject(queued) ? queued['issue'] : queued)
    if (issue === null) continue
    const { title, score } = fieldsOf(queued)
    const own = textOf(title) ?? (Object.hasOwn(titles, issue) ? textOf(titles[issue]) : null)
    tx.run(ADD_QUEUED, { id, place, issue, title: own, score: numberOf(score) })
  }
}

/** A job that is done, an element of `completed` in `daemon-state.json`. */
export const projectFinishedJob: Projector<LegacyData> = (tx, event) => {
  const data = fieldsOf(event.data)
  tx.run(ADD_FINISHED, {
    id: event.sequence,
    issue: issueOf(data['issue']),
    jobId: textOf(data['job_id']),
    result: textOf(data['result']),
    exitCode: integerOf(data['exit_code']),
    durationMs: durationOf(data),
    atMs: event.occurredAtMs,
  })
}

/** The queue of a daemon's state, in order; of `ready-to-build:200` the issue is `200`. */
export function queueOf(state: LegacyData): unknown[] {
  if (Array.isArray(state['queued'])) return state['queued']
  const { queue } = state
  if (!Array.isArray(queue)) return []
  return queue.map((entry) =>
    typeof entry === 'string' ? entry.replace(/^.*?:(?=\d+$)/, '') : entry,
  )
}
