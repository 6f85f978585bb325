/**
 * Which run a step belongs to.
 *
 * Tools name the issue, seldom the job (0 of 28,090 events of a real log), and some name the job only
 * at start and end. So a run is a key (the issue, or the job of which no issue is known) and a time: it
 * goes from its start to its result. A job, like a repository, tells runs of one key apart where both
 * the run and the step name one.
 */
import type { ProjectionTransaction } from '../../index.ts'
import type { SaidOfRun } from './run-step.ts'

/** What a step says of the run that it belongs to. */
export interface RunReference {
  readonly key: string
  readonly jobId: string | null
  readonly repo: string | null
  readonly atMs: number
}

/** That a run may be the one of a reference. */
export const SAME_NAMES = /* sql */ `
  (repo IS NULL OR :repo IS NULL OR repo = :repo)
  AND (job_id IS NULL OR :jobId IS NULL OR job_id = :jobId)`

// The newest runs of a key are looked at and no more: one issue can have thousands. A run that was
// concluded from the duration of a later step is not known before that step.
const NEWEST = /* sql */ `
  SELECT run_id, repo, job_id, result, begun_at_ms, known_at_ms, ended_at_ms
  FROM pipeline_run
  WHERE key = :key AND begun_at_ms <= :atMs AND known_at_ms <= :atMs
  ORDER BY begun_at_ms DESC, known_at_ms DESC, run_id DESC LIMIT 16`
const NAMED_FIRST = /* sql */ `:jobId IS NOT NULL AND job_id IS NOT :jobId`
const GOING_ON = /* sql */ `
  SELECT run_id AS id FROM (${NEWEST})
  WHERE (result IS NULL OR ended_at_ms >= :atMs) AND ${SAME_NAMES}
  ORDER BY ${NAMED_FIRST}, begun_at_ms DESC, known_at_ms DESC, run_id DESC LIMIT 1`
// A result that says how long the run took says which of several open ones it ends.
const TO_END = /* sql */ `
  SELECT run_id AS id FROM (${NEWEST})
  WHERE (result IS NULL OR ended_at_ms > :atMs) AND ${SAME_NAMES}
  ORDER BY ${NAMED_FIRST}, abs(begun_at_ms - :begunAtMs), begun_at_ms DESC, known_at_ms DESC,
    run_id DESC LIMIT 1`
const ANY = /* sql */ `
  SELECT run_id AS id FROM (${NEWEST}) WHERE ${SAME_NAMES}
  ORDER BY ${NAMED_FIRST}, begun_at_ms DESC, known_at_ms DESC, run_id DESC LIMIT 1`
const JUST_ENDED = /* sql */ `
  SELECT run_id AS id, key FROM pipeline_run
  WHERE ended_at_ms BETWEEN :atMs - 60000 AND :atMs AND (:key IS NULL OR key = :key)
  ORDER BY ended_at_ms DESC, run_id DESC LIMIT 1`
const KEY_OF_JOB = /* sql */ `
  SELECT key FROM pipeline_run WHERE job_id = ? ORDER BY begun_at_ms DESC, run_id DESC LIMIT 1`

/** The key of steps that name neither issue nor job. */
export const NAMELESS = 'issue:'

/** The key of the runs that a step can belong to. */
export function keyOf(
  tx: { get<Row>(sql: string, parameters: readonly [string]): Row | undefined },
  { issue, jobId }: Pick<SaidOfRun, 'issue' | 'jobId'>,
): string {
  if (issue !== null) return `issue:${issue}`
  if (jobId === null) return NAMELESS
  return tx.get<{ key: string }>(KEY_OF_JOB, [jobId])?.key ?? keyOfJob(jobId)
}

/** The key of a job of which no issue is known. */
export function keyOfJob(jobId: string): string {
  return `job:${jobId}`
}

/** The run that goes on at that time. */
export function findRun(tx: ProjectionTransaction, reference: RunReference): number | undefined {
  return tx.get<{ id: number }>(GOING_ON, { ...reference })?.id
}

/** The run that a result at that time ends. */
export function findRunToEnd(
  tx: ProjectionTransaction,
  reference: RunReference,
  begunAtMs: number,
): number | undefined {
  return tx.get<{ id: number }>(TO_END, { ...reference, begunAtMs })?.id
}

/** The newest run that had begun at that time; a bill can come after the result. */
export function findBilledRun(
  tx: ProjectionTransaction,
  reference: RunReference,
): number | undefined {
  return tx.get<{ id: number }>(ANY, { ...reference })?.id
}

/** The run that a nameless bill is for: it follows the result within the second. */
export function findJustEnded(
  tx: ProjectionTransaction,
  atMs: number,
  key: string | null,
): { readonly id: number; readonly key: string } | undefined {
  return tx.get<{ id: number; key: string }>(JUST_ENDED, { atMs, key })
}
