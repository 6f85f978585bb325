/**
 * Folding a step that comes late: everything that was heard of its key is folded once more.
 *
 * Invariant: the runs of a key are what its steps give in the order of their times. A late start, result
 * or name of a job can move any later step to another run, and what those did to runs before them, so
 * nothing of the key is kept.
 */
import type { ProjectionTransaction } from '../../index.ts'
import { applyStep } from './apply-step.ts'
import { type RunStep, type StoredStep, stepsFrom } from './run-step.ts'

/**
 * The most steps that are folded once more, some ten milliseconds. An issue has tens; events that name
 * neither issue nor job share a key, and may have more. Beyond it a late step is folded as if it were in
 * time, so that no import takes quadratic time.
 */
export const MAX_STEPS = 1_000

const DROP_STAGES = /* sql */ `DELETE FROM pipeline_stage WHERE run_id = ?`
const DROP_RUN = /* sql */ `DELETE FROM pipeline_run WHERE run_id = ?`

/** Folds late steps with everything that was heard of the key. */
export function refold(tx: ProjectionTransaction, key: string, late: readonly RunStep[]): void {
  const known = stepsFrom(tx, key, Number.MIN_SAFE_INTEGER, MAX_STEPS + 1)
  if (known.length > MAX_STEPS) {
    for (const step of late) applyStep(tx, key, step)
    return
  }
  for (const id of new Set(known.map(({ runId }) => runId))) dropRun(tx, id)
  for (const step of inOrder([...known, ...late])) applyStep(tx, key, step)
}

/** Takes a run and its stages away. */
export function dropRun(tx: ProjectionTransaction, id: number): void {
  tx.run(DROP_STAGES, [id])
  tx.run(DROP_RUN, [id])
}

function inOrder(steps: readonly (RunStep | StoredStep)[]): (RunStep | StoredStep)[] {
  return [...steps].sort((one, other) => (isBefore(one, other) ? -1 : 1))
}

function isBefore(one: Pick<RunStep, 'id' | 'atMs'>, other: Pick<RunStep, 'id' | 'atMs'>): boolean {
  return one.atMs === other.atMs ? one.id < other.id : one.atMs < other.atMs
}
