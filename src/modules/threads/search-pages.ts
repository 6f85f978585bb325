/** Reads what a search index wants of the log: which messages to look at again. */
import {
  isStoreError,
  type ModuleStore,
  type ReadTransaction,
  type RecordedEvent,
} from '../../index.ts'
import type { ThreadsEventType } from './event-data.ts'
import { threadStream } from './events.ts'

const PAGE = 200

const MESSAGE_TYPES: readonly ThreadsEventType[] = [
  'threads.message.appended',
  'threads.message.chunk-received',
  'threads.message.sent',
]
const LOSS_TYPES: readonly ThreadsEventType[] = [
  'threads.thread.deleted',
  'threads.thread.reverted',
  'threads.checkpoint.restored',
]
const TYPES: readonly string[] = [...MESSAGE_TYPES, ...LOSS_TYPES]

const NEXT = /* sql */ `
  SELECT events.sequence, streams.name AS stream
  FROM events JOIN streams ON streams.id = events.stream_id
  WHERE events.sequence > :after AND events.type_id IN (
    SELECT id FROM event_types WHERE name IN (SELECT value FROM json_each(:types)))
  ORDER BY events.sequence LIMIT 1`

/** The next events of these types. */
export interface SearchPage {
  readonly events: readonly RecordedEvent[]
  /** How many were asked for. */
  readonly asked: number
  /** Sequence of the last; left out: there are no more, up to the head. */
  readonly through?: number
  /** The thread of an event that could not be read. */
  readonly unreadIn?: string
}

/**
 * The next page. Past an event that cannot be read it goes step by step; that one stays in the log,
 * and `verify` names it.
 */
export function readSearchPage(store: ModuleStore, tx: ReadTransaction, after: number): SearchPage {
  const read = (limit: number): SearchPage => {
    const events = store.log.read({ after, limit, types: TYPES })
    const last = events.at(-1)
    return {
      events,
      asked: limit,
      ...(last && events.length === limit && { through: last.sequence }),
    }
  }
  try {
    return read(PAGE)
  } catch (error) {
    if (!isStoreError(error, 'STORE_CORRUPT')) throw error
  }
  try {
    return read(1)
  } catch (error) {
    const next = tx.get<{ sequence: number; stream: string }>(NEXT, {
      after,
      types: JSON.stringify(TYPES),
    })
    if (!isStoreError(error, 'STORE_CORRUPT') || !next) throw error
    const unreadIn = next.stream.slice(threadStream('').length)
    return { events: [], asked: 1, through: next.sequence, unreadIn }
  }
}

/** Whether an event of this type is about one message. */
export function isMessageType(type: string): boolean {
  return (MESSAGE_TYPES as readonly string[]).includes(type)
}
