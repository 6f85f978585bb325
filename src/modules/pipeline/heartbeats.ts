/** Heartbeats: the latest of each job, and nothing of those before. */
import type { ModuleStore } from '../../index.ts'
import { idNameOf, present } from './arguments.ts'
import { streamOf } from './streams.ts'
import type { Heartbeat, NewHeartbeat } from './types.ts'

const HEARTBEAT = /* sql */ `
  SELECT job_id AS jobId, pid, issue, stage, iteration, activity, memory_mb AS memoryMb,
    cpu_pct AS cpuPct, machine, updated_at_ms AS updatedAtMs
  FROM pipeline_heartbeat`
const GET = /* sql */ `${HEARTBEAT} WHERE job_id = ?`
const LIST = /* sql */ `
  ${HEARTBEAT} WHERE updated_at_ms >= ? ORDER BY updated_at_ms DESC LIMIT 10000`

/** Heartbeats by job. */
export class Heartbeats {
  readonly #store: ModuleStore

  /** @internal Use `store.pipeline.heartbeats`. */
  constructor(store: ModuleStore) {
    this.#store = store
  }

  /** Says that a job is alive and what it does; replaces what it said before. */
  put(jobId: string, heartbeat: NewHeartbeat = {}): void {
    const { pid, issue, stage, iteration, activity, memoryMb, cpuPct, machine } = heartbeat
    const atMs = this.#store.clock()
    this.#store.log.append(streamOf('heartbeat', idNameOf(jobId, 'job')), {
      type: 'pipeline.record.heartbeat-saved',
      data: present({
        pid,
        issue,
        stage,
        iteration,
        memory_mb: memoryMb,
        cpu_pct: cpuPct,
        last_activity: activity,
        machine,
        updated_at: new Date(atMs).toISOString(),
      }),
      occurredAtMs: atMs,
    })
  }

  /** The latest of a job. */
  get(jobId: string): Heartbeat | undefined {
    return this.#store.read((tx) => tx.get<Heartbeat>(GET, [jobId]))
  }

  /** The latest of each job, the newest first; with `sinceMs`, of those heard of since. */
  list({ sinceMs = 0 }: { readonly sinceMs?: number } = {}): Heartbeat[] {
    return this.#store.read((tx) => tx.all<Heartbeat>(LIST, [sinceMs]))
  }

  /** Forgets a job; false when it was not known. */
  delete(jobId: string): boolean {
    return this.#store.write((tx) => {
      if (!tx.get(GET, [jobId])) return false
      tx.append(streamOf('heartbeat', jobId), {
        type: 'pipeline.record.heartbeat-removed',
        data: { job_id: jobId },
      })
      return true
    })
  }
}
