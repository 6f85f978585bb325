/** Decides what a provider reports: each report becomes facts of the turn under way. */
import type { CommandOf, ProviderEvent } from './commands.ts'
import { openTurnOf } from './decide-turns.ts'
import {
  type DecidedEvent,
  type Decider,
  type DecisionContext,
  found,
  ofThread,
  Refusal,
  statusChanged,
  unused,
} from './decision.ts'
import type { Content } from './event-data.ts'
import type { Turn } from './types.ts'

/** Takes one report. */
export const ingest: Decider<CommandOf<'provider.ingest'>> = ({ threadId, event }, context) => {
  found(context.model.thread(threadId), 'thread', threadId)
  const turn = openTurnOf(context, threadId)
  return { id: turn.id, events: eventsOf(event, turn, context) }
}

function eventsOf(event: ProviderEvent, turn: Turn, context: DecisionContext): DecidedEvent[] {
  const { id, threadId } = turn
  switch (event.kind) {
    case 'text-delta':
      return delta('text', event, turn, context)
    case 'thinking-delta':
      return delta('thinking', event, turn, context)
    case 'tool-call':
      return [appended(turn, context.newId(), 'assistant', event)]
    case 'tool-result':
      return [appended(turn, context.newId(), 'tool', { isError: false, ...event })]
    case 'awaiting-approval': {
      const { approvalId = context.newId(), approvalKind: kind, detail } = event
      unused(context.model.approval(approvalId) !== undefined, 'approval', approvalId)
      const data = { id: approvalId, threadId, turnId: id, kind, detail }
      return [
        ofThread(threadId, 'threads.approval.requested', data),
        statusChanged(threadId, 'awaiting-approval'),
      ]
    }
    case 'turn-complete':
      return [
        ofThread(threadId, 'threads.turn.completed', { id, threadId }),
        statusChanged(threadId, 'idle'),
      ]
    case 'error':
      return [
        ofThread(threadId, 'threads.turn.failed', { id, threadId, error: event.error }),
        statusChanged(threadId, 'error', event.error),
      ]
  }
}

// More of the message named, or of the turn's last one if that is of the same kind; else a new one.
function delta(
  kind: 'text' | 'thinking',
  event: { readonly delta: string; readonly messageId?: string },
  turn: Turn,
  { model, newId }: DecisionContext,
): DecidedEvent[] {
  if (event.delta === '') return []
  const { threadId } = turn
  const last =
    event.messageId === undefined ? model.lastMessage(threadId) : model.message(event.messageId)
  const goesOn = last?.turnId === turn.id && last.role === 'assistant' && last.kind === kind
  if (last && goesOn) {
    const data = { id: last.id, threadId, delta: event.delta }
    return [ofThread(threadId, 'threads.message.chunk-received', data)]
  }
  if (last && event.messageId !== undefined) {
    throw new Refusal('wrong-state', `message '${last.id}' is not ${kind} of this turn`)
  }
  const content = { kind, text: event.delta }
  const first = appended(turn, event.messageId ?? newId(), 'assistant', content)
  // Until the turn ends: nobody says which delta of a text is the last.
  return [{ ...first, data: { ...(first.data as object), isStreaming: true } }]
}

function appended(
  turn: Turn,
  id: string,
  role: 'assistant' | 'tool',
  content: Content,
): DecidedEvent {
  const { threadId, id: turnId } = turn
  return ofThread(threadId, 'threads.message.appended', { id, threadId, turnId, role, content })
}
