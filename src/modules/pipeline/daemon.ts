/**
 * The daemon: jobs that it works on, issues that wait, jobs that are done.
 *
 * Its state is one document, replaced as a whole, so that a change is read-change-write in one
 * transaction: two that take from the queue at once get two issues.
 */
import type { ModuleStore, ReadTransaction, WriteTransaction } from '../../index.ts'
import { issueNameOf, limitOf, present } from './arguments.ts'
import { queueOf } from './project-daemon.ts'
import { streamOf } from './streams.ts'
import type { Daemon, FinishedJob, Job, QueuedIssue, TimeWindow } from './types.ts'
import { fieldsOf, isObject, issueOf, type LegacyData, objectsOf } from './values.ts'

const STREAM = streamOf('daemon', 'main')
const DAEMON = /* sql */ `
  SELECT pid, started_at_ms AS startedAtMs, last_poll_at_ms AS lastPollAtMs,
    poll_interval_s AS pollIntervalS, max_parallel AS maxParallel, updated_at_ms AS updatedAtMs
  FROM pipeline_daemon WHERE daemon_id = 'main'`
const JOBS = /* sql */ `
  SELECT issue, job_id AS jobId, title, goal, stage, pid, repo, branch, worktree, template,
    started_at_ms AS startedAtMs
  FROM pipeline_job WHERE daemon_id = 'main' ORDER BY place`
const QUEUE = /* sql */ `
  SELECT issue, title, score FROM pipeline_queue WHERE daemon_id = 'main' ORDER BY place`
const FINISHED = /* sql */ `
  SELECT finished_id AS id, issue, job_id AS jobId, result, exit_code AS exitCode,
    duration_ms AS durationMs, completed_at_ms AS completedAtMs
  FROM pipeline_finished_job
  WHERE completed_at_ms >= :sinceMs AND completed_at_ms < :untilMs
  ORDER BY completed_at_ms DESC, finished_id DESC LIMIT :limit`

/** A job that begins. */
export type NewJob = { readonly issue: string | number } & Partial<
  Pick<Job, 'jobId' | 'title' | 'goal' | 'stage' | 'pid' | 'repo' | 'branch' | 'worktree'>
>

/** One daemon and its work. */
export class DaemonState {
  readonly #store: ModuleStore

  /** @internal Use `store.pipeline.daemon`. */
  constructor(store: ModuleStore) {
    this.#store = store
  }

  /** The daemon itself; `undefined` where none was ever there. */
  get(): Daemon | undefined {
    return this.#store.read((tx) => tx.get<Daemon>(DAEMON))
  }

  /** The jobs that it works on. */
  jobs(): Job[] {
    return this.#store.read((tx) => tx.all<Job>(JOBS))
  }

  /** The issues that wait, in order. */
  queue(): QueuedIssue[] {
    return this.#store.read((tx) => tx.all<QueuedIssue>(QUEUE))
  }

  /** Jobs that are done, the newest first. */
  finished(window: TimeWindow & { readonly limit?: number } = {}): FinishedJob[] {
    const { sinceMs = 0, untilMs = Number.MAX_SAFE_INTEGER } = window
    const limit = limitOf(window.limit)
    return this.#store.read((tx) => tx.all<FinishedJob>(FINISHED, { sinceMs, untilMs, limit }))
  }

  /** Changes the state as `daemon-state.json` has it, in one transaction. */
  update(change: (state: LegacyData) => LegacyData): void {
    this.#store.write((tx) => this.#change(tx, change))
  }

  /** Puts an issue at the end of the queue; false when it waits already. */
  enqueue(issue: string | number, title?: string): boolean {
    const name = issueNameOf(issue)
    return this.#store.write((tx) => {
      if (tx.all<QueuedIssue>(QUEUE).some((queued) => queued.issue === name)) return false
      this.#change(tx, (state) => {
        const titles = title === undefined ? {} : { [name]: title }
        return {
          ...withoutQueue(state),
          queued: [...queueOf(state), name],
          titles: { ...fieldsOf(state['titles']), ...titles },
        }
      })
      return true
    })
  }

  /** Takes the first issue from the queue; `undefined` when none waits. */
  dequeue(): string | undefined {
    return this.#store.write((tx) => {
      const [first] = tx.all<QueuedIssue>(QUEUE)
      if (!first) return undefined
      this.#change(tx, (state) => {
        const queued = queueOf(state)
        const at = queued.findIndex((entry) => nameOfQueued(entry) === first.issue)
        return { ...withoutQueue(state), queued: queued.toSpliced(at, 1) }
      })
      return first.issue
    })
  }

  /** Adds a job, or replaces the one of the same issue. */
  putJob(job: NewJob): void {
    const issue = issueNameOf(job.issue)
    const { jobId, ...fields } = job
    const started_at = new Date(this.#store.clock()).toISOString()
    this.update((state) => ({
      ...state,
      active_jobs: [
        ...withoutIssue(state, issue),
        present({ ...fields, issue, job_id: jobId, started_at }),
      ],
    }))
  }

  /** Ends a job: it is among those done and no more among those going on. */
  finishJob(
    issue: string | number,
    result: string,
    { exitCode, durationMs }: { readonly exitCode?: number; readonly durationMs?: number } = {},
  ): void {
    const name = issueNameOf(issue)
    const atMs = this.#store.clock()
    const completed_at = new Date(atMs).toISOString()
    const duration_s = durationMs === undefined ? undefined : durationMs / 1000
    this.#store.write((tx) => {
      this.#change(tx, (state) => ({ ...state, active_jobs: withoutIssue(state, name) }))
      tx.append(streamOf('finished', name), {
        type: 'pipeline.record.job-finished',
        data: present({ issue: name, result, exit_code: exitCode, duration_s, completed_at }),
        occurredAtMs: atMs,
      })
    })
  }

  #change(tx: WriteTransaction, change: (state: LegacyData) => LegacyData): void {
    const data = change(this.#state(tx))
    tx.append(STREAM, { type: 'pipeline.record.daemon-saved', data })
  }

  // The document itself is the stream's only event: each replaces the one before.
  #state(_tx: ReadTransaction): LegacyData {
    const version = this.#store.log.streamVersion(STREAM)
    const [last] = this.#store.log.readStream(STREAM, { after: Math.max(0, version - 1) })
    return fieldsOf(last?.data)
  }
}

function withoutQueue({ queue: _, ...state }: LegacyData): LegacyData {
  return state
}

function withoutIssue(state: LegacyData, issue: string): LegacyData[] {
  return objectsOf(state['active_jobs']).filter((job) => issueOf(job['issue']) !== issue)
}

function nameOfQueued(entry: unknown): string | null {
  return issueOf(isObject(entry) ? entry['issue'] : entry)
}
