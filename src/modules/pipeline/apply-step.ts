/** One step, in its place in time: its run is found or begun, changed, and noted with the step. */
import type { ProjectionTransaction } from '../../index.ts'
import {
  findBilledRun,
  findJustEnded,
  findRun,
  findRunToEnd,
  NAMELESS,
  type RunReference,
} from './find-run.ts'
import { abandonOthers, beginRun, billRun, endRun, nameJob } from './fold-runs.ts'
import { endStage, startStage } from './fold-stages.ts'
import { keepStep, type RunStep } from './run-step.ts'

/** Applies a step to its run and answers which that is. Every earlier step of the key was applied before. */
export function applyStep(tx: ProjectionTransaction, key: string, step: RunStep): number {
  const reference = referenceOf(key, step)
  const known = step.kind === 'started' ? undefined : runOf(tx, step, reference)
  const runId = known ?? step.id
  // A bill without a run is noted too: a run of its time may yet become known.
  if (known === undefined && step.kind !== 'billed') beginRun(tx, step, key)
  if (step.kind === 'started') abandonOthers(tx, runId, reference)
  changeRun(tx, step, runId)
  keepStep(tx, key, step, runId)
  return runId
}

/** What a step says of its run, whose key is known. */
export function referenceOf(key: string, { said, atMs }: RunStep): RunReference {
  return { key, jobId: said.jobId, repo: said.repo, atMs }
}

/** The run that a step belongs to, as far as the tables know. */
export function runOf(
  tx: ProjectionTransaction,
  { kind, atMs, said }: RunStep,
  reference: RunReference,
): number | undefined {
  if (kind === 'ended') return findRunToEnd(tx, reference, atMs - (said.durationMs ?? 0))
  if (kind !== 'billed') return findRun(tx, reference)
  const isNamed = said.issue !== null || said.jobId !== null || reference.key === NAMELESS
  return isNamed ? findBilledRun(tx, reference) : findJustEnded(tx, atMs, reference.key)?.id
}

/** Does to a run what a step of it says. */
export function changeRun(tx: ProjectionTransaction, step: RunStep, runId: number): void {
  const { kind, said } = step
  if (said.jobId !== null) nameJob(tx, runId, said.jobId)
  if (kind === 'stage-started') startStage(tx, step, runId)
  else if (kind === 'stage-completed') endStage(tx, step, runId, 'completed')
  else if (kind === 'stage-failed') endStage(tx, step, runId, 'failed')
  else if (kind === 'ended') endRun(tx, step, runId)
  else if (kind === 'billed') billRun(tx, step, runId)
}
