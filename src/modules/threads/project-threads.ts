/** Folds what is said of projects and of threads as a whole. */
import type { ProjectionTransaction, Projectors } from '../../index.ts'
import { dropThread, leaveThread, sweepThread } from './drop-thread.ts'
import type { ThreadsEvents } from './events.ts'
import { pruneTurns } from './prune-turns.ts'
import { touchThread } from './touch-thread.ts'

const ADD_PROJECT = /* sql */ `
  INSERT INTO threads_project (id, name, path, default_model, created_at_ms, updated_at_ms)
  VALUES (:id, :name, :path, :defaultModel, :nowMs, :nowMs)`
const RENAME_PROJECT = /* sql */ `
  UPDATE threads_project SET name = :name, updated_at_ms = :nowMs WHERE id = :id`
const UPDATE_PROJECT = /* sql */ `
  UPDATE threads_project SET name = ifnull(:name, name), path = ifnull(:path, path),
    default_model = iif(:hasModel, :defaultModel, default_model), updated_at_ms = :nowMs
  WHERE id = :id`
const THREADS_OF = /* sql */ `SELECT id FROM threads_thread WHERE project_id = ?`
const DROP_PROJECT = /* sql */ `DELETE FROM threads_project WHERE id = ?`

const ADD_THREAD = /* sql */ `
  INSERT INTO threads_thread (id, project_id, title, provider, model, runtime_mode, interaction_mode,
    status, branch, worktree_path, turn_count, message_count, forked_from, created_at_ms,
    updated_at_ms, version)
  VALUES (:id, :projectId, :title, :provider, :model, :runtimeMode, :interactionMode, 'idle',
    :branch, :worktreePath, 0, 0, :forkedFrom, :nowMs, :nowMs, :version)`
const UPDATE_THREAD = /* sql */ `
  UPDATE threads_thread SET title = ifnull(:title, title), provider = ifnull(:provider, provider),
    model = ifnull(:model, model),
    branch = iif(:hasBranch, :branch, branch),
    worktree_path = iif(:hasPath, :worktreePath, worktree_path)
  WHERE id = :id`
const SET_RUNTIME = /* sql */ `
  UPDATE threads_thread SET runtime_mode = :runtimeMode WHERE id = :id`
const SET_INTERACTION = /* sql */ `
  UPDATE threads_thread SET interaction_mode = :interactionMode WHERE id = :id`
const SET_STATUS = /* sql */ `
  UPDATE threads_thread SET status = :status, error = :error WHERE id = :id`
const SELECT_THREAD = /* sql */ `
  INSERT INTO threads_selection (slot, thread_id) VALUES (1, ?)
  ON CONFLICT (slot) DO UPDATE SET thread_id = excluded.thread_id`

type Folded =
  | 'threads.project.created'
  | 'threads.project.renamed'
  | 'threads.project.meta-updated'
  | 'threads.project.deleted'
  | 'threads.thread.created'
  | 'threads.thread.meta-updated'
  | 'threads.thread.runtime-mode-set'
  | 'threads.thread.interaction-mode-set'
  | 'threads.thread.selected'
  | 'threads.thread.status-changed'
  | 'threads.thread.reverted'
  | 'threads.thread.deleted'
  | 'threads.thread.swept'

/** Projectors of projects and threads. */
export const PROJECT_THREADS: Projectors<Pick<ThreadsEvents, Folded>> = {
  'threads.project.created': (tx, { data, occurredAtMs }) => {
    tx.run(ADD_PROJECT, { ...data, nowMs: occurredAtMs })
  },
  'threads.project.renamed': (tx, { data, occurredAtMs }) => {
    tx.run(RENAME_PROJECT, { ...data, nowMs: occurredAtMs })
  },
  'threads.project.meta-updated': (tx, { data, occurredAtMs }) => {
    tx.run(UPDATE_PROJECT, {
      id: data.id,
      name: data.name ?? null,
      path: data.path ?? null,
      defaultModel: data.defaultModel ?? null,
      hasModel: Number(data.defaultModel !== undefined),
      nowMs: occurredAtMs,
    })
  },
  // Its threads are told of in their own streams; where a source has not done so, they go as well.
  'threads.project.deleted': (tx, { data }) => {
    for (const { id } of tx.all<{ id: string }>(THREADS_OF, [data.id])) dropThread(tx, id)
    tx.run(DROP_PROJECT, [data.id])
  },
  'threads.thread.created': (tx, { data, version, occurredAtMs }) => {
    tx.run(ADD_THREAD, { ...data, version, nowMs: occurredAtMs })
  },
  'threads.thread.meta-updated': (tx, event) => {
    const { data } = event
    tx.run(UPDATE_THREAD, {
      id: data.id,
      title: data.title ?? null,
      provider: data.provider ?? null,
      model: data.model ?? null,
      branch: data.branch ?? null,
      hasBranch: Number(data.branch !== undefined),
      worktreePath: data.worktreePath ?? null,
      hasPath: Number(data.worktreePath !== undefined),
    })
    touchThread(tx, data.id, event)
  },
  'threads.thread.runtime-mode-set': (tx, event) => {
    tx.run(SET_RUNTIME, { ...event.data })
    touchThread(tx, event.data.id, event)
  },
  'threads.thread.interaction-mode-set': (tx, event) => {
    tx.run(SET_INTERACTION, { ...event.data })
    touchThread(tx, event.data.id, event)
  },
  'threads.thread.selected': (tx, event) => {
    // What was selected where an archive comes from is not so here.
    if (!event.metadata?.['importedFrom']) tx.run(SELECT_THREAD, [event.data.id])
    touchThread(tx, event.data.id, event)
  },
  'threads.thread.status-changed': (tx, event) => {
    setThreadStatus(tx, event.data)
    touchThread(tx, event.data.id, event)
  },
  'threads.thread.reverted': (tx, event) => {
    const { id, turnCount } = event.data
    pruneTurns(tx, id, turnCount)
    setThreadStatus(tx, { id, status: 'idle', error: null })
    touchThread(tx, id, event)
  },
  'threads.thread.deleted': (tx, { data, occurredAtMs }) => {
    if (data.isGradual) leaveThread(tx, data.id, occurredAtMs)
    else dropThread(tx, data.id)
  },
  'threads.thread.swept': (tx, { data }) => sweepThread(tx, data),
}

/** Changes a thread's status. */
function setThreadStatus(
  tx: ProjectionTransaction,
  status: { readonly id: string; readonly status: string; readonly error: string | null },
): void {
  tx.run(SET_STATUS, { ...status })
}
