/**
 * Whether an archive's event is one of its thread: an archive may come from anybody, and whoever folds
 * trusts the ids in the data. An event that named another thread, or something of another one, would
 * change that.
 */
import type { ModuleStore, ReadTransaction } from '../../index.ts'
import type { ArchivedEvent } from './archive.ts'
import { activityStream, EVENTS, sessionStream, threadStream } from './events.ts'

// Of a project, of the store as a whole, and the end of a thread, of which there is no archive.
const OF_NO_THREAD = /^threads\.(project|setting|import)\.|^threads\.thread\.(deleted|swept)$/
const CREATED = 'threads.thread.created'

/** Tables whose rows an event names by its `id`; one table has an id once. */
const TABLES: readonly string[] = ['turn', 'message', 'activity', 'approval', 'plan', 'checkpoint']

interface Ids {
  readonly id?: unknown
  readonly threadId?: unknown
  readonly turnId?: unknown
}

/** What is wrong with the event at `index`, or `undefined`. */
export function problemOf(
  event: ArchivedEvent,
  threadId: string,
  index: number,
): string | undefined {
  const { stream, type, data, metadata, occurredAtMs, sequence } = event
  const definition = Object.hasOwn(EVENTS, type) ? EVENTS[type as keyof typeof EVENTS] : undefined
  if (!definition || OF_NO_THREAD.test(type)) return `'${type}' is no event of a thread`
  if (typeof data !== 'object' || data === null) return `'${type}' has no data`
  const { id, threadId: named = id } = data as Ids
  if (named !== threadId) return `'${type}' is of thread '${String(named)}'`
  if ((type === CREATED) !== (index === 0)) return `a thread begins with '${CREATED}', once`
  const isOwn = [threadStream(threadId), sessionStream(threadId)].includes(stream)
  const isActivity = type.startsWith('threads.activity.') && stream === activityStream(String(id))
  if (!isOwn && !isActivity) return `'${type}' is on stream '${stream}'`
  if (!Number.isSafeInteger(occurredAtMs) || !Number.isSafeInteger(sequence)) {
    return `'${type}' has no time or no sequence`
  }
  if (metadata !== null && (typeof metadata !== 'object' || Array.isArray(metadata))) {
    return `'${type}' has metadata that is no object`
  }
  const judged = definition.schema?.['~standard'].validate(data)
  const issue = judged && 'issues' in judged ? judged.issues?.[0] : undefined
  return issue && `'${type}': ${issue.message}`
}

/** What the event names that belongs to another thread of this store: `turn u`. */
export function takenBy(
  tx: ReadTransaction,
  { type, data }: ArchivedEvent,
  threadId: string,
): string | undefined {
  return namedBy(type, data as Ids)
    .find(([table, id]) =>
      tx.get(`SELECT 1 FROM threads_${table} WHERE id = ? AND thread_id <> ?`, [id, threadId]),
    )
    ?.join(' ')
}

function namedBy(type: string, { id, turnId }: Ids): (readonly [string, string])[] {
  const entity = TABLES.find((table) => type.startsWith(`threads.${table}.`))
  const named: (readonly [string, string])[] = []
  if (entity && typeof id === 'string') named.push([entity, id])
  if (typeof turnId === 'string') named.push(['turn', turnId])
  if (type === 'threads.turn.diff-completed') named.push(['checkpoint', `${turnId}.checkpoint`])
  return named
}

/** Which streams of an archive the store has already. */
export class StreamStarts {
  readonly #store: ModuleStore
  #stream = ''

  constructor(store: ModuleStore) {
    this.#store = store
  }

  /** The event's stream, when this is its first, is not stored yet, and the store has had others of it. */
  taken({ stream }: ArchivedEvent, isToCome: boolean): string | undefined {
    if (stream === this.#stream) return undefined
    this.#stream = stream
    return isToCome && this.#store.log.streamVersion(stream) > 0 ? stream : undefined
  }
}
