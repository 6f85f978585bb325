/**
 * `holdfast/threads/compat`: the seed's event store by its own names, over a store that other
 * programs use by this module's. The seed's events are stored as this module's, and given back in
 * the seed's form; those of other types are left out of a replay.
 */
import {
  type ModuleStore,
  type ReadOptions,
  type ReadTransaction,
  type RecordedEvent,
  StoreError,
} from '../../index.ts'
import type { DecidedEvent } from './decision.ts'
import { refuseHeldBackProject, refuseHeldBackThread } from './held-back.ts'
import { goesAlong, type Surroundings, unfounded } from './known-threads.ts'
import { fromPeon, type Locator, type OrchestrationEvent, toPeon } from './peon-events.ts'
import { PEON_PROFILE } from './profiles.ts'
import { readModelOf } from './read-model.ts'
import { refuseHalfImportedIn } from './unfinished-imports.ts'

export type { OrchestrationEvent } from './peon-events.ts'

/** An event with its place in the log. */
export interface StoredEvent {
  readonly sequence: number
  readonly event: OrchestrationEvent
  /** ISO 8601. */
  readonly storedAt: string
}

/** Options of a replay. */
export type ReplayOptions = Pick<ReadOptions, 'onUnreadable'>

const TYPES = Object.values(PEON_PROFILE)
const TURN = /* sql */ `SELECT thread_id AS threadId FROM threads_turn WHERE id = ?`
const MESSAGE = /* sql */ `SELECT thread_id AS threadId FROM threads_message WHERE id = ?`
const RECORDED_AT = /* sql */ `SELECT recorded_at_ms AS atMs FROM events WHERE sequence = ?`
const ACTIVITIES = /* sql */ `
  SELECT id FROM threads_activity WHERE thread_id = ? AND turn_number > ? ORDER BY id`
const CHECKPOINT = /* sql */ `
  SELECT thread_id AS threadId, turn_number AS turnNumber FROM threads_checkpoint WHERE id = ?`

/** The seed's `EventStore`. */
export class EventStore {
  readonly #store: ModuleStore

  /** @param store opened with the module `threads`. */
  constructor(store: ModuleStore) {
    this.#store = store
  }

  /**
   * Appends all of the events or none; their sequences follow one another. Throws `EVENT_INVALID` for
   * an event that refers to a project or thread that is not there, or creates one that is, or was;
   * `STREAM_BLOCKED` for a thread that is half imported, or has an event in the quarantine.
   */
  appendAll(events: readonly OrchestrationEvent[]): StoredEvent[] {
    return this.#store.write((tx) => {
      const model = readModelOf(tx, (stream) => this.#store.log.streamVersion(stream))
      const locator = locatorOf(tx)
      const around: Surroundings = {
        threadsOf: (id) => model.threadsOf(id),
        activitiesOf: (id, turn) =>
          tx.all<{ id: string }>(ACTIVITIES, [id, turn]).map((row) => row.id),
        hasSession: (id) => model.session(id) !== undefined,
      }
      const existing = {
        hasProject: (id: string) => model.project(id) !== undefined,
        hasThread: (id: string) => model.thread(id) !== undefined,
        wasUsed: (stream: string) => model.wasUsed(stream),
      }
      const along: DecidedEvent[] = []
      const stored = events.map((event) => {
        const made = isObject(event) ? fromPeon(event, locator) : 'it is no object'
        if (typeof made === 'string') throw invalid(event, made)
        this.#refuseHeldBack(tx, made)
        const problem = unfounded(made, existing)
        if (problem !== undefined) throw invalid(event, problem)
        along.push(...goesAlong(made, around))
        const { stream, ...added } = made
        const { sequence } = tx.append(stream, added)
        const { atMs } = tx.get<{ atMs: number }>(RECORDED_AT, [sequence]) ?? { atMs: 0 }
        return { sequence, event, storedAt: new Date(atMs).toISOString() }
      })
      // Last, so that the sequences of what was given follow one another.
      for (const { stream, ...event } of along) tx.append(stream, event)
      return stored
    })
  }

  /** Every event, oldest first; one that cannot be read throws `STORE_CORRUPT`, or is told and passed. */
  replayAll(options?: ReplayOptions): StoredEvent[] {
    return this.replayFrom(0, options)
  }

  /** Every event after a sequence, itself left out, oldest first. */
  replayFrom(sequence: number, options: ReplayOptions = {}): StoredEvent[] {
    const stored: StoredEvent[] = []
    for (const page of this.#store.log.pages({ ...options, after: sequence, types: TYPES })) {
      for (const event of page) stored.push(...asStored(event))
    }
    return stored
  }

  // Before it is asked whether what it refers to is there: the tables may only lack it.
  #refuseHeldBack(tx: ReadTransaction, { type, data }: DecidedEvent): void {
    const fields = data as {
      readonly id: string
      readonly threadId?: string
      readonly projectId?: string
    }
    const isOfProject = type.startsWith('threads.project.')
    const { id, threadId = id, projectId = isOfProject ? id : undefined } = fields
    if (projectId !== undefined) refuseHeldBackProject(this.#store, projectId)
    if (!isOfProject) refuseHeldBackThread(this.#store, tx, threadId)
    else if (type === 'threads.project.deleted') refuseHalfImportedIn(tx, id)
  }
}

function invalid(event: OrchestrationEvent, problem: string): StoreError {
  return new StoreError('EVENT_INVALID', `${event?.type ?? 'an event'}: ${problem}`, {
    hint: 'nothing was appended; append what it refers to first',
  })
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function asStored(event: RecordedEvent): StoredEvent[] {
  const seed = toPeon(event)
  if (!seed) return []
  const storedAt = new Date(event.recordedAtMs).toISOString()
  return [{ sequence: event.sequence, event: seed, storedAt }]
}

function locatorOf(tx: ReadTransaction): Locator {
  return {
    threadOfTurn: (id) => tx.get<{ threadId: string }>(TURN, [id])?.threadId,
    threadOfMessage: (id) => tx.get<{ threadId: string }>(MESSAGE, [id])?.threadId,
    checkpoint: (id) => tx.get(CHECKPOINT, [id]),
  }
}
