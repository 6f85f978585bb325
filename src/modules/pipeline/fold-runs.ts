/**
 * Folding what is said of a run as a whole.
 *
 * Invariant: a run has a `result` once its tool has said one; until then a failed stage makes it
 * `failed`, and the next stage that starts makes it `running` again. A run that never gets its
 * result is `abandoned` when the next one of its key starts.
 */
import type { ProjectionTransaction } from '../../index.ts'
import { type RunReference, SAME_NAMES } from './find-run.ts'
import type { RunStep, SaidOfRun } from './run-step.ts'

const ADD = /* sql */ `
  INSERT INTO pipeline_run (run_id, key, status, known_at_ms, begun_at_ms, started_at_ms, job_id,
    issue, repo, branch, template, model, goal)
  VALUES (:id, :key, 'running', :atMs, :begunAtMs, :startedAtMs, :jobId, :issue, :repo, :branch,
    :template, :model, :goal)`
const DESCRIBE = /* sql */ `
  UPDATE pipeline_run SET
    job_id = coalesce(job_id, :jobId), issue = coalesce(issue, :issue),
    repo = coalesce(:repo, repo), branch = coalesce(:branch, branch),
    template = coalesce(:template, template), model = coalesce(:model, model),
    goal = coalesce(:goal, goal)
  WHERE run_id = :id`
const ABANDON = /* sql */ `
  UPDATE pipeline_run SET status = 'abandoned', abandoned_at_ms = :atMs
  WHERE key = :key AND status = 'running' AND run_id <> :id AND begun_at_ms <= :atMs
    AND ${SAME_NAMES}`
const NAME_JOB = /* sql */ `
  UPDATE pipeline_run SET job_id = :jobId WHERE run_id = :id AND job_id IS NULL`
const END = /* sql */ `
  UPDATE pipeline_run SET
    status = :status, result = :result, ended_at_ms = :atMs,
    duration_ms = coalesce(:durationMs, :atMs - started_at_ms),
    failed_stage = CASE :status WHEN 'failed'
      THEN coalesce(:stage, failed_stage, current_stage) END,
    error = coalesce(:error, error), pr_url = coalesce(:prUrl, pr_url),
    input_tokens = coalesce(:inputTokens, input_tokens),
    output_tokens = coalesce(:outputTokens, output_tokens)
  WHERE run_id = :id`
const END_STAGES = /* sql */ `
  UPDATE pipeline_stage SET status = 'abandoned', ended_at_ms = :atMs
  WHERE run_id = :id AND status = 'running'`
const BILL = /* sql */ `
  UPDATE pipeline_run SET
    input_tokens = coalesce(:inputTokens, input_tokens),
    output_tokens = coalesce(:outputTokens, output_tokens),
    estimated_cost_usd_micros = coalesce(:estimateMicros, estimated_cost_usd_micros)
  WHERE run_id = :id`

const STATUS_BY_RESULT: Readonly<Record<string, string>> = {
  success: 'succeeded',
  succeeded: 'succeeded',
  passed: 'succeeded',
  complete: 'succeeded',
  completed: 'succeeded',
  failure: 'failed',
  failed: 'failed',
  error: 'failed',
  cancelled: 'cancelled',
  canceled: 'cancelled',
  aborted: 'cancelled',
}

/** A run begins with its first step; it has a start where that is one. */
export function beginRun(tx: ProjectionTransaction, step: RunStep, key: string): void {
  const { id, atMs, kind, said } = step
  const begunAtMs = atMs - (said.durationMs ?? 0)
  const startedAtMs = kind === 'started' ? atMs : null
  tx.run(ADD, { id, key, atMs, begunAtMs, startedAtMs, ...descriptionOf(said) })
}

/** Runs of the same names that go on are abandoned when one starts. */
export function abandonOthers(
  tx: ProjectionTransaction,
  id: number,
  reference: RunReference,
): void {
  tx.run(ABANDON, { id, ...reference })
}

/** A run ends with a result. */
export function endRun(tx: ProjectionTransaction, { atMs, said }: RunStep, id: number): void {
  const { durationMs, stage, error, prUrl, inputTokens, outputTokens } = said
  const result = said.result ?? 'unknown'
  const outcome = { durationMs, stage, error, prUrl, inputTokens, outputTokens }
  tx.run(DESCRIBE, { id, ...descriptionOf(said) })
  tx.run(END, { id, atMs, result, status: statusOf(result), ...outcome })
  tx.run(END_STAGES, { id, atMs })
}

/** The bill of a whole run: kept with the run, since its parts are entries of their own. */
export function billRun(tx: ProjectionTransaction, { said }: RunStep, id: number): void {
  const { inputTokens, outputTokens, estimateMicros } = said
  tx.run(BILL, { id, inputTokens, outputTokens, estimateMicros })
}

/** Notes the job that a step of the run names; later steps may name that alone. */
export function nameJob(tx: ProjectionTransaction, id: number, jobId: string): void {
  tx.run(NAME_JOB, { id, jobId })
}

function descriptionOf({ jobId, issue, repo, branch, template, model, goal }: SaidOfRun) {
  return { jobId, issue, repo, branch, template, model, goal }
}

function statusOf(result: string): string {
  const word = result.toLowerCase()
  return (Object.hasOwn(STATUS_BY_RESULT, word) && STATUS_BY_RESULT[word]) || 'ended'
}
