/** Reads what a search index wants of the log: which messages to look at again. */
import type { ModuleStore, RecordedEvent, UnreadableEvent } from '../../index.ts'
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
  'threads.thread.swept',
  'threads.thread.reverted',
  'threads.checkpoint.restored',
]
const TYPES: readonly string[] = [...MESSAGE_TYPES, ...LOSS_TYPES]

/** The next events of these types. */
export interface SearchPage {
  readonly events: readonly RecordedEvent[]
  /** How many were asked for. */
  readonly asked: number
  /** Sequence of the last; left out: there are no more, up to the head. */
  readonly through?: number
  /** Threads of events that could not be read. */
  readonly unreadIn: readonly string[]
}

/** The next page. Events that cannot be read are passed; they stay in the log, and `verify` names them. */
export function readSearchPage(store: ModuleStore, after: number): SearchPage {
  const unreadIn = new Set<string>()
  const onUnreadable = ({ stream }: UnreadableEvent): void => {
    if (stream !== null) unreadIn.add(stream.slice(threadStream('').length))
  }
  const events = store.log.read({ after, limit: PAGE, types: TYPES, onUnreadable })
  const last = events.at(-1)
  const through = last && events.length === PAGE ? { through: last.sequence } : {}
  return { events, asked: PAGE, ...through, unreadIn: [...unreadIn] }
}

/** Whether an event of this type is about one message. */
export function isMessageType(type: string): boolean {
  return (MESSAGE_TYPES as readonly string[]).includes(type)
}
