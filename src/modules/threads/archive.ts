/**
 * The archive of one thread: its streams as lines of JSON, to be carried to another store.
 *
 * Line 1 `{ "format": "holdfast-thread", "version": 1, "threadId", "logId", "project", "streams" }`;
 * then one line an event in the order of the log, `{ "stream", "type", "data", "metadata",
 * "occurredAtMs", "sha256" }`, its hash being that of the line without it; last
 * `{ "events", "sha256" }` with the hash of every line before. So a line that was changed is named,
 * and a file that was cut short is told from a short one.
 */
import { createHash } from 'node:crypto'
import type { ModuleStore, ReadTransaction, RecordedEvent, UnreadableEvent } from '../../index.ts'
import { StoreError } from '../../index.ts'
import { activityStream, sessionStream, threadStream } from './events.ts'
import { PROJECT, type RowShape, rowOf, THREAD } from './rows.ts'
import type { Project } from './types.ts'

/** What an archive calls itself. */
export const ARCHIVE_FORMAT = 'holdfast-thread'
/** The version that is written, and the only one that is read. */
export const ARCHIVE_VERSION = 1

/**
 * Events that an archive holds at most, the same on both sides. It is taken over in one transaction, for
 * nobody may see half a thread, at 60 to 80 µs an event: so others, who wait ten seconds unless they say
 * otherwise, do not meet their deadline.
 */
export const MAX_ARCHIVE_EVENTS = 100_000

const PAGE = 500

const ACTIVITIES = /* sql */ `
  SELECT id FROM threads_activity WHERE thread_id = ? ORDER BY ordinal, id`

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

/**
 * The lines of a thread's archive; throws `NOT_FOUND`, `ARGUMENT_INVALID` for one that is too large, and
 * `STORE_CORRUPT` for one with an event that cannot be read.
 */
export function exportThread(store: ModuleStore, threadId: string): string[] {
  // One view for all of them: a state that is superseded meanwhile would be in none of the pages.
  return store.read((tx) => [...linesOf(store, tx, threadId)])
}

function* linesOf(store: ModuleStore, tx: ReadTransaction, threadId: string): Generator<string> {
  const { header, streams } = plan(store, tx, threadId)
  const hash = createHash('sha256')
  const sealed = (line: string): string => {
    hash.update(`${line}\n`)
    return line
  }
  yield sealed(JSON.stringify(header))
  let events = 0
  for (const { stream, version } of streams) {
    for (const event of upToVersion(store, { threadId, stream, version })) {
      events++
      if (events > MAX_ARCHIVE_EVENTS) throw tooLarge(threadId)
      yield sealed(lineOf(event))
    }
  }
  yield JSON.stringify({ events, sha256: hash.digest('hex') })
}

/** The hash of an event's line, taken of the line without it. */
export function hashOf(event: ArchivedEvent): string {
  return createHash('sha256').update(JSON.stringify(event)).digest('hex')
}

function plan(store: ModuleStore, tx: ReadTransaction, threadId: string) {
  const thread = found(tx, THREAD, threadId, 'thread')
  const { id, name, path, defaultModel } = found(tx, PROJECT, thread.projectId, 'project')
  const header: ArchiveHeader = {
    format: ARCHIVE_FORMAT,
    version: ARCHIVE_VERSION,
    threadId,
    logId: store.log.id,
    project: { id, name, path, defaultModel },
  }
  const activities = tx.all<{ id: string }>(ACTIVITIES, [threadId])
  // The thread first: what is around it is only taken by a store that has the thread.
  const names = [threadStream(threadId), sessionStream(threadId)]
  for (const activity of activities) names.push(activityStream(activity.id))
  const streams = names.map((stream) => ({ stream, version: store.log.streamVersion(stream) }))
  return { header, streams }
}

function* upToVersion(
  store: ModuleStore,
  of: { readonly threadId: string; readonly stream: string; readonly version: number },
): Generator<RecordedEvent> {
  const onUnreadable = (event: UnreadableEvent): never => {
    throw unreadable(of.threadId, event)
  }
  for (let after = 0; after < of.version; ) {
    const events = store.log.readStream(of.stream, { after, limit: PAGE, onUnreadable })
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

function tooLarge(threadId: string): StoreError {
  const most = `${MAX_ARCHIVE_EVENTS} events`
  return new StoreError('ARGUMENT_INVALID', `thread '${threadId}' has more than ${most}`, {
    hint: `an archive holds at most ${most}; fork the thread from a checkpoint and export the fork`,
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
