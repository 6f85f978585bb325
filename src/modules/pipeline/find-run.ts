/**
 * Which run an event belongs to.
 *
 * Tools name the issue, seldom the job (0 of 28,090 events of a real log), so a run is a key (job,
 * else issue) and a time: it goes from its start to its result. Times decide and not the order of
 * the log, since copies of one log that went apart arrive one after the other.
 */
import type { ProjectionTransaction } from '../../index.ts'
import { issueOf, type LegacyData, textOf } from './values.ts'

/** What an event says of the run that it belongs to. */
export interface RunReference {
  readonly key: string
  readonly repo: string | null
  readonly atMs: number
}

// The newest runs of a key are looked at and no more: one issue can have thousands.
const NEWEST = /* sql */ `
  SELECT run_id, repo, result, begun_at_ms, ended_at_ms FROM pipeline_run
  WHERE key = :key AND begun_at_ms <= :atMs ORDER BY begun_at_ms DESC, run_id DESC LIMIT 16`
const SAME_REPO = /* sql */ `(repo IS NULL OR :repo IS NULL OR repo = :repo)`
const GOING_ON = /* sql */ `
  SELECT run_id AS id FROM (${NEWEST})
  WHERE (result IS NULL OR ended_at_ms >= :atMs) AND ${SAME_REPO}
  ORDER BY begun_at_ms DESC, run_id DESC LIMIT 1`
// A result that says how long the run took says which of several open ones it ends.
const TO_END = /* sql */ `
  SELECT run_id AS id FROM (${NEWEST}) WHERE result IS NULL AND ${SAME_REPO}
  ORDER BY abs(begun_at_ms - :begunAtMs), run_id DESC LIMIT 1`
const ANY = /* sql */ `
  SELECT run_id AS id FROM (${NEWEST}) WHERE ${SAME_REPO}
  ORDER BY begun_at_ms DESC, run_id DESC LIMIT 1`
const WITHOUT_START = /* sql */ `
  SELECT run_id AS id FROM (
    SELECT run_id, repo, started_at_ms FROM pipeline_run
    WHERE key = :key AND begun_at_ms >= :atMs ORDER BY begun_at_ms, run_id LIMIT 1)
  WHERE started_at_ms IS NULL AND ${SAME_REPO}`
const JUST_ENDED = /* sql */ `
  SELECT run_id AS id FROM pipeline_run WHERE ended_at_ms BETWEEN :atMs - 60000 AND :atMs
  ORDER BY ended_at_ms DESC, run_id DESC LIMIT 1`

/** What an event's data says of its run. */
export function referenceOf(data: LegacyData, atMs: number): RunReference {
  const job = textOf(data['job_id'])
  const key = job === null ? `issue:${issueOf(data['issue']) ?? ''}` : `job:${job}`
  return { key, repo: textOf(data['repo']), atMs }
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

/** A later run that is known only from events after its start. */
export function findRunWithoutStart(
  tx: ProjectionTransaction,
  reference: RunReference,
): number | undefined {
  return tx.get<{ id: number }>(WITHOUT_START, { ...reference })?.id
}

/**
 * The run that a bill is for. Bills often name neither job nor issue; they follow the result within
 * the second.
 */
export function findBilledRun(
  tx: ProjectionTransaction,
  reference: RunReference,
): number | undefined {
  const { atMs, key } = reference
  if (key !== 'issue:') return tx.get<{ id: number }>(ANY, { ...reference })?.id
  return tx.get<{ id: number }>(JUST_ENDED, { atMs })?.id
}
