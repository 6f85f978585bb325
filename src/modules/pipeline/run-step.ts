/**
 * Steps: what was heard of runs, in the order of time.
 *
 * Runs follow from the times of their events and from nothing else, but copies of one log that went
 * apart arrive one after the other. So what an event says of a run is kept as a step; one that comes
 * late has all steps of its key folded once more (`refold-runs.ts`), and every order in which the
 * events of a log can arrive ends in the same runs.
 */
import type { ProjectionTransaction, RecordedEvent } from '../../index.ts'
import {
  durationOf,
  fieldsOf,
  integerOf,
  issueOf,
  type LegacyData,
  textOf,
  usdMicrosOf,
} from './values.ts'

/** What a step does to its run. */
export type StepKind =
  | 'started'
  | 'stage-started'
  | 'stage-completed'
  | 'stage-failed'
  | 'ended'
  | 'billed'

/** What an event says of a run; what it leaves unsaid is `null`. */
export interface SaidOfRun {
  readonly jobId: string | null
  readonly issue: string | null
  readonly repo: string | null
  readonly branch: string | null
  readonly template: string | null
  readonly model: string | null
  readonly goal: string | null
  readonly stage: string | null
  readonly durationMs: number | null
  readonly result: string | null
  readonly error: string | null
  readonly prUrl: string | null
  readonly inputTokens: number | null
  readonly outputTokens: number | null
  readonly estimateMicros: number | null
}

/** One step; `id` is the sequence of its event. */
export interface RunStep {
  readonly id: number
  readonly atMs: number
  readonly kind: StepKind
  readonly said: SaidOfRun
}

/** A step as it stands in the table. */
export interface StoredStep extends RunStep {
  readonly runId: number
}

const UNSAID: SaidOfRun = {
  jobId: null,
  issue: null,
  repo: null,
  branch: null,
  template: null,
  model: null,
  goal: null,
  stage: null,
  durationMs: null,
  result: null,
  error: null,
  prUrl: null,
  inputTokens: null,
  outputTokens: null,
  estimateMicros: null,
}
const KEEP = /* sql */ `
  INSERT INTO pipeline_step (key, at_ms, step_id, run_id, kind, said)
  VALUES (:key, :atMs, :id, :runId, :kind, :said)
  ON CONFLICT (key, at_ms, step_id) DO UPDATE SET run_id = excluded.run_id`
const LATEST = /* sql */ `
  SELECT at_ms AS atMs FROM pipeline_step WHERE key = ? ORDER BY at_ms DESC LIMIT 1`
const FROM = /* sql */ `
  SELECT step_id AS id, at_ms AS atMs, run_id AS runId, kind, said FROM pipeline_step
  WHERE key = :key AND at_ms >= :fromMs ORDER BY at_ms, step_id LIMIT :limit`
const FORGET_KEY = /* sql */ `DELETE FROM pipeline_step WHERE key = ?`

/** The step that an event is; `usually` is the result where it names none. */
export function stepOf(kind: StepKind, event: RecordedEvent, usually: string | null): RunStep {
  const data = fieldsOf(event.data)
  const said = {
    ...UNSAID,
    jobId: textOf(data['job_id']),
    issue: issueOf(data['issue']),
    repo: textOf(data['repo']),
  }
  return {
    id: event.sequence,
    atMs: event.occurredAtMs,
    kind,
    said: { ...said, ...saidBy(kind, data, usually) },
  }
}

/** Keeps a step with the run that it was found to belong to. */
export function keepStep(
  tx: ProjectionTransaction,
  key: string,
  step: RunStep,
  runId: number,
): void {
  const { id, atMs, kind } = step
  tx.run(KEEP, { key, atMs, id, runId, kind, said: textOfSaid(step.said) })
}

/** Whether a later step of the key is known already. */
export function isLate(tx: ProjectionTransaction, key: string, atMs: number): boolean {
  const latest = tx.get<{ atMs: number }>(LATEST, [key])
  return latest !== undefined && latest.atMs > atMs
}

/** Steps of a key from a time on, in the order of time. */
export function stepsFrom(
  tx: ProjectionTransaction,
  key: string,
  fromMs: number,
  limit: number,
): StoredStep[] {
  const rows = tx.all<Omit<StoredStep, 'said'> & { said: string }>(FROM, { key, fromMs, limit })
  return rows.map((row) => ({ ...row, said: { ...UNSAID, ...JSON.parse(row.said) } }))
}

/** Takes the steps of a key away; they are kept again under another one. */
export function forgetSteps(tx: ProjectionTransaction, key: string): void {
  tx.run(FORGET_KEY, [key])
}

function saidBy(kind: StepKind, data: LegacyData, usually: string | null): Partial<SaidOfRun> {
  const tokens = () => ({
    inputTokens: integerOf(data['input_tokens']),
    outputTokens: integerOf(data['output_tokens']),
  })
  if (kind === 'billed') {
    const micros = usdMicrosOf(data['estimated_cost_usd']) ?? usdMicrosOf(data['cost_usd'])
    return { ...tokens(), estimateMicros: micros }
  }
  const stage = textOf(data['stage'])
  const description = {
    branch: textOf(data['branch']),
    template: textOf(data['pipeline']) ?? textOf(data['template']),
    model: textOf(data['model']),
    goal: textOf(data['goal']),
  }
  if (kind === 'started') return description
  const durationMs = durationOf(data)
  const error = textOf(data['error'])
  if (kind !== 'ended') return { ...description, stage, durationMs, error }
  const result = textOf(data['result']) ?? textOf(data['status']) ?? usually ?? 'unknown'
  return {
    ...description,
    ...tokens(),
    stage,
    durationMs,
    error,
    result,
    prUrl: textOf(data['pr_url']),
  }
}

// Most of what could be said is not, and a row of nulls would be longer than the event.
function textOfSaid(said: SaidOfRun): string {
  return JSON.stringify(said, (_, value) => value ?? undefined)
}
