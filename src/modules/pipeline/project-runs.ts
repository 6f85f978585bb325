/** Projectors of everything that is heard of runs and their stages. */
import type { ProjectionTransaction, Projector } from '../../index.ts'
import { applyStep } from './apply-step.ts'
import { findJustEnded, keyOf, keyOfJob } from './find-run.ts'
import { dropRun, MAX_STEPS, refold } from './refold-runs.ts'
import { forgetSteps, isLate, type RunStep, type StepKind, stepOf, stepsFrom } from './run-step.ts'
import { isTeamStream } from './streams.ts'
import type { LegacyData } from './values.ts'

/** Folds an event as a step of a run; a result is `usually` this where the event names none. */
export function projectStep(kind: StepKind, usually: string | null = null): Projector<LegacyData> {
  return (tx, event) => {
    if (isTeamStream(event.stream)) return
    const step = stepOf(kind, event, usually)
    const key = keyOfStep(tx, step)
    if (key === undefined) return
    const joined = stepsOfItsJob(tx, step)
    if (joined.length > 0) refold(tx, key, [...joined, step])
    else if (isLate(tx, key, step.atMs)) refold(tx, key, [step])
    else applyStep(tx, key, step)
  }
}

// Bills often name neither job nor issue.
function keyOfStep(tx: ProjectionTransaction, { kind, atMs, said }: RunStep): string | undefined {
  const isNameless = said.issue === null && said.jobId === null
  return kind === 'billed' && isNameless ? findJustEnded(tx, atMs, null)?.key : keyOf(tx, said)
}

// The first event that names a job and its issue tells which runs the steps belong to that named
// the job alone.
function stepsOfItsJob(tx: ProjectionTransaction, { said }: RunStep): RunStep[] {
  if (said.issue === null || said.jobId === null) return []
  const key = keyOfJob(said.jobId)
  const steps = stepsFrom(tx, key, Number.MIN_SAFE_INTEGER, MAX_STEPS + 1)
  if (steps.length > MAX_STEPS) return []
  for (const id of new Set(steps.map(({ runId }) => runId))) dropRun(tx, id)
  forgetSteps(tx, key)
  return steps.map(({ runId: _, ...step }) => step)
}
