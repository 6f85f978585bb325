/**
 * The names under which shell scripts know these functions, with arguments in the scripts' order.
 * Each is one call of the module's API; an empty argument is one that was left out.
 */
import { present } from './arguments.ts'
import type { Pipeline } from './pipeline.ts'
import type { CostTotal, Heartbeat, Job, Run, RunStatus } from './types.ts'
import { type LegacyData, numberOf } from './values.ts'

type Words = string | number | undefined

/** Legacy functions by their names. */
export interface PipelineCompat {
  add_event(
    type: string,
    jobId?: string,
    stage?: string,
    status?: string,
    durationSecs?: Words,
    metadata?: LegacyData,
  ): void
  add_pipeline_run(
    jobId: string,
    issue?: Words,
    goal?: string,
    branch?: string,
    template?: string,
  ): void
  update_pipeline_status(jobId: string, status: string, durationSecs?: Words): void
  record_stage(
    jobId: string,
    stage: string,
    status: string,
    durationSecs?: Words,
    error?: string,
  ): void
  query_runs(status?: RunStatus): Run[]
  db_record_cost(
    inputTokens: Words,
    outputTokens: Words,
    model: string,
    stage: string,
    costUsd: Words,
    issue?: Words,
  ): void
  db_cost_today(nowMs: number): CostTotal
  db_record_heartbeat(
    jobId: string,
    pid?: Words,
    issue?: Words,
    stage?: string,
    iteration?: Words,
    activity?: string,
  ): void
  db_list_heartbeats(): Heartbeat[]
  db_clear_heartbeat(jobId: string): boolean
  db_enqueue_issue(issue: Words): boolean
  db_dequeue_issue(): string | undefined
  db_list_active_jobs(): Job[]
  db_complete_job(issue: Words, result: string): void
  db_record_failure(
    repo: string,
    pattern: string,
    stage?: string,
    rootCause?: string,
    fix?: string,
  ): void
}

const DAY_MS = 86_400_000

/** Gives a pipeline its legacy names. */
export function pipelineCompat(pipeline: Pipeline): PipelineCompat {
  const { runs, costs, heartbeats, daemon, memory } = pipeline
  return {
    add_event: (type, jobId, stage, status, durationSecs, metadata) => {
      const duration_secs = numeric(durationSecs)
      const data = given({ job_id: jobId, stage, status, duration_secs, metadata })
      pipeline.emit({ type, data })
    },
    add_pipeline_run: (jobId, issue, goal, branch, template) =>
      void runs.start({ jobId, ...given({ issue, goal, branch, template }) }),
    update_pipeline_status: (jobId, status, durationSecs) =>
      void runs.end({ jobId }, status, spanOf(durationSecs)),
    record_stage: (jobId, stage, status, durationSecs, error) => {
      if (status === 'running' || status === 'started') {
        runs.startStage({ jobId }, stage)
        return
      }
      const result = status === 'failed' || status === 'failure' ? 'failed' : 'completed'
      runs.endStage({ jobId }, stage, result, { ...spanOf(durationSecs), ...given({ error }) })
    },
    query_runs: (status) => runs.list({ ...(status ? { status } : {}), limit: 50 }),
    db_record_cost: (inputTokens, outputTokens, model, stage, costUsd, issue) =>
      costs.put({
        inputTokens: numeric(inputTokens) ?? 0,
        outputTokens: numeric(outputTokens) ?? 0,
        costUsd: numeric(costUsd) ?? Number.NaN,
        ...given({ model, stage, issue }),
      }),
    db_cost_today: (nowMs) => costs.total({ sinceMs: nowMs - (nowMs % DAY_MS) }),
    db_record_heartbeat: (jobId, pid, issue, stage, iteration, activity) =>
      heartbeats.put(
        jobId,
        given({ pid: numeric(pid), issue, stage, iteration: numeric(iteration), activity }),
      ),
    db_list_heartbeats: () => heartbeats.list(),
    db_clear_heartbeat: (jobId) => heartbeats.delete(jobId),
    db_enqueue_issue: (issue) => daemon.enqueue(issue ?? ''),
    db_dequeue_issue: () => daemon.dequeue(),
    db_list_active_jobs: () => daemon.jobs(),
    db_complete_job: (issue, result) => daemon.finishJob(issue ?? '', result),
    db_record_failure: (repo, pattern, stage, rootCause, fix) =>
      void memory.captureFailure(repo, { pattern, ...given({ stage, rootCause, fix }) }),
  }
}

// Scripts pass '' for what they do not know.
function given(fields: LegacyData): LegacyData {
  return present(
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, value === '' ? undefined : value]),
    ),
  )
}

function numeric(value: Words): number | undefined {
  return numberOf(value) ?? undefined
}

function spanOf(seconds: Words): { durationMs?: number } {
  const number = numeric(seconds)
  return number === undefined ? {} : { durationMs: number * 1000 }
}
