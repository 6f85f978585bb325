/** Folds what surrounds a turn: activities, sessions, approvals, plans, settings. */
import type { Projectors } from '../../index.ts'
import type { ThreadsEvents } from './events.ts'
import { touchThread, turnNumberOf } from './touch-thread.ts'

const SAVE_ACTIVITY = /* sql */ `
  INSERT INTO threads_activity (id, thread_id, turn_id, turn_number, ordinal, kind, tone, summary,
    payload, created_at_ms, updated_at_ms)
  VALUES (:id, :threadId, :turnId, :turnNumber, :ordinal, :kind, :tone, :summary, :payload,
    :createdAtMs, :nowMs)
  ON CONFLICT (id) DO UPDATE SET thread_id = excluded.thread_id, turn_id = excluded.turn_id,
    turn_number = excluded.turn_number, ordinal = excluded.ordinal, kind = excluded.kind,
    tone = excluded.tone, summary = excluded.summary, payload = excluded.payload,
    created_at_ms = excluded.created_at_ms, updated_at_ms = excluded.updated_at_ms`
const SAVE_SESSION = /* sql */ `
  INSERT INTO threads_session (thread_id, status, provider, active_turn_id, last_error, updated_at_ms)
  VALUES (:threadId, :status, :provider, :activeTurnId, :lastError, :nowMs)
  ON CONFLICT (thread_id) DO UPDATE SET status = excluded.status, provider = excluded.provider,
    active_turn_id = excluded.active_turn_id, last_error = excluded.last_error,
    updated_at_ms = excluded.updated_at_ms`
const DROP_ACTIVITY = /* sql */ `DELETE FROM threads_activity WHERE id = :id AND thread_id = :threadId`
const DROP_SESSION = /* sql */ `DELETE FROM threads_session WHERE thread_id = ?`
// Asked again under one id it is the same request: the first stays, and so does its answer.
const ADD_APPROVAL = /* sql */ `
  INSERT INTO threads_approval (id, thread_id, turn_id, turn_number, kind, detail, status,
    requested_at_ms)
  VALUES (:id, :threadId, :turnId, :turnNumber, :kind, :detail, 'pending', :nowMs)
  ON CONFLICT (id) DO NOTHING`
const ANSWER_APPROVAL = /* sql */ `
  UPDATE threads_approval SET status = :decision, answered_at_ms = :nowMs WHERE id = :id`
const SAVE_PLAN = /* sql */ `
  INSERT INTO threads_plan (id, thread_id, turn_id, turn_number, text, is_implemented,
    created_at_ms, updated_at_ms)
  VALUES (:id, :threadId, :turnId, :turnNumber, :text, :isImplemented, :nowMs, :nowMs)
  ON CONFLICT (id) DO UPDATE SET text = excluded.text, is_implemented = excluded.is_implemented,
    updated_at_ms = excluded.updated_at_ms`
const SAVE_SETTING = /* sql */ `
  INSERT INTO threads_setting (key, value, updated_at_ms) VALUES (:key, :value, :nowMs)
  ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at_ms = excluded.updated_at_ms`

type Folded =
  | 'threads.activity.appended'
  | 'threads.activity.removed'
  | 'threads.session.set'
  | 'threads.session.removed'
  | 'threads.session.stop-requested'
  | 'threads.approval.requested'
  | 'threads.approval.answered'
  | 'threads.user-input.answered'
  | 'threads.plan.upserted'
  | 'threads.setting.changed'

/** Projectors of what surrounds a turn. */
export const PROJECT_WORK: Projectors<Pick<ThreadsEvents, Folded>> = {
  // In streams of their own: neither moves the thread's version.
  'threads.activity.appended': (tx, { data, occurredAtMs }) => {
    const payload = JSON.stringify(data.payload ?? null)
    tx.run(SAVE_ACTIVITY, { ...data, payload, nowMs: occurredAtMs })
  },
  'threads.activity.removed': (tx, { data }) => {
    tx.run(DROP_ACTIVITY, { ...data })
  },
  'threads.session.set': (tx, { data, occurredAtMs }) => {
    tx.run(SAVE_SESSION, { ...data, nowMs: occurredAtMs })
  },
  'threads.session.removed': (tx, { data }) => {
    tx.run(DROP_SESSION, [data.threadId])
  },
  'threads.session.stop-requested': (tx, event) => touchThread(tx, event.data.threadId, event),
  'threads.approval.requested': (tx, event) => {
    const { data, occurredAtMs } = event
    const turnNumber = turnNumberOf(tx, data.threadId, data.turnId)
    const detail = JSON.stringify(data.detail ?? null)
    tx.run(ADD_APPROVAL, { ...data, turnNumber, detail, nowMs: occurredAtMs })
    touchThread(tx, data.threadId, event)
  },
  'threads.approval.answered': (tx, event) => {
    const { id, threadId, decision } = event.data
    tx.run(ANSWER_APPROVAL, { id, decision, nowMs: event.occurredAtMs })
    touchThread(tx, threadId, event)
  },
  'threads.user-input.answered': (tx, event) => touchThread(tx, event.data.threadId, event),
  'threads.plan.upserted': (tx, event) => {
    const { data, occurredAtMs } = event
    const turnNumber = turnNumberOf(tx, data.threadId, data.turnId)
    const isImplemented = Number(data.isImplemented)
    tx.run(SAVE_PLAN, { ...data, turnNumber, isImplemented, nowMs: occurredAtMs })
    touchThread(tx, data.threadId, event)
  },
  'threads.setting.changed': (tx, { data, occurredAtMs }) => {
    const value = JSON.stringify(data.value ?? null)
    tx.run(SAVE_SETTING, { key: data.key, value, nowMs: occurredAtMs })
  },
}
