/** Every event of a thread's stream moves the thread's row along. */
import type { ProjectionTransaction, RecordedEvent } from '../../index.ts'

// Times of facts may run backwards when a source is imported; a list ordered by them must not.
const TOUCH = /* sql */ `
  UPDATE threads_thread SET version = :version, updated_at_ms = max(updated_at_ms, :nowMs)
  WHERE id = :id`

/** Notes that the thread's row shows the stream up to this event. */
export function touchThread(tx: ProjectionTransaction, id: string, event: RecordedEvent): void {
  tx.run(TOUCH, { id, version: event.version, nowMs: event.occurredAtMs })
}

const PLACE = /* sql */ `
  SELECT ifnull((SELECT number FROM threads_turn WHERE id = :turnId),
    ifnull((SELECT turn_count FROM threads_thread WHERE id = :threadId), 0)) AS number`

/** The number of the turn that something belongs to: its own, else the thread's newest. */
export function turnNumberOf(
  tx: ProjectionTransaction,
  threadId: string,
  turnId: string | null,
): number {
  return tx.get<{ number: number }>(PLACE, { threadId, turnId })?.number ?? 0
}
