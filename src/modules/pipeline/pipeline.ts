/** The API of the module. */
import type { AppendResult, ModuleStore } from '../../index.ts'
import { limitOf } from './arguments.ts'
import { Costs } from './costs.ts'
import { DaemonState } from './daemon.ts'
import { emitEvent } from './emit.ts'
import { Heartbeats } from './heartbeats.ts'
import { Memory } from './memory.ts'
import { Runs } from './runs.ts'
import { nameOf, typeOf } from './type-names.ts'
import type { EmittedEvent, PipelineEvent } from './types.ts'
import { fieldsOf } from './values.ts'

/** Which events. */
export interface EventFilter {
  /** The tool's own names; left out: all. */
  readonly types?: readonly string[]
  /** A sequence, exclusive: the last of the page before. */
  readonly after?: number
  /** Default 100, at most 10,000. */
  readonly limit?: number
}

/** A pipeline's state: what happened, and what follows from it. */
export class Pipeline {
  readonly runs: Runs
  readonly costs: Costs
  readonly heartbeats: Heartbeats
  readonly daemon: DaemonState
  readonly memory: Memory
  readonly #store: ModuleStore

  /** @internal Use `openStore(path, { pipeline })`. */
  constructor(store: ModuleStore) {
    this.#store = store
    this.runs = new Runs(store)
    this.costs = new Costs(store)
    this.heartbeats = new Heartbeats(store)
    this.daemon = new DaemonState(store)
    this.memory = new Memory(store)
  }

  /** Emits one event under the tool's own name; those that are known change tables as well. */
  emit(event: EmittedEvent): AppendResult {
    return this.#store.write((tx) => emitEvent(tx, event))
  }

  /** Emits several events in one transaction, all or none. */
  emitAll(events: readonly EmittedEvent[]): void {
    this.#store.write((tx) => {
      for (const event of events) emitEvent(tx, event)
    })
  }

  /** Events as they were emitted, oldest first. */
  events(filter: EventFilter = {}): PipelineEvent[] {
    const types = filter.types?.map((type) => typeOf(type).type)
    const found: PipelineEvent[] = []
    const limit = limitOf(filter.limit)
    let after = filter.after ?? 0
    for (;;) {
      const page = this.#store.log.read({ after, limit, ...(types ? { types } : {}) })
      for (const { sequence, stream, type, metadata, data, occurredAtMs } of page) {
        after = sequence
        if (!stream.startsWith('pipeline.')) continue
        const own = nameOf(type, metadata)
        found.push({ sequence, type: own, data: fieldsOf(data), occurredAtMs })
        if (found.length === limit) return found
      }
      if (page.length < limit) return found
    }
  }
}
