/** Folding stages: one row for each attempt of a run at a stage. */
import type { ProjectionTransaction } from '../../index.ts'
import type { RunStep } from './run-step.ts'

const UNNAMED = 'unnamed'

const ADD = /* sql */ `
  INSERT INTO pipeline_stage (stage_id, run_id, stage, status, begun_at_ms)
  VALUES (:id, :runId, :stage, 'running', :begunAtMs)`
const FIND_OPEN = /* sql */ `
  SELECT stage_id AS id FROM pipeline_stage
  WHERE run_id = :runId AND stage = :stage AND status = 'running' AND begun_at_ms <= :atMs
  ORDER BY begun_at_ms DESC, stage_id DESC LIMIT 1`
const END = /* sql */ `
  UPDATE pipeline_stage SET status = :status, ended_at_ms = :atMs,
    duration_ms = coalesce(:durationMs, :atMs - begun_at_ms), error = :error
  WHERE stage_id = :id`
// What the tool has said of the whole run stands; a stage that goes on after it does not open it
// again. Status and end are indexed, and an UPDATE writes the index of every column that it names:
// they stand in a statement of their own, which seldom finds a row.
const GOES_ON = /* sql */ `
  UPDATE pipeline_run SET current_stage = :stage WHERE run_id = :runId AND result IS NULL`
const REOPEN = /* sql */ `
  UPDATE pipeline_run SET status = 'running', ended_at_ms = NULL
  WHERE run_id = :runId AND result IS NULL AND status = 'failed'`
const REPAIRED = /* sql */ `
  UPDATE pipeline_run SET status = 'running', ended_at_ms = NULL, failed_stage = NULL
  WHERE run_id = :runId AND result IS NULL AND failed_stage = :stage`
const FAILED = /* sql */ `
  UPDATE pipeline_run SET current_stage = :stage, failed_stage = :stage, status = 'failed',
    ended_at_ms = :atMs, error = coalesce(:error, error)
  WHERE run_id = :runId AND result IS NULL`

/** A stage starts. */
export function startStage(tx: ProjectionTransaction, step: RunStep, runId: number): void {
  const { id, atMs, said } = step
  const stage = said.stage ?? UNNAMED
  tx.run(ADD, { id, runId, stage, begunAtMs: atMs })
  tx.run(GOES_ON, { runId, stage })
  tx.run(REOPEN, { runId })
}

/** A stage ends; it began by its duration before where its start was not recorded. */
export function endStage(
  tx: ProjectionTransaction,
  { id, atMs, said }: RunStep,
  runId: number,
  status: 'completed' | 'failed',
): void {
  const { durationMs, error } = said
  const stage = said.stage ?? UNNAMED
  const open = tx.get<{ id: number }>(FIND_OPEN, { runId, stage, atMs })?.id
  if (open === undefined) tx.run(ADD, { id, runId, stage, begunAtMs: atMs - (durationMs ?? 0) })
  tx.run(END, { id: open ?? id, status, atMs, durationMs, error })
  if (status === 'failed') {
    tx.run(FAILED, { runId, stage, atMs, error })
    return
  }
  tx.run(GOES_ON, { runId, stage })
  tx.run(REPAIRED, { runId, stage })
  tx.run(REOPEN, { runId })
}
