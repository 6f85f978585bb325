/**
 * Removing what large deleted threads have left, in transactions of at most 100 ms. Each looks under the lock
 * what is left, so that a kill leaves nothing but work, and processes that sweep at once share it.
 */
import {
  type Finding,
  isStoreError,
  type ModuleStore,
  type ReadTransaction,
  type StoreError,
  type WriteTransaction,
} from '../../index.ts'
import { activityStream, threadStream } from './events.ts'

// Between two looks at the clock: a few milliseconds.
const ACTIVITIES_A_PIECE = 20
const MESSAGES_A_PIECE = 500
const BYTES_A_PIECE = 4 * 1024 * 1024
const MAX_LISTED = 1_000

const LEAVING = /* sql */ `
  SELECT thread_id AS threadId, deleted_at_ms AS deletedAtMs FROM threads_leaving
  ORDER BY deleted_at_ms, thread_id LIMIT ?`
const NEXT = /* sql */ `
  SELECT thread_id AS threadId FROM threads_leaving
  WHERE thread_id NOT IN (SELECT value FROM json_each(?))
  ORDER BY deleted_at_ms, thread_id LIMIT 1`
const ACTIVITIES = /* sql */ `
  SELECT id FROM threads_activity WHERE thread_id = ? ORDER BY ordinal, id LIMIT ?`
const MESSAGES = /* sql */ `
  SELECT position, octet_length(text) + ifnull(octet_length(detail), 0) AS bytes
  FROM threads_message WHERE thread_id = ? ORDER BY position LIMIT ?`

/** A thread that was deleted, and of which something is left. */
export interface LeavingThread {
  readonly threadId: string
  readonly deletedAtMs: number
}

/** Those that there are, the first deleted first; at most 1,000. */
export function listLeaving(tx: ReadTransaction): LeavingThread[] {
  return tx.all<LeavingThread>(LEAVING, [MAX_LISTED])
}

/**
 * Removes all that is left. Not inside a `write`. A thread that takes no events, for one of its own waits in
 * the quarantine, keeps no other waiting; `STREAM_BLOCKED` is thrown at the end.
 */
export function sweep(store: ModuleStore): void {
  if (store.read((tx) => tx.get(LEAVING, [1])) === undefined) return
  const blocked = new Set<string>()
  let failure: StoreError | undefined
  store.writeInSlices((tx, isTimeUp) => {
    for (;;) {
      const thread = tx.get<{ threadId: string }>(NEXT, [JSON.stringify([...blocked])])
      if (!thread) return true
      try {
        // In a savepoint: of a piece that is refused nothing stays.
        store.write((piece) => sweepPiece(piece, thread.threadId))
      } catch (error) {
        if (!isStoreError(error, 'STREAM_BLOCKED')) throw error
        blocked.add(thread.threadId)
        failure ??= error
      }
      if (isTimeUp()) return false
    }
  })
  if (failure) throw failure
}

/** The same after a deletion, which is done: what cannot be swept now is left to the next who sweeps. */
export function sweepOnTheWay(store: ModuleStore): void {
  try {
    sweep(store)
  } catch (error) {
    // Busy, full, or behind an event in the quarantine: nobody sees the rows, and `status` counts them.
    if (!isStoreError(error)) throw error
  }
}

/** What `holdfast doctor` says of them. */
export function leavingFindings(leaving: readonly LeavingThread[], finish: () => void): Finding[] {
  return leaving.map(({ threadId, deletedAtMs }) => ({
    kind: 'thread-half-deleted',
    severity: 'note',
    what: `thread '${threadId}' was deleted at ${new Date(deletedAtMs).toISOString()}, and messages or activities of it are left`,
    hint: 'somebody may be removing them; else: holdfast doctor --repair',
    repair: { does: `removes what thread '${threadId}' has left`, run: finish },
  }))
}

// Activities first: their last piece is not told by an event of the thread's.
function sweepPiece(tx: WriteTransaction, threadId: string): void {
  const activities = tx.all<{ id: string }>(ACTIVITIES, [threadId, ACTIVITIES_A_PIECE])
  for (const { id } of activities) {
    tx.append(activityStream(id), { type: 'threads.activity.removed', data: { id, threadId } })
  }
  if (activities.length > 0) return
  const messages = tx.all<MessageSize>(MESSAGES, [threadId, MESSAGES_A_PIECE])
  const piece = upToBytes(messages)
  const isLast = piece.length < MESSAGES_A_PIECE && piece.length === messages.length
  const position = piece.at(-1)?.position ?? 0
  const data = { id: threadId, position, ...(isLast && { isLast }) }
  tx.append(threadStream(threadId), { type: 'threads.thread.swept', data })
}

interface MessageSize {
  readonly position: number
  readonly bytes: number
}

// One at least, however large it is.
function upToBytes(messages: readonly MessageSize[]): readonly MessageSize[] {
  let bytes = 0
  const end = messages.findIndex((message, at) => {
    bytes += message.bytes
    return at > 0 && bytes > BYTES_A_PIECE
  })
  return end < 0 ? messages : messages.slice(0, end)
}
