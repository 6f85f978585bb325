/** Carries out a plan, source by source; one that cannot be read does not keep the others waiting. */
import { isStoreError } from '../errors.ts'
import type { ImportTarget } from './append-imported.ts'
import { addTally, newTally } from './counts.ts'
import { importSource, type SourceOutcome } from './import-source.ts'
import type { FullPlan } from './plan.ts'
import type { Reject } from './rejects.ts'
import { RenamedFiles } from './renamed-files.ts'
import { type Retirement, retire } from './retire.ts'
import { newProgress, type SourceProgress } from './source-progress.ts'
import type { SourceJob } from './source-reading.ts'
import type { ImportOptions, ImportReport, RejectedItem, SourceReport } from './types.ts'

const SHOWN_LENGTH = 200
// Faults of one source; all others are the store's, and the next source would meet them too.
const FAULTS_OF_A_SOURCE = ['IO', 'NOT_FOUND', 'IMPORT_INVALID'] as const

/** Imports what a plan lists. */
export function runImport(
  target: ImportTarget,
  plan: Pick<FullPlan, 'jobs' | 'unreadable' | 'skipped' | 'skippedCount' | 'unusedAs'>,
  options: Pick<ImportOptions, 'retire' | 'onProgress'> = {},
): ImportReport {
  const total = newTally()
  const sources: SourceReport[] = []
  // All of them first: what stands at an old path now is told by where its file has gone.
  const jobs = new RenamedFiles(target.connection).follow(plan.jobs)
  for (const [sourcesDone, job] of jobs.entries()) {
    const { path, sizeBytes } = job.source
    const before = total.stored
    const onSlice = (bytesDone: number, stored: number) =>
      options.onProgress?.({
        path,
        sizeBytes,
        bytesDone,
        stored: before + stored,
        sourcesDone,
        sources: jobs.length,
      })
    const report = importOne(target, job, onSlice, options.retire ?? false)
    addTally(total, report)
    sources.push(report)
  }
  for (const { path, relativePath, problem } of plan.unreadable) {
    sources.push(failed({ path, relativePath, becomes: 'nothing', target: null }, problem))
  }
  const { skipped, skippedCount, unusedAs } = plan
  return { ...total, backup: null, sources, skipped, skippedCount, unusedAs }
}

function importOne(
  target: ImportTarget,
  job: SourceJob,
  onSlice: (bytesDone: number, stored: number) => void,
  mustRetire: boolean,
): SourceReport {
  const progress = newProgress()
  try {
    const outcome = importSource(target, job, onSlice, progress)
    const retired = mustRetire ? retire(target, outcome.job) : { retiredTo: null, notRetired: null }
    return toReport(outcome, progress, retired)
  } catch (error) {
    if (isStoreError(error) && !FAULTS_OF_A_SOURCE.some((code) => error.code === code)) throw error
    const { path, relativePath } = job.source
    const source = { path, relativePath, becomes: job.becomes, target: nameOf(job) }
    return failed(source, error instanceof Error ? error.message : String(error), progress)
  }
}

function toReport(
  outcome: SourceOutcome,
  { tally, rejects }: SourceProgress,
  retired: Retirement,
): SourceReport {
  const { job } = outcome
  const { path, relativePath } = job.source
  return {
    path,
    relativePath,
    becomes: job.becomes,
    target: nameOf(job),
    outcome: outcome.isUnchanged ? 'unchanged' : 'imported',
    problem: null,
    ...tally,
    rejects: rejects.map(show),
    unfinishedBytes: outcome.unfinishedBytes,
    ...retired,
  }
}

function failed(
  source: Pick<SourceReport, 'path' | 'relativePath' | 'becomes' | 'target'>,
  problem: string,
  { tally, rejects }: SourceProgress = newProgress(),
): SourceReport {
  return {
    ...source,
    outcome: 'failed',
    problem,
    ...tally,
    rejects: rejects.map(show),
    unfinishedBytes: 0,
    retiredTo: null,
    notRetired: null,
  }
}

function nameOf({ becomes, target }: SourceJob): string {
  return becomes === 'module' ? target : target.slice(target.indexOf(':') + 1)
}

function show({ line, endLine, reason, raw }: Reject): RejectedItem {
  return {
    line: line ?? null,
    endLine: endLine ?? line ?? null,
    reason,
    raw: raw.slice(0, SHOWN_LENGTH),
  }
}
