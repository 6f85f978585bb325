/**
 * How a thread leaves the tables: at once, or what readers see at once and the rest by pieces, each of
 * which says in its event what it takes (docs/design/threads.md).
 */
import type { ProjectionTransaction } from '../../index.ts'
import type { ThreadsEventData } from './event-data.ts'

// Few rows each, beside what was said and done.
const SMALL = [
  /* sql */ `DELETE FROM threads_thread WHERE id = ?`,
  /* sql */ `DELETE FROM threads_selection WHERE thread_id = ?`,
  /* sql */ `DELETE FROM threads_turn WHERE thread_id = ?`,
  /* sql */ `DELETE FROM threads_session WHERE thread_id = ?`,
  /* sql */ `DELETE FROM threads_approval WHERE thread_id = ?`,
  /* sql */ `DELETE FROM threads_plan WHERE thread_id = ?`,
  /* sql */ `DELETE FROM threads_checkpoint WHERE thread_id = ?`,
  /* sql */ `DELETE FROM threads_branch WHERE thread_id = ?`,
  /* sql */ `DELETE FROM threads_commit WHERE thread_id = ?`,
  /* sql */ `DELETE FROM threads_import WHERE thread_id = ?`,
]
const LARGE = [
  /* sql */ `DELETE FROM threads_message WHERE thread_id = ?`,
  /* sql */ `DELETE FROM threads_activity WHERE thread_id = ?`,
]
const LEAVE = /* sql */ `
  INSERT INTO threads_leaving (thread_id, deleted_at_ms) VALUES (?, ?)
  ON CONFLICT (thread_id) DO NOTHING`
const SWEEP = /* sql */ `DELETE FROM threads_message WHERE thread_id = ? AND position <= ?`
const LEFT = /* sql */ `DELETE FROM threads_leaving WHERE thread_id = ?`

/** Removes all of a thread. */
export function dropThread(tx: ProjectionTransaction, id: string): void {
  for (const sql of [...SMALL, ...LARGE, LEFT]) tx.run(sql, [id])
}

/** Removes what makes a thread one, and notes that its messages and activities are to follow. */
export function leaveThread(tx: ProjectionTransaction, id: string, nowMs: number): void {
  for (const sql of SMALL) tx.run(sql, [id])
  tx.run(LEAVE, [id, nowMs])
}

/** Removes a piece of what is left; with the last, all. */
export function sweepThread(
  tx: ProjectionTransaction,
  { id, position, isLast }: ThreadsEventData['threads.thread.swept'],
): void {
  tx.run(SWEEP, [id, position])
  if (isLast) for (const sql of [...LARGE, LEFT]) tx.run(sql, [id])
}
