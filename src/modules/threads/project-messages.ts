/** Folds messages: whole, in chunks, and as T3 Code sends them. */
import type { ProjectionTransaction, Projectors, RecordedEvent } from '../../index.ts'
import type { ThreadsEvents } from './events.ts'
import { type MessageColumns, messageColumns } from './message-columns.ts'
import { touchThread, turnNumberOf } from './touch-thread.ts'

const ADD = /* sql */ `
  INSERT INTO threads_message (id, thread_id, turn_id, turn_number, role, kind, text, detail,
    is_streaming, position, created_at_ms, updated_at_ms)
  VALUES (:id, :threadId, :turnId, :turnNumber, :role, :kind, :text, :detail, :isStreaming,
    :position, :nowMs, :nowMs)`
const COUNT = /* sql */ `
  UPDATE threads_thread SET message_count = message_count + 1 WHERE id = ?`
const EXTEND = /* sql */ `
  UPDATE threads_message SET text = text || :delta, is_streaming = ifnull(:isStreaming, is_streaming),
    updated_at_ms = :nowMs
  WHERE id = :id AND thread_id = :threadId`
const REPLACE = /* sql */ `
  UPDATE threads_message SET text = :text, is_streaming = 0, updated_at_ms = :nowMs
  WHERE id = :id AND thread_id = :threadId`
const END = /* sql */ `
  UPDATE threads_message SET is_streaming = 0, updated_at_ms = :nowMs
  WHERE id = :id AND thread_id = :threadId`

type Folded = 'threads.message.appended' | 'threads.message.chunk-received' | 'threads.message.sent'

/** Projectors of messages. */
export const PROJECT_MESSAGES: Projectors<Pick<ThreadsEvents, Folded>> = {
  'threads.message.appended': (tx, event) => {
    const { content, isStreaming = false, ...place } = event.data
    const turnNumber = turnNumberOf(tx, place.threadId, place.turnId)
    addMessage(tx, event, { ...place, ...messageColumns(content), turnNumber, isStreaming })
  },
  'threads.message.chunk-received': (tx, event) => {
    const { id, threadId, delta, isLast = false } = event.data
    // Only a stream of its own says that more is to come; whoever adds a word does not.
    const isStreaming = isLast ? 0 : null
    tx.run(EXTEND, { id, threadId, delta, isStreaming, nowMs: event.occurredAtMs })
    touchThread(tx, threadId, event)
  },
  'threads.message.sent': (tx, event) => {
    const { id, threadId, turnId, role, text, isStreaming } = event.data
    const nowMs = event.occurredAtMs
    // A part of a text, or the end of one: then with the whole text, or with none when all is there.
    const sql = isStreaming ? EXTEND : text === '' ? END : REPLACE
    const parameters = {
      id,
      threadId,
      nowMs,
      ...(isStreaming ? { delta: text, isStreaming: 1 } : text !== '' && { text }),
    }
    if (tx.run(sql, parameters).changes > 0) {
      touchThread(tx, threadId, event)
      return
    }
    const turnNumber = numberOfSent(tx, event)
    const row = { id, threadId, turnId, role, kind: 'text', text, detail: null } as const
    addMessage(tx, event, { ...row, turnNumber, isStreaming })
  },
}

interface NewMessage extends MessageColumns {
  readonly id: string
  readonly threadId: string
  readonly turnId: string | null
  readonly turnNumber: number
  readonly role: string
  readonly isStreaming: boolean
}

function addMessage(tx: ProjectionTransaction, event: RecordedEvent, message: NewMessage): void {
  tx.run(ADD, {
    ...message,
    detail: message.detail === null ? null : JSON.stringify(message.detail),
    isStreaming: Number(message.isStreaming),
    position: event.version,
    nowMs: event.occurredAtMs,
  })
  tx.run(COUNT, [message.threadId])
  touchThread(tx, message.threadId, event)
}

const HAS_OPEN_TURN = /* sql */ `
  SELECT 1 FROM threads_turn WHERE thread_id = ? AND status = 'running' LIMIT 1`

// T3 Code sends what the user said before there is a turn: it belongs to the one that follows.
function numberOfSent(
  tx: ProjectionTransaction,
  { data }: RecordedEvent<{ threadId: string; turnId: string | null; role: string }>,
): number {
  const number = turnNumberOf(tx, data.threadId, data.turnId)
  if (data.turnId !== null || data.role !== 'user') return number
  return tx.get(HAS_OPEN_TURN, [data.threadId]) ? number : number + 1
}
