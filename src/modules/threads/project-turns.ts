/** Folds turns. */
import type { Projector, Projectors } from '../../index.ts'
import type { OfThread } from './event-data.ts'
import type { ThreadsEvents } from './events.ts'
import { saveCheckpoint } from './save-checkpoint.ts'
import { touchThread } from './touch-thread.ts'

const ADD = /* sql */ `
  INSERT INTO threads_turn (id, thread_id, number, status, input, started_at_ms)
  SELECT :id, :threadId, ifnull(max(number), 0) + 1, 'running', :input, :nowMs
  FROM threads_turn WHERE thread_id = :threadId`
const COUNT = /* sql */ `
  UPDATE threads_thread SET turn_count = (SELECT number FROM threads_turn WHERE id = :id)
  WHERE id = :threadId`
const END = /* sql */ `
  UPDATE threads_turn SET status = :status, error = :error, ended_at_ms = :nowMs WHERE id = :id`
// Nobody will answer for a turn that is over.
const CANCEL_APPROVALS = /* sql */ `
  UPDATE threads_approval SET status = 'cancelled', answered_at_ms = :nowMs
  WHERE thread_id = :threadId AND turn_id = :id AND status = 'pending'`
const END_STREAMING = /* sql */ `
  UPDATE threads_message SET is_streaming = 0 WHERE thread_id = :threadId AND turn_id = :id
    AND is_streaming = 1`
const COMPLETE = /* sql */ `
  UPDATE threads_turn SET status = 'completed', ended_at_ms = :nowMs
  WHERE id = :id AND status = 'running'`

type Folded =
  | 'threads.turn.started'
  | 'threads.turn.completed'
  | 'threads.turn.interrupted'
  | 'threads.turn.failed'
  | 'threads.turn.start-requested'
  | 'threads.turn.interrupt-requested'
  | 'threads.turn.diff-completed'

const ended =
  (status: 'completed' | 'interrupted' | 'failed'): Projector<OfThread & { error?: string }> =>
  (tx, event) => {
    const { id, threadId } = event.data
    const error = event.data.error ?? null
    const nowMs = event.occurredAtMs
    tx.run(END, { id, status, error, nowMs })
    tx.run(CANCEL_APPROVALS, { id, threadId, nowMs })
    tx.run(END_STREAMING, { id, threadId })
    touchThread(tx, threadId, event)
  }

/** Projectors of turns. */
export const PROJECT_TURNS: Projectors<Pick<ThreadsEvents, Folded>> = {
  'threads.turn.started': (tx, event) => {
    const { id, threadId } = event.data
    tx.run(ADD, { ...event.data, nowMs: event.occurredAtMs })
    tx.run(COUNT, { id, threadId })
    touchThread(tx, threadId, event)
  },
  'threads.turn.completed': ended('completed'),
  'threads.turn.interrupted': ended('interrupted'),
  'threads.turn.failed': ended('failed'),
  // Wishes: the tables change with the provider's answer.
  'threads.turn.start-requested': (tx, event) => touchThread(tx, event.data.threadId, event),
  'threads.turn.interrupt-requested': (tx, event) => touchThread(tx, event.data.threadId, event),
  'threads.turn.diff-completed': (tx, event) => {
    const { turnId, threadId } = event.data
    tx.run(COMPLETE, { id: turnId, nowMs: event.occurredAtMs })
    saveCheckpoint(tx, { ...event.data, id: `${turnId}.checkpoint` }, event.occurredAtMs)
    touchThread(tx, threadId, event)
  },
}
