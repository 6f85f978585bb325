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

/** Rows of a page unless the caller says otherwise. */
export const PAGE_LIMIT = 50
const MAX_LIMIT = 1_000

/** Which threads. */
export interface ThreadFilter {
  /** Only those of this project. */
  readonly projectId?: string
  /** Default 50, at most 1,000. */
  readonly limit?: number
  /** The `next` of the page before. */
  readonly after?: ThreadCursor
}

/** Which part of a thread's messages or activities; the newest when neither end is given. */
export interface Window {
  /** Only what comes after this place, oldest first. */
  readonly after?: number
  /** Only what comes before this place: the newest of those. */
  readonly before?: number
  /** Default 50, at most 1,000. */
  readonly limit?: number
}

/** A thread with what is around it; of long lists the newest part. */
export interface ThreadDetail {
  readonly thread: Thread
  readonly session: Session | null
  readonly turns: readonly Turn[]
  /** `next` is the place to give as `before`, for what came earlier. */
  readonly messages: Page<Message, number>
  /** `next` is the place to give as `before`, for what came earlier. */
  readonly activities: Page<Activity, number>
  readonly approvals: readonly Approval[]
  readonly plans: readonly Plan[]
  readonly checkpoints: readonly ThreadCheckpoint[]
  readonly branches: readonly Branch[]
  readonly commits: readonly Commit[]
  /** The log's head when this was read: follow after it, and nothing is missed. */
  readonly sequence: number
}

// As two bounds and not as an OR at the top, which would make SQLite leave the index.
const AFTER = `updated_at_ms <= :time AND (updated_at_ms < :time OR id > :id)`
const NEWEST_FIRST = `ORDER BY updated_at_ms DESC, id LIMIT :limit`

/** Threads, the last changed first. */
export function listThreads(
  tx: ReadTransaction,
  filter: ThreadFilter = {},
): Page<Thread, ThreadCursor> {
  const limit = limitOf(filter.limit)
  const { projectId, after } = filter
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

/** Messages of a thread, oldest first. */
export function listMessages(
  tx: ReadTransaction,
  threadId: string,
  window: Window = {},
): Page<Message, number> {
  return windowOf('position', window, (rest, parameters) =>
    rowsOf(tx, MESSAGE, `WHERE thread_id = :threadId ${rest}`, { ...parameters, threadId }),
  )
}

/** Activities of a thread, oldest first. */
export function listActivities(
  tx: ReadTransaction,
  threadId: string,
  window: Window = {},
): Page<Activity, number> {
  return windowOf('ordinal', window, (rest, parameters) =>
    rowsOf(tx, ACTIVITY, `WHERE thread_id = :threadId ${rest}`, { ...parameters, threadId }),
  )
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
  const of = [threadId, MAX_LIMIT]
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
    branches: rowsOf(tx, BRANCH, newest('name'), of),
    commits: rowsOf(tx, COMMIT, newest('committed_at_ms, git_ref'), of),
    sequence,
  }
}

function windowOf<Item extends { readonly [Key in Place]: number }, Place extends string>(
  place: Place,
  { after, before, limit: wanted }: Window,
  read: (rest: string, parameters: Record<string, number>) => Item[],
): Page<Item, number> {
  const limit = limitOf(wanted)
  const column = place
  const isForward = after !== undefined
  const conditions = [
    ...(after === undefined ? [] : [`AND ${column} > :after`]),
    ...(before === undefined ? [] : [`AND ${column} < :before`]),
  ]
  const order = `ORDER BY ${column} ${isForward ? '' : 'DESC'} LIMIT :limit`
  const items = read(`${conditions.join(' ')} ${order}`, {
    limit,
    ...(after === undefined ? {} : { after }),
    ...(before === undefined ? {} : { before }),
  })
  const last = items.at(-1)
  const next = items.length === limit && last ? last[place] : null
  return { items: isForward ? items : items.reverse(), next }
}

/** A page's length, within its bounds. */
export function limitOf(limit: number = PAGE_LIMIT): number {
  return Math.max(1, Math.min(Math.trunc(limit) || PAGE_LIMIT, MAX_LIMIT))
}
