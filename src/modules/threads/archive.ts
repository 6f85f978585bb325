/**
 * The archive of one thread: its streams as lines of JSON, to be carried to another store. The format is in
 * docs/design/threads.md.
 *
 * Invariant: an archive is of one view of the store, and whole: it has each event of the thread, or there
 * is none. Its lines are handed on one after the other, so that memory holds a page of events.
 */
import { createHash } from 'node:crypto'
import type { ModuleStore, ReadTransaction, RecordedEvent, UnreadableEvent } from '../../index.ts'
import { StoreError } from '../../index.ts'
import { activityStream, sessionStream, threadStream } from './events.ts'
import { refuseHeldBackThread } from './held-back.ts'
import { PROJECT, type RowShape, rowOf, THREAD } from './rows.ts'
import type { Project } from './types.ts'

/** What an archive calls itself. */
export const ARCHIVE_FORMAT = 'holdfast-thread'
/** The version that is written, and the only one that is read. */
export const ARCHIVE_VERSION = 1

const PAGE = 500

const ACTIVITIES = /* sql */ `
  SELECT id, ordinal FROM threads_activity WHERE thread_id = :threadId
    AND ordinal >= :ordinal AND (ordinal > :ordinal OR id > :id)
  ORDER BY ordinal, id LIMIT :limit`

/** The first line. */
export interface ArchiveHeader {
  readonly format: typeof ARCHIVE_FORMAT
  readonly version: typeof ARCHIVE_VERSION
  readonly threadId: string
  /** The log it comes from. */
  readonly logId: string
  /** The thread's project, made in the other store when it is not there. */
  readonly project: Pick<Project, 'id' | 'name' | 'path' | 'defaultModel'>
}

/** An event's line, without its hash. */
export interface ArchivedEvent {
  readonly stream: string
  readonly type: string
  readonly data: unknown
  readonly metadata: RecordedEvent['metadata']
  readonly occurredAtMs: number
  /** Its place in the log it comes from. */
  readonly sequence: number
}

/** What was exported. */
export interface ExportedThread {
  readonly threadId: string
  readonly events: number
  /** Hash of all lines but the last, in which it stands: the archive's name. */
  readonly sha256: string
}

/**
 * Gives the lines of a thread's archive to `write`, one after the other. Throws `NOT_FOUND`, `STORE_CORRUPT`
 * for a thread with an event that cannot be read, and `STREAM_BLOCKED` for one that is held back.
 */
export function exportThread(
  store: ModuleStore,
  threadId: string,
  write: (line: string) => void,
): ExportedThread {
  // One view for all of them: a state that is superseded meanwhile would be in none of the pages.
  return store.read((tx) => {
    const hash = createHash('sha256')
    const seal = (line: string): void => {
      hash.update(`${line}\n`)
      write(line)
    }
    refuseHeldBackThread(store, tx, threadId)
    // Whose an activity is that the tables lack, nothing tells.
    store.log.ensureFolded({ prefix: activityStream('') })
    seal(JSON.stringify(headerOf(store, tx, threadId)))
    let events = 0
    for (const event of eventsOf(store, tx, threadId)) {
      events++
      seal(lineOf(event))
    }
    const sha256 = hash.digest('hex')
    write(JSON.stringify({ events, sha256 }))
    return { threadId, events, sha256 }
  })
}

/** The hash of an event's line, taken of the line without it. */
export function hashOf(event: ArchivedEvent): string {
  return createHash('sha256').update(JSON.stringify(event)).digest('hex')
}

function headerOf(store: ModuleStore, tx: ReadTransaction, threadId: string): ArchiveHeader {
  const thread = found(tx, THREAD, threadId, 'thread')
  const { id, name, path, defaultModel } = found(tx, PROJECT, thread.projectId, 'project')
  return {
    format: ARCHIVE_FORMAT,
    version: ARCHIVE_VERSION,
    threadId,
    logId: store.log.id,
    project: { id, name, path, defaultModel },
  }
}

// The thread first: what is around it is only taken by a store that has the thread.
function* eventsOf(
  store: ModuleStore,
  tx: ReadTransaction,
  threadId: string,
): Generator<RecordedEvent> {
  yield* ofStream(store, threadId, threadStream(threadId))
  yield* ofStream(store, threadId, sessionStream(threadId))
  for (let place = { ordinal: -1, id: '' }; ; ) {
    const page = tx.all<typeof place>(ACTIVITIES, { threadId, ...place, limit: PAGE })
    for (const { id } of page) {
      for (const event of ofStream(store, threadId, activityStream(id))) {
        // The id may have been that of a thread which is gone: how it ended there is not told here.
        if ((event.data as { threadId?: unknown }).threadId === threadId) yield event
      }
    }
    const last = page.at(-1)
    if (!last) return
    place = last
  }
}

function* ofStream(store: ModuleStore, threadId: string, stream: string): Generator<RecordedEvent> {
  const onUnreadable = (event: UnreadableEvent): never => {
    throw unreadable(threadId, event)
  }
  const version = store.log.streamVersion(stream)
  for (let after = 0; after < version; ) {
    const events = store.log.readStream(stream, { after, limit: PAGE, onUnreadable })
    yield* events
    const last = events.at(-1)
    if (!last) return
    after = last.version
  }
}

function unreadable(
  threadId: string,
  { sequence, type, stream, error }: UnreadableEvent,
): StoreError {
  const event = `event ${sequence} ('${type}' on '${stream}') cannot be read: ${error}`
  return new StoreError('STORE_CORRUPT', `thread '${threadId}' cannot be exported: ${event}`, {
    hint: 'an archive has all of a thread or is none; see all that is damaged: holdfast verify',
  })
}

function lineOf({ stream, type, data, metadata, occurredAtMs, sequence }: RecordedEvent): string {
  const event: ArchivedEvent = { stream, type, data, metadata, occurredAtMs, sequence }
  return JSON.stringify({ ...event, sha256: hashOf(event) })
}

function found<Item>(tx: ReadTransaction, shape: RowShape<Item>, id: string, what: string): Item {
  const item = rowOf(tx, shape, 'WHERE id = ?', [id])
  if (item !== undefined) return item
  throw new StoreError('NOT_FOUND', `there is no ${what} '${id}'`, {
    hint: 'see which there are: holdfast query --preset threads',
  })
}
