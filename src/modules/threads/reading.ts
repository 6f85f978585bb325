/**
 * Reading threads: lists in pages whose cursors are values of the rows, so that a rebuild, which
 * may move the rows, leaves every page where it was.
 */
import type { ReadTransaction } from '../../index.ts'
import {
  ACTIVITY,
  APPROVAL,
  BRANCH,
  CHECKPOINT,
  COMMIT,
  MESSAGE,
  PLAN,
  rowOf,
  rowsOf,
  SESSION,
  THREAD,
  TURN,
} from './rows.ts'
import type {
  Activity,
  ActivityPlace,
  Approval,
  Branch,
  Commit,
  Message,
  Page,
  Plan,
  Session,
  Thread,
  ThreadCheckpoint,
  ThreadCursor,
  Turn,
} from './types.ts'
import {
  activitiesIn,
  limitOf,
  MAX_PAGE,
  messagesIn,
  pageOf,
  turnsIn,
  type Window,
  wrongPlace,
} from './windows.ts'

/** Which threads. */
export interface ThreadFilter {
  /** Only those of this project. */
  readonly projectId?: string
  /** Default 50, at most 1,000. */
  readonly limit?: number
  /** The `next` of the page before. */
  readonly after?: ThreadCursor
}

/** A thread with what is around it; of long lists the newest part. */
export interface ThreadDetail {
  readonly thread: Thread
  readonly session: Session | null
  /** The newest 1,000, as of all lists that have no page; `threads.turns()` gives the others. */
  readonly turns: readonly Turn[]
  /** `next` is the place to give as `before`, for what came earlier. */
  readonly messages: Page<Message, number>
  /** `next` is the place to give as `before`, for what came earlier. */
  readonly activities: Page<Activity, ActivityPlace>
  readonly approvals: readonly Approval[]
  readonly plans: readonly Plan[]
  readonly checkpoints: readonly ThreadCheckpoint[]
  readonly branches: readonly Branch[]
  readonly commits: readonly Commit[]
  /**
   * The log's head when this was read: follow after it, and nothing is missed. `threads.follow` gives what is
   * said in the thread's stream; activities and sessions have streams of their own (`store.log.follow`).
   */
  readonly sequence: number
}

// As two bounds and not as an OR at the top, which would make SQLite leave the index.
const AFTER = `updated_at_ms <= :time AND (updated_at_ms < :time OR id > :id)`
// Of a large thread that was deleted rows may be left, which nobody is to see.
const OF_THREAD = `WHERE thread_id = :threadId
  AND EXISTS (SELECT 1 FROM threads_thread WHERE id = :threadId)`
const NEWEST_FIRST = `ORDER BY updated_at_ms DESC, id LIMIT :limit`

/** Threads, the last changed first. */
export function listThreads(
  tx: ReadTransaction,
  filter: ThreadFilter = {},
): Page<Thread, ThreadCursor> {
  const limit = limitOf(filter.limit)
  const { projectId, after } = filter
  if (after !== undefined) ensureCursor(after)
  const conditions = [
    ...(projectId === undefined ? [] : ['project_id = :projectId']),
    ...(after === undefined ? [] : [AFTER]),
  ]
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
  const items = rowsOf(tx, THREAD, `${where} ${NEWEST_FIRST}`, {
    limit,
    ...(projectId === undefined ? {} : { projectId }),
    ...(after === undefined ? {} : { time: after.updatedAtMs, id: after.id }),
  })
  const last = items.at(-1)
  const isFull = items.length === limit && last !== undefined
  return { items, next: isFull ? { updatedAtMs: last.updatedAtMs, id: last.id } : null }
}

function ensureCursor(cursor: ThreadCursor | null): void {
  if (Number.isFinite(cursor?.updatedAtMs) && typeof cursor?.id === 'string') return
  throw wrongPlace('{ updatedAtMs, id }')
}

/** Messages of a thread, oldest first. */
export function listMessages(
  tx: ReadTransaction,
  threadId: string,
  window: Window = {},
): Page<Message, number> {
  const { rest, parameters } = messagesIn(window)
  const items = rowsOf(tx, MESSAGE, `${OF_THREAD} ${rest}`, { ...parameters, threadId })
  return pageOf(items, window, ({ position }) => position)
}

/** Turns of a thread, oldest first. */
export function listTurns(
  tx: ReadTransaction,
  threadId: string,
  window: Window = {},
): Page<Turn, number> {
  const { rest, parameters } = turnsIn(window)
  const items = rowsOf(tx, TURN, `WHERE thread_id = :threadId ${rest}`, { ...parameters, threadId })
  return pageOf(items, window, ({ number }) => number)
}

/** Activities of a thread, oldest first. */
export function listActivities(
  tx: ReadTransaction,
  threadId: string,
  window: Window<ActivityPlace> = {},
): Page<Activity, ActivityPlace> {
  const { rest, parameters } = activitiesIn(window)
  const items = rowsOf(tx, ACTIVITY, `${OF_THREAD} ${rest}`, { ...parameters, threadId })
  return pageOf(items, window, ({ ordinal, id }) => ({ ordinal, id }))
}

/** Everything of a thread, in one view of the store. */
export function readDetail(
  tx: ReadTransaction,
  threadId: string,
  options: { readonly limit?: number; readonly sequence: number },
): ThreadDetail | undefined {
  const thread = rowOf(tx, THREAD, 'WHERE id = ?', [threadId])
  if (!thread) return undefined
  const { sequence, ...window } = options
  const of = [threadId, MAX_PAGE]
  const newest = (order: string) => `WHERE thread_id = ? ORDER BY ${order} LIMIT ?`
  return {
    thread,
    session: rowOf(tx, SESSION, 'WHERE thread_id = ?', [threadId]) ?? null,
    turns: rowsOf(tx, TURN, newest('number DESC'), of).reverse(),
    messages: listMessages(tx, threadId, window),
    activities: listActivities(tx, threadId, window),
    approvals: rowsOf(tx, APPROVAL, newest('requested_at_ms DESC, id DESC'), of).reverse(),
    plans: rowsOf(tx, PLAN, newest('created_at_ms DESC, id DESC'), of).reverse(),
    checkpoints: rowsOf(tx, CHECKPOINT, newest('turn_number DESC, id DESC'), of).reverse(),
    branches: rowsOf(tx, BRANCH, newest('created_at_ms DESC, name DESC'), of).reverse(),
    commits: rowsOf(tx, COMMIT, newest('committed_at_ms DESC, git_ref DESC'), of).reverse(),
    sequence,
  }
}
