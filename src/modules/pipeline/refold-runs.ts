/**
 * Folding a step that comes late: what was heard since is folded once more.
 *
 * Invariant: the runs of a key are what its steps give in the order of their times. A late start,
 * result or name of a job can move later steps to other runs, so all runs heard of since are made anew;
 * the others are as they were at its time, and stay. Any other late step moves nothing: only its own run
 * is made anew.
 */
import type { ProjectionTransaction } from '../../index.ts'
import { applyStep, changeRun, referenceOf, runOf } from './apply-step.ts'
import type { RunReference } from './find-run.ts'
import { abandonOne, beginRun, resumeRuns } from './fold-runs.ts'
import { keepStep, type RunStep, type StoredStep, stepsFrom } from './run-step.ts'

/**
 * The most steps that are folded once more. No issue has so many; events that name neither issue nor
 * job share a key, and may. Beyond it a late step is folded as if it were in time, so that no import
 * takes quadratic time.
 */
export const MAX_STEPS = 5_000

const KNOWN = /* sql */ `
  SELECT run_id AS id, known_at_ms AS knownAtMs FROM pipeline_run WHERE run_id = ?`
const DROP_STAGES = /* sql */ `DELETE FROM pipeline_stage WHERE run_id = ?`
const DROP_RUN = /* sql */ `DELETE FROM pipeline_run WHERE run_id = ?`

/** Folds a step that is earlier than others of its key. */
export function foldLate(tx: ProjectionTransaction, key: string, step: RunStep): void {
  const { kind, said } = step
  const movesOthers = kind === 'started' || kind === 'ended' || said.jobId !== null
  const runId = movesOthers ? undefined : runOf(tx, step, referenceOf(key, step))
  if (runId === undefined) refold(tx, key, [step])
  else refoldOne(tx, key, step, runId)
}

/** Folds late steps and everything that was heard of the key since the first of them. */
export function refold(tx: ProjectionTransaction, key: string, late: readonly RunStep[]): void {
  const fromMs = Math.min(...late.map(({ atMs }) => atMs))
  const runs = new Set(stepsFrom(tx, key, fromMs, MAX_STEPS + 1).map(({ runId }) => runId))
  const known = [...runs].map((id) => knownAtMs(tx, id) ?? fromMs)
  const since = stepsFrom(tx, key, Math.min(fromMs, ...known), MAX_STEPS + 1)
  if (since.length > MAX_STEPS) {
    for (const step of late) applyStep(tx, key, step)
    return
  }
  for (const id of runs) dropRun(tx, id)
  const resumed = resumeRuns(tx, key, fromMs)
  const made = new Set<number>()
  for (const step of inOrder([...since, ...late])) {
    if (!('runId' in step) || runs.has(step.runId)) made.add(applyStep(tx, key, step))
    else if (step.kind === 'started') {
      const reference = referenceOf(key, step)
      abandon(tx, made, reference)
      if (step.atMs >= fromMs) abandon(tx, resumed, reference)
    }
  }
}

/** Takes a run and its stages away. */
export function dropRun(tx: ProjectionTransaction, id: number): void {
  tx.run(DROP_STAGES, [id])
  tx.run(DROP_RUN, [id])
}

function refoldOne(tx: ProjectionTransaction, key: string, late: RunStep, runId: number): void {
  keepStep(tx, key, late, runId)
  const all = stepsFrom(tx, key, knownAtMs(tx, runId) ?? late.atMs, MAX_STEPS + 1)
  if (all.length > MAX_STEPS) {
    changeRun(tx, late, runId)
    return
  }
  dropRun(tx, runId)
  for (const step of all) {
    if (step.id === runId) beginRun(tx, step, key)
    if (step.runId === runId) changeRun(tx, step, runId)
    else if (step.kind === 'started') abandon(tx, [runId], referenceOf(key, step))
  }
}

// What runs that stay do to those that are made anew: they abandon them by their start.
function abandon(tx: ProjectionTransaction, runs: Iterable<number>, reference: RunReference) {
  for (const id of runs) abandonOne(tx, id, reference)
}

function knownAtMs(tx: ProjectionTransaction, runId: number): number | undefined {
  return tx.get<{ knownAtMs: number }>(KNOWN, [runId])?.knownAtMs
}

function inOrder(steps: readonly (RunStep | StoredStep)[]): (RunStep | StoredStep)[] {
  return [...steps].sort((one, other) => (isBefore(one, other) ? -1 : 1))
}

function isBefore(one: Pick<RunStep, 'id' | 'atMs'>, other: Pick<RunStep, 'id' | 'atMs'>): boolean {
  return one.atMs === other.atMs ? one.id < other.id : one.atMs < other.atMs
}
