/**
 * `holdfast/threads/compat`: the seed's event store by its own names, over a store that other
 * programs use by this module's. The seed's events are stored as this module's, and given back in
 * the seed's form; those of other types are left out of a replay.
 */
import {
  type ModuleStore,
  type ReadTransaction,
  type RecordedEvent,
  StoreError,
} from '../../index.ts'
import { fromPeon, type Locator, type OrchestrationEvent, toPeon } from './peon-events.ts'
import { PEON_PROFILE } from './profiles.ts'

export type { OrchestrationEvent } from './peon-events.ts'

/** An event with its place in the log. */
export interface StoredEvent {
  readonly sequence: number
  readonly event: OrchestrationEvent
  /** ISO 8601. */
  readonly storedAt: string
}

const TYPES = Object.values(PEON_PROFILE)
const TURN = /* sql */ `SELECT thread_id AS threadId FROM threads_turn WHERE id = ?`
const MESSAGE = /* sql */ `SELECT thread_id AS threadId FROM threads_message WHERE id = ?`
const CHECKPOINT = /* sql */ `
  SELECT thread_id AS threadId, turn_number AS turnNumber FROM threads_checkpoint WHERE id = ?`

/** The seed's `EventStore`. */
export class EventStore {
  readonly #store: ModuleStore

  /** @param store opened with the module `threads`. */
  constructor(store: ModuleStore) {
    this.#store = store
  }

  /** Appends all of the events or none; their sequences follow one another. */
  appendAll(events: readonly OrchestrationEvent[]): StoredEvent[] {
    return this.#store.write((tx) => {
      const locator = locatorOf(tx)
      return events.map((event) => {
        const made = fromPeon(event, locator)
        if (typeof made === 'string') {
          throw new StoreError('EVENT_INVALID', `${event.type}: ${made}`, {
            hint: 'nothing was appended; append what it refers to first',
          })
        }
        const { stream, ...added } = made
        const { sequence } = tx.append(stream, added)
        const storedAt = new Date(this.#store.clock()).toISOString()
        return { sequence, event, storedAt }
      })
    })
  }

  /** Every event, oldest first. */
  replayAll(): StoredEvent[] {
    return this.replayFrom(0)
  }

  /** Every event after a sequence, itself left out, oldest first. */
  replayFrom(sequence: number): StoredEvent[] {
    const stored: StoredEvent[] = []
    for (const page of this.#store.log.pages({ after: sequence, types: TYPES })) {
      for (const event of page) stored.push(...asStored(event))
    }
    return stored
  }
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
