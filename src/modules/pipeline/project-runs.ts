/**
 * Folding runs and their stages.
 *
 * Invariant: a run has a `result` once its tool has said one; until then a failed stage makes it
 * `failed`, and the next stage that starts makes it `running` again. A run that never gets its
 * result is `abandoned` when the next one of its key starts.
 */
import type { ProjectionTransaction, Projector, RecordedEvent } from '../../index.ts'
import {
  findBilledRun,
  findRun,
  findRunToEnd,
  findRunWithoutStart,
  referenceOf,
} from './find-run.ts'
import { isTeamStream } from './streams.ts'
import {
  durationOf,
  fieldsOf,
  integerOf,
  issueOf,
  type LegacyData,
  textOf,
  usdMicrosOf,
} from './values.ts'

const ADD_RUN = /* sql */ `
  INSERT INTO pipeline_run (run_id, key, status, begun_at_ms, started_at_ms, job_id, issue, repo,
    branch, template, model, goal)
  VALUES (:id, :key, 'running', :begunAtMs, :startedAtMs, :jobId, :issue, :repo, :branch, :template,
    :model, :goal)`
const DESCRIBE = /* sql */ `
  UPDATE pipeline_run SET
    job_id = coalesce(job_id, :jobId), issue = coalesce(issue, :issue),
    repo = coalesce(:repo, repo), branch = coalesce(:branch, branch),
    template = coalesce(:template, template), model = coalesce(:model, model),
    goal = coalesce(:goal, goal)
  WHERE run_id = :id`
const START = /* sql */ `
  UPDATE pipeline_run SET started_at_ms = :atMs, begun_at_ms = :atMs WHERE run_id = :id`
const ABANDON = /* sql */ `
  UPDATE pipeline_run SET status = 'abandoned'
  WHERE key = :key AND status = 'running' AND run_id <> :id AND begun_at_ms <= :atMs
    AND (repo IS NULL OR :repo IS NULL OR repo = :repo)`
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
    estimated_cost_usd_micros = coalesce(:micros, estimated_cost_usd_micros)
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

/** A run starts. */
export const projectRunStarted: Projector<LegacyData> = (tx, event) => {
  if (isTeamStream(event.stream)) return
  const data = fieldsOf(event.data)
  const { occurredAtMs: atMs, sequence } = event
  const reference = referenceOf(data, atMs)
  const known = findRunWithoutStart(tx, reference)
  if (known === undefined) {
    const { key } = reference
    const times = { begunAtMs: atMs, startedAtMs: atMs }
    tx.run(ADD_RUN, { id: sequence, key, ...times, ...descriptionOf(data) })
  } else {
    tx.run(START, { id: known, atMs })
    tx.run(DESCRIBE, { id: known, ...descriptionOf(data) })
  }
  tx.run(ABANDON, { id: known ?? sequence, ...reference })
}

/** A run ends with the result that its data names, or else with `usually`. */
export function projectRunEnded(usually: string | null): Projector<LegacyData> {
  return (tx, event) => {
    if (isTeamStream(event.stream)) return
    const data = fieldsOf(event.data)
    const { occurredAtMs: atMs, sequence } = event
    const reference = referenceOf(data, atMs)
    const durationMs = durationOf(data)
    const begunAtMs = atMs - (durationMs ?? 0)
    const result = textOf(data['result']) ?? textOf(data['status']) ?? usually ?? 'unknown'
    const known = findRunToEnd(tx, reference, begunAtMs)
    const id = known ?? sequence
    if (known === undefined) addWithoutStart(tx, id, reference.key, begunAtMs, data)
    else tx.run(DESCRIBE, { id, ...descriptionOf(data) })
    tx.run(END, {
      id,
      atMs,
      durationMs,
      result,
      status: statusOf(result),
      stage: textOf(data['stage']),
      error: textOf(data['error']),
      prUrl: textOf(data['pr_url']),
      inputTokens: integerOf(data['input_tokens']),
      outputTokens: integerOf(data['output_tokens']),
    })
    tx.run(END_STAGES, { id, atMs })
  }
}

/** The bill of a whole run: kept with the run, since its parts are entries of their own. */
export const projectRunCost: Projector<LegacyData> = (tx, event) => {
  if (isTeamStream(event.stream)) return
  const data = fieldsOf(event.data)
  const id = findBilledRun(tx, referenceOf(data, event.occurredAtMs))
  if (id === undefined) return
  tx.run(BILL, {
    id,
    inputTokens: integerOf(data['input_tokens']),
    outputTokens: integerOf(data['output_tokens']),
    micros: usdMicrosOf(data['estimated_cost_usd']) ?? usdMicrosOf(data['cost_usd']),
  })
}

/** The run of an event that is neither start nor end; begun now where none goes on. */
export function runOf(
  tx: ProjectionTransaction,
  { sequence, occurredAtMs }: RecordedEvent,
  data: LegacyData,
  begunAtMs: number,
): number {
  const reference = referenceOf(data, occurredAtMs)
  const known = findRun(tx, reference)
  if (known !== undefined) return known
  addWithoutStart(tx, sequence, reference.key, begunAtMs, data)
  return sequence
}

function addWithoutStart(
  tx: ProjectionTransaction,
  id: number,
  key: string,
  begunAtMs: number,
  data: LegacyData,
): void {
  tx.run(ADD_RUN, { id, key, begunAtMs, startedAtMs: null, ...descriptionOf(data) })
}

function descriptionOf(data: LegacyData) {
  return {
    jobId: textOf(data['job_id']),
    issue: issueOf(data['issue']),
    repo: textOf(data['repo']),
    branch: textOf(data['branch']),
    template: textOf(data['pipeline']) ?? textOf(data['template']),
    model: textOf(data['model']),
    goal: textOf(data['goal']),
  }
}

function statusOf(result: string): string {
  const word = result.toLowerCase()
  return (Object.hasOwn(STATUS_BY_RESULT, word) && STATUS_BY_RESULT[word]) || 'ended'
}
