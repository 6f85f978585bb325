/** What the module's API takes and gives. Times are epoch milliseconds, money whole millionths of a US dollar. */
import type { EventMetadata } from '../../index.ts'
import type { LegacyData } from './values.ts'

export type * from './memory-types.ts'

/** An event under the tool's own name: `stage.completed`, `patrol.finding`, anything. */
export interface EmittedEvent {
  /** The tool's own name for it, whatever its form. */
  readonly type: string
  /** What the tool writes of it; it is stored as it is. Default: empty. */
  readonly data?: LegacyData
  /** Left out: `ts_epoch` or `ts` of the data, else now. */
  readonly occurredAtMs?: number
  /** Who did it and why. */
  readonly metadata?: EventMetadata
  /** Makes it safe to emit again: see `AppendOptions`. */
  readonly idempotencyKey?: string
}

/** An event as it was emitted, with its place in the log. */
export interface PipelineEvent {
  readonly sequence: number
  /** The tool's own name; `undefined` for a record that has none. */
  readonly type: string | undefined
  readonly data: LegacyData
  readonly occurredAtMs: number
}

/** What names a run: its job, or the issue that it works on. */
export interface RunName {
  /** The job that works on it; names it where no issue does. */
  readonly jobId?: string
  /** The issue that it works on; names it before the job does. */
  readonly issue?: string | number
  /** Tells runs of the same name apart where both sides give one. */
  readonly repo?: string
}

/** What a run is started with. */
export interface NewRun extends RunName {
  /** What it is to reach, in words. */
  readonly goal?: string
  /** The branch that it works on. */
  readonly branch?: string
  /** The kind of pipeline. */
  readonly template?: string
  /** The model that it works with. */
  readonly model?: string
}

/** How a run or stage came out. */
export interface Outcome {
  /** How long it took; left out: what lies between its start and its end. */
  readonly durationMs?: number
  /** What went wrong, in words. */
  readonly error?: string
}

/** `'ended'`: with a result that is neither; `'abandoned'`: another run of the same name began. */
export type RunStatus = 'running' | 'succeeded' | 'failed' | 'cancelled' | 'ended' | 'abandoned'

/** One run of a pipeline. */
export interface Run {
  readonly id: number
  readonly jobId: string | null
  readonly issue: string | null
  readonly repo: string | null
  readonly branch: string | null
  readonly template: string | null
  readonly model: string | null
  readonly goal: string | null
  readonly status: RunStatus
  /** The tool's own word for how it ended; `null` until it has said one. */
  readonly result: string | null
  /** Known, or concluded from the first event and its duration. */
  readonly begunAtMs: number
  /** `null` where the start was not recorded. */
  readonly startedAtMs: number | null
  readonly endedAtMs: number | null
  readonly durationMs: number | null
  readonly currentStage: string | null
  readonly failedStage: string | null
  readonly error: string | null
  readonly prUrl: string | null
  readonly inputTokens: number | null
  readonly outputTokens: number | null
  /** Of the whole run, as its tool guessed; not part of any sum of costs. */
  readonly estimatedCostUsdMicros: number | null
}

/** Which runs. */
export interface RunFilter {
  /** Only those in this status. */
  readonly status?: RunStatus
  /** Only those of this issue. */
  readonly issue?: string | number
  /** Only those of which this stage failed. */
  readonly failedStage?: string
  /** Begun at this time or later. */
  readonly sinceMs?: number
  /** Begun before this time: the last `begunAtMs` of the page before. */
  readonly beforeMs?: number
  /** Default 100, at most 10,000. */
  readonly limit?: number
}

/** One attempt of a run at a stage. */
export interface Stage {
  readonly id: number
  readonly runId: number
  readonly stage: string
  readonly status: 'running' | 'completed' | 'failed' | 'abandoned'
  readonly begunAtMs: number
  readonly endedAtMs: number | null
  readonly durationMs: number | null
  readonly error: string | null
}

/** A cost to be recorded. */
export interface NewCost {
  /** In US dollars, kept to the millionth. */
  readonly costUsd: number
  /** Tokens that were read. Default 0. */
  readonly inputTokens?: number
  /** Tokens that were written. Default 0. */
  readonly outputTokens?: number
  /** The model that was paid for. */
  readonly model?: string
  /** The stage that it was spent in. */
  readonly stage?: string
  /** The issue that it was spent on. */
  readonly issue?: string | number
  /** When it was spent. Default: now. */
  readonly occurredAtMs?: number
}

/** A cost, once, however many places say it. */
export interface Cost {
  readonly id: number
  readonly occurredAtMs: number
  readonly model: string | null
  readonly stage: string | null
  readonly issue: string | null
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costUsdMicros: number
}

/** From (inclusive) and until (exclusive); left out: without bound. */
export interface TimeWindow {
  /** Inclusive. */
  readonly sinceMs?: number
  /** Exclusive. */
  readonly untilMs?: number
}

/** Sums of costs. */
export interface CostTotal {
  readonly entries: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costUsdMicros: number
}

/** Sums of costs of one day (`2026-03-02`), model, stage or issue. */
export interface CostGroup extends CostTotal {
  readonly group: string | null
}

/** What may be spent in a day. */
export interface Budget {
  readonly dailyUsd: number | null
  readonly isEnabled: boolean
}

/** What a job says of itself now and then. */
export interface NewHeartbeat {
  /** The process of the job. */
  readonly pid?: number
  /** The issue that it works on. */
  readonly issue?: string | number
  /** The stage that it is in. */
  readonly stage?: string
  /** Which attempt at the stage it is. */
  readonly iteration?: number
  /** What it does, in words. */
  readonly activity?: string
  /** What it takes of memory, in megabytes. */
  readonly memoryMb?: number
  /** What it takes of one processor, in per cent. */
  readonly cpuPct?: number
  /** The machine that it runs on. */
  readonly machine?: string
}

/** The latest heartbeat of a job. */
export interface Heartbeat {
  readonly jobId: string
  readonly pid: number | null
  readonly issue: string | null
  readonly stage: string | null
  readonly iteration: number | null
  readonly activity: string | null
  readonly memoryMb: number | null
  readonly cpuPct: number | null
  readonly machine: string | null
  readonly updatedAtMs: number
}

/** A daemon that works off a queue. */
export interface Daemon {
  readonly pid: number | null
  readonly startedAtMs: number | null
  readonly lastPollAtMs: number | null
  readonly pollIntervalS: number | null
  readonly maxParallel: number | null
  readonly updatedAtMs: number
}

/** A job that the daemon works on. */
export interface Job {
  readonly issue: string | null
  readonly jobId: string | null
  readonly title: string | null
  readonly goal: string | null
  readonly stage: string | null
  readonly pid: number | null
  readonly repo: string | null
  readonly branch: string | null
  readonly worktree: string | null
  readonly template: string | null
  readonly startedAtMs: number | null
}

/** An issue that waits. */
export interface QueuedIssue {
  readonly issue: string
  readonly title: string | null
  readonly score: number | null
}

/** A job that is done. */
export interface FinishedJob {
  readonly id: number
  readonly issue: string | null
  readonly jobId: string | null
  readonly result: string | null
  readonly exitCode: number | null
  readonly durationMs: number | null
  readonly completedAtMs: number
}
