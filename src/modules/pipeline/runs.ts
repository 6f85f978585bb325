/** Runs and their stages. */
import type { ModuleStore } from '../../index.ts'
import { limitOf, nameOf, present, secondsOf } from './arguments.ts'
import { emitEvent } from './emit.ts'
import { keyOf, SAME_NAMES } from './find-run.ts'
import type { NewRun, Outcome, Run, RunFilter, RunName, Stage } from './types.ts'
import { issueOf, type LegacyData, textOf } from './values.ts'

const RUN = /* sql */ `
  SELECT run_id AS id, job_id AS jobId, issue, repo, branch, template, model, goal, status, result,
    begun_at_ms AS begunAtMs, started_at_ms AS startedAtMs, ended_at_ms AS endedAtMs,
    duration_ms AS durationMs, current_stage AS currentStage, failed_stage AS failedStage, error,
    pr_url AS prUrl, input_tokens AS inputTokens, output_tokens AS outputTokens,
    estimated_cost_usd_micros AS estimatedCostUsdMicros
  FROM pipeline_run`
const GET = /* sql */ `${RUN} WHERE run_id = ?`
const LATEST = /* sql */ `
  ${RUN} WHERE key = :key AND ${SAME_NAMES}
  ORDER BY begun_at_ms DESC, run_id DESC LIMIT 1`
const LIST = /* sql */ `
  ${RUN} WHERE begun_at_ms >= :sinceMs AND begun_at_ms < :beforeMs
    AND (:status IS NULL OR status = :status) AND (:issue IS NULL OR issue = :issue)
    AND (:failedStage IS NULL OR failed_stage = :failedStage)
  ORDER BY begun_at_ms DESC, run_id DESC LIMIT :limit`
const STAGES = /* sql */ `
  SELECT stage_id AS id, run_id AS runId, stage, status, begun_at_ms AS begunAtMs,
    ended_at_ms AS endedAtMs, duration_ms AS durationMs, error
  FROM pipeline_stage WHERE run_id = ? ORDER BY begun_at_ms, stage_id LIMIT 10000`

/** What a run ended with, besides its result. */
export interface RunOutcome extends Outcome {
  readonly prUrl?: string
  readonly inputTokens?: number
  readonly outputTokens?: number
}

/** Runs by the events that make them. */
export class Runs {
  readonly #store: ModuleStore

  /** @internal Use `store.pipeline.runs`. */
  constructor(store: ModuleStore) {
    this.#store = store
  }

  /** Starts a run; an unfinished one of the same name is abandoned by that. */
  start(run: NewRun): Run | undefined {
    const { template, goal, branch, model } = run
    return this.#emit('pipeline.started', run, { pipeline: template, goal, branch, model })
  }

  /** Ends the run that is going on; `result` is `'success'`, `'failure'`, `'cancelled'` or one's own word. */
  end(run: RunName, result: string, outcome: RunOutcome = {}): Run | undefined {
    const { durationMs, error, prUrl, inputTokens, outputTokens } = outcome
    return this.#emit('pipeline.completed', run, {
      result: nameOf(result, 'result'),
      duration_s: secondsOf(durationMs),
      error,
      pr_url: prUrl,
      input_tokens: inputTokens,
      output_tokens: outputTokens,
    })
  }

  /** Starts a stage of the run that is going on. */
  startStage(run: RunName, stage: string): Run | undefined {
    return this.#emit('stage.started', run, { stage: nameOf(stage, 'stage') })
  }

  /** Ends a stage of the run that is going on. */
  endStage(
    run: RunName,
    stage: string,
    result: 'completed' | 'failed',
    { durationMs, error }: Outcome = {},
  ): Run | undefined {
    const data = { stage: nameOf(stage, 'stage'), duration_s: secondsOf(durationMs), error }
    return this.#emit(`stage.${result}`, run, data)
  }

  /** A run by its id. */
  get(id: number): Run | undefined {
    return this.#store.read((tx) => tx.get<Run>(GET, [id]))
  }

  /** The newest run of a job or issue. */
  latest(run: RunName): Run | undefined {
    const data = dataOf(run)
    const names = {
      jobId: textOf(data['job_id']),
      issue: issueOf(data['issue']),
      repo: textOf(data['repo']),
    }
    return this.#store.read((tx) => {
      const { jobId, repo } = names
      return tx.get<Run>(LATEST, { key: keyOf(tx, names), jobId, repo })
    })
  }

  /** Runs, the newest first. */
  list(filter: RunFilter = {}): Run[] {
    const { status = null, issue, failedStage = null, sinceMs = 0, beforeMs } = filter
    return this.#store.read((tx) =>
      tx.all<Run>(LIST, {
        status,
        issue: issue === undefined ? null : issueOf(issue),
        failedStage,
        sinceMs,
        beforeMs: beforeMs ?? Number.MAX_SAFE_INTEGER,
        limit: limitOf(filter.limit),
      }),
    )
  }

  /** The stages of a run, in order; a stage that was tried again is there again. */
  stages(runId: number): Stage[] {
    return this.#store.read((tx) => tx.all<Stage>(STAGES, [runId]))
  }

  #emit(type: string, run: RunName, fields: LegacyData): Run | undefined {
    return this.#store.write((tx) => {
      emitEvent(tx, { type, data: present({ ...dataOf(run), ...fields }) })
      return this.latest(run)
    })
  }
}

function dataOf({ jobId, issue, repo }: RunName): LegacyData {
  return present({ job_id: jobId, issue, repo })
}
