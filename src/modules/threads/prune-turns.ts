/**
 * Going back: what came after a turn leaves the tables at once. It stays in the log, where the
 * thread's history shows it.
 */
import type { ProjectionTransaction } from '../../index.ts'

const PRUNE = [
  /* sql */ `DELETE FROM threads_turn WHERE thread_id = :id AND number > :number`,
  /* sql */ `DELETE FROM threads_message WHERE thread_id = :id AND turn_number > :number`,
  /* sql */ `DELETE FROM threads_activity WHERE thread_id = :id AND turn_number > :number`,
  /* sql */ `DELETE FROM threads_approval WHERE thread_id = :id AND turn_number > :number`,
  /* sql */ `DELETE FROM threads_plan WHERE thread_id = :id AND turn_number > :number`,
  /* sql */ `DELETE FROM threads_checkpoint WHERE thread_id = :id AND turn_number > :number`,
]
const RECOUNT = /* sql */ `
  UPDATE threads_thread SET
    turn_count = ifnull((SELECT max(number) FROM threads_turn WHERE thread_id = :id), 0),
    message_count = (SELECT count(*) FROM threads_message WHERE thread_id = :id)
  WHERE id = :id`

/** Removes everything of a thread that belongs to a later turn than `number`. */
export function pruneTurns(tx: ProjectionTransaction, id: string, number: number): void {
  for (const sql of PRUNE) tx.run(sql, { id, number })
  tx.run(RECOUNT, { id })
}
