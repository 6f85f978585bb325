/**
 * What a decision may look at. The decider sees this interface alone, so that it stays pure: a
 * test gives it objects, a store the rows under its write lock, where nobody else can change them.
 */
import { type ReadTransaction, StoreError } from '../../index.ts'
import {
  ACTIVITY,
  APPROVAL,
  CHECKPOINT,
  MESSAGE,
  PLAN,
  PROJECT,
  rowOf,
  rowsOf,
  SESSION,
  THREAD,
  TURN,
} from './rows.ts'
import type {
  Activity,
  Approval,
  Message,
  Plan,
  Project,
  Session,
  Thread,
  ThreadCheckpoint,
  Turn,
} from './types.ts'

/** The state that commands are decided on. */
export interface ReadModel {
  project(id: string): Project | undefined
  projectAt(path: string): Project | undefined
  /** Ids of a project's threads. */
  threadsOf(projectId: string): readonly string[]
  thread(id: string): Thread | undefined
  turn(id: string): Turn | undefined
  /** The turn under way. */
  openTurn(threadId: string): Turn | undefined
  /** The turn with the highest number. */
  newestTurn(threadId: string): Turn | undefined
  message(id: string): Message | undefined
  /** The thread's newest. */
  lastMessage(threadId: string): Message | undefined
  activity(id: string): Activity | undefined
  /** Ids of the thread's activities of later turns, those with the largest payloads first. */
  largestActivities(threadId: string, afterTurn: number, limit: number): readonly string[]
  /** Whether so much was said and done in the threads that it should not go in one transaction. */
  isLarge(threadIds: readonly string[]): boolean
  /** One more than the highest place of an activity of the thread. */
  nextOrdinal(threadId: string): number
  approval(id: string): Approval | undefined
  hasPendingApproval(threadId: string, except: string): boolean
  plan(id: string): Plan | undefined
  checkpoint(id: string): ThreadCheckpoint | undefined
  session(threadId: string): Session | undefined
  /** Whether an archive has brought the thread, or a part of it. */
  wasImported(threadId: string): boolean
  /** The thread's turns up to a number, oldest first. */
  turnsUpTo(threadId: string, number: number): readonly Turn[]
  /** The thread's messages up to a turn, oldest first; at most `limit`. */
  messagesUpTo(threadId: string, number: number, limit: number): readonly Message[]
  /** The thread's plans up to a turn, oldest first; at most `limit`. */
  plansUpTo(threadId: string, number: number, limit: number): readonly Plan[]
  /** Whether the stream has ever had an event: an id is given once. */
  wasUsed(stream: string): boolean
}

const LARGEST_ACTIVITIES = /* sql */ `
  SELECT id FROM threads_activity WHERE thread_id = ? AND turn_number > ?
  ORDER BY octet_length(payload) DESC, id LIMIT ?`
const NEXT_ORDINAL = /* sql */ `
  SELECT ifnull(max(ordinal), 0) + 1 AS ordinal FROM threads_activity WHERE thread_id = ?`
const OTHER_PENDING = /* sql */ `
  SELECT 1 FROM threads_approval
  WHERE thread_id = ? AND status = 'pending' AND id <> ? LIMIT 1`
const IMPORT_OF = /* sql */ `SELECT 1 FROM threads_import WHERE thread_id = ?`
const UP_TO = `WHERE thread_id = ? AND turn_number <= ? ORDER BY position LIMIT ?`

const PLANS_UP_TO = `WHERE thread_id = ? AND turn_number <= ? ORDER BY created_at_ms, id LIMIT ?`

const IS_LEAVING = /* sql */ `SELECT 1 FROM threads_leaving WHERE thread_id = ?`
// Their lengths are found without reading them.
const SIZE = /* sql */ `
  SELECT count(*) AS rows, ifnull(sum(bytes), 0) AS bytes FROM (
    SELECT octet_length(text) + ifnull(octet_length(detail), 0) AS bytes
    FROM threads_message WHERE thread_id = :threadId
    UNION ALL SELECT octet_length(payload) FROM threads_activity WHERE thread_id = :threadId
    LIMIT :limit)`
// Some 20 ms to remove.
const MANY_ROWS = 5_000
const MANY_BYTES = 16 * 1024 * 1024

/** The state as the tables have it, inside a transaction. */
export function readModelOf(
  tx: ReadTransaction,
  streamVersion: (stream: string) => number,
): ReadModel {
  return {
    project: (id) => rowOf(tx, PROJECT, 'WHERE id = ?', [id]),
    projectAt: (path) => rowOf(tx, PROJECT, 'WHERE path = ? ORDER BY id LIMIT 1', [path]),
    threadsOf: (projectId) =>
      tx
        .all<{ id: string }>('SELECT id FROM threads_thread WHERE project_id = ? ORDER BY id', [
          projectId,
        ])
        .map(({ id }) => id),
    thread: (id) => rowOf(tx, THREAD, 'WHERE id = ?', [id]),
    turn: (id) => rowOf(tx, TURN, 'WHERE id = ?', [id]),
    openTurn: (threadId) =>
      rowOf(tx, TURN, `WHERE thread_id = ? AND status = 'running' ORDER BY number DESC LIMIT 1`, [
        threadId,
      ]),
    newestTurn: (threadId) =>
      rowOf(tx, TURN, 'WHERE thread_id = ? ORDER BY number DESC LIMIT 1', [threadId]),
    message: (id) => ofLivingThread(tx, rowOf(tx, MESSAGE, 'WHERE id = ?', [id])),
    lastMessage: (threadId) =>
      rowOf(tx, MESSAGE, 'WHERE thread_id = ? ORDER BY position DESC LIMIT 1', [threadId]),
    activity: (id) => ofLivingThread(tx, rowOf(tx, ACTIVITY, 'WHERE id = ?', [id])),
    largestActivities: (threadId, afterTurn, limit) =>
      tx.all<{ id: string }>(LARGEST_ACTIVITIES, [threadId, afterTurn, limit]).map(({ id }) => id),
    isLarge: (threadIds) => isLarge(tx, threadIds),
    nextOrdinal: (threadId) => tx.get<{ ordinal: number }>(NEXT_ORDINAL, [threadId])?.ordinal ?? 1,
    approval: (id) => rowOf(tx, APPROVAL, 'WHERE id = ?', [id]),
    hasPendingApproval: (threadId, except) =>
      tx.get(OTHER_PENDING, [threadId, except]) !== undefined,
    plan: (id) => rowOf(tx, PLAN, 'WHERE id = ?', [id]),
    checkpoint: (id) => rowOf(tx, CHECKPOINT, 'WHERE id = ?', [id]),
    session: (threadId) => rowOf(tx, SESSION, 'WHERE thread_id = ?', [threadId]),
    wasImported: (threadId) => tx.get(IMPORT_OF, [threadId]) !== undefined,
    turnsUpTo: (threadId, number) =>
      rowsOf(tx, TURN, 'WHERE thread_id = ? AND number <= ? ORDER BY number', [threadId, number]),
    messagesUpTo: (threadId, number, limit) =>
      rowsOf(tx, MESSAGE, UP_TO, [threadId, number, limit]),
    plansUpTo: (threadId, number, limit) =>
      rowsOf(tx, PLAN, PLANS_UP_TO, [threadId, number, limit]),
    wasUsed: (stream) => streamVersion(stream) > 0,
  }
}

// Its id is not free yet, and what it belonged to is gone: neither can be said for good.
function ofLivingThread<Item extends Message | Activity>(
  tx: ReadTransaction,
  item: Item | undefined,
): Item | undefined {
  if (!item || !tx.get(IS_LEAVING, [item.threadId])) return item
  const what = `'${item.id}' is of thread '${item.threadId}', which was deleted and is being removed`
  throw new StoreError('STREAM_BLOCKED', what, {
    hint: 'try again when it is: threads.finishDeletions() goes on with it, and so does holdfast doctor --repair',
  })
}

function isLarge(tx: ReadTransaction, threadIds: readonly string[]): boolean {
  let [rows, bytes] = [0, 0]
  return threadIds.some((threadId) => {
    const size = tx.get<{ rows: number; bytes: number }>(SIZE, { threadId, limit: MANY_ROWS + 1 })
    rows += size?.rows ?? 0
    bytes += size?.bytes ?? 0
    return rows > MANY_ROWS || bytes > MANY_BYTES
  })
}
