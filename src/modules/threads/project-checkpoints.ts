/** Folds what git holds for a thread: checkpoints, branches, commits. */
import type { Projectors } from '../../index.ts'
import type { ThreadsEvents } from './events.ts'
import { pruneTurns } from './prune-turns.ts'
import { saveCheckpoint } from './save-checkpoint.ts'
import { touchThread, turnNumberOf } from './touch-thread.ts'

const SET_IDLE = /* sql */ `
  UPDATE threads_thread SET status = 'idle', error = NULL WHERE id = ?`
const ADD_BRANCH = /* sql */ `
  INSERT INTO threads_branch (thread_id, name, git_ref, created_at_ms)
  VALUES (:threadId, :name, :gitRef, :nowMs)
  ON CONFLICT (thread_id, name) DO UPDATE SET git_ref = excluded.git_ref`
const SET_BRANCH = /* sql */ `UPDATE threads_thread SET branch = :name WHERE id = :threadId`
const PUSH_BRANCH = /* sql */ `
  INSERT INTO threads_branch (thread_id, name, remote, created_at_ms, pushed_at_ms)
  VALUES (:threadId, :name, :remote, :nowMs, :nowMs)
  ON CONFLICT (thread_id, name) DO UPDATE SET
    remote = excluded.remote, pushed_at_ms = excluded.pushed_at_ms`
const ADD_COMMIT = /* sql */ `
  INSERT INTO threads_commit (thread_id, git_ref, message, committed_at_ms)
  VALUES (:threadId, :gitRef, :message, :nowMs)
  ON CONFLICT (thread_id, git_ref) DO UPDATE SET message = excluded.message`

type Folded =
  | 'threads.checkpoint.created'
  | 'threads.checkpoint.restored'
  | 'threads.checkpoint.revert-requested'
  | 'threads.branch.created'
  | 'threads.branch.pushed'
  | 'threads.changes.committed'

/** Projectors of what git holds. */
export const PROJECT_CHECKPOINTS: Projectors<Pick<ThreadsEvents, Folded>> = {
  'threads.checkpoint.created': (tx, event) => {
    const { data, occurredAtMs } = event
    const turnNumber = turnNumberOf(tx, data.threadId, data.turnId)
    saveCheckpoint(tx, { ...data, turnNumber }, occurredAtMs)
    touchThread(tx, data.threadId, event)
  },
  'threads.checkpoint.restored': (tx, event) => {
    const { threadId, turnNumber } = event.data
    pruneTurns(tx, threadId, turnNumber)
    tx.run(SET_IDLE, [threadId])
    touchThread(tx, threadId, event)
  },
  'threads.checkpoint.revert-requested': (tx, event) => {
    touchThread(tx, event.data.threadId, event)
  },
  'threads.branch.created': (tx, event) => {
    const { threadId, name } = event.data
    tx.run(ADD_BRANCH, { ...event.data, nowMs: event.occurredAtMs })
    tx.run(SET_BRANCH, { threadId, name })
    touchThread(tx, threadId, event)
  },
  'threads.branch.pushed': (tx, event) => {
    tx.run(PUSH_BRANCH, { ...event.data, nowMs: event.occurredAtMs })
    touchThread(tx, event.data.threadId, event)
  },
  'threads.changes.committed': (tx, event) => {
    tx.run(ADD_COMMIT, { ...event.data, nowMs: event.occurredAtMs })
    touchThread(tx, event.data.threadId, event)
  },
}
