/** Decides what concerns messages, activities, plans and sessions. */
import type { CommandOf } from './commands.ts'
import {
  type Decider,
  type DecisionContext,
  decided,
  found,
  ofThread,
  Refusal,
  unused,
} from './decision.ts'
import { activityStream, sessionStream } from './events.ts'

/** Adds a message; of the turn under way unless another is named. */
export const appendMessage: Decider<CommandOf<'message.append'>> = (command, context) => {
  const { threadId, messageId: id = context.newId(), role, content } = command
  const turnId = turnOf(context, threadId, command.turnId)
  unused(context.model.message(id) !== undefined, 'message', id)
  const data = { id, threadId, turnId, role, content }
  return { id, events: [ofThread(threadId, 'threads.message.appended', data)] }
}

/** Adds to a message's text. */
export const extendMessage: Decider<CommandOf<'message.extend'>> = (command, { model }) => {
  const { messageId: id, delta } = command
  const { threadId, kind } = found(model.message(id), 'message', id)
  if (kind !== 'text' && kind !== 'thinking') {
    throw new Refusal('wrong-state', `message '${id}' is a ${kind} and has no text to add to`)
  }
  if (delta === '') return { id, events: [] }
  const data = { id, threadId, delta }
  return { id, events: [ofThread(threadId, 'threads.message.chunk-received', data)] }
}

/** Adds an activity, or replaces its state; its place stays. */
export const putActivity: Decider<CommandOf<'activity.put'>> = (command, context) => {
  const { model, newId } = context
  const { threadId, activityId: id = newId(), kind, summary, tone = 'info' } = command
  const thread = found(model.thread(threadId), 'thread', threadId)
  const before = model.activity(id)
  unused(before !== undefined && before.threadId !== threadId, 'activity', id)
  const turnId =
    command.turnId === undefined && before
      ? before.turnId
      : turnOf(context, threadId, command.turnId)
  const turn = turnId === null ? undefined : model.turn(turnId)
  const data = {
    id,
    threadId,
    turnId,
    turnNumber: turn?.number ?? before?.turnNumber ?? thread.turnCount,
    ordinal: before?.ordinal ?? model.nextOrdinal(threadId),
    kind,
    tone,
    summary,
    payload: command.payload ?? null,
    createdAtMs: before?.createdAtMs ?? context.nowMs,
  }
  return { id, events: [decided(activityStream(id), 'threads.activity.appended', data)] }
}

/** Adds a plan, or replaces its text. */
export const putPlan: Decider<CommandOf<'plan.put'>> = (command, context) => {
  const { threadId, planId: id = context.newId(), text, isImplemented = false } = command
  found(context.model.thread(threadId), 'thread', threadId)
  const before = context.model.plan(id)
  unused(before !== undefined && before.threadId !== threadId, 'plan', id)
  const turnId =
    command.turnId === undefined && before
      ? before.turnId
      : turnOf(context, threadId, command.turnId)
  const data = { id, threadId, turnId, text, isImplemented }
  return { id, events: [ofThread(threadId, 'threads.plan.upserted', data)] }
}

/** Says how the provider's session stands. */
export const setSession: Decider<CommandOf<'session.set'>> = (command, { model }) => {
  const { threadId: id, status, activeTurnId = null, lastError = null } = command
  const { provider } = found(model.thread(id), 'thread', id)
  const data = { threadId: id, status, provider, activeTurnId, lastError }
  return { id, events: [decided(sessionStream(id), 'threads.session.set', data)] }
}

/** Asks the provider's session to stop. */
export const stopSession: Decider<CommandOf<'session.stop'>> = ({ threadId: id }, { model }) => {
  found(model.session(id), 'session of thread', id)
  return { id, events: [ofThread(id, 'threads.session.stop-requested', { threadId: id })] }
}

/** The turn that something is of: the one named, which must be the thread's, or the one under way. */
export function turnOf(
  { model }: DecisionContext,
  threadId: string,
  turnId: string | null | undefined,
): string | null {
  found(model.thread(threadId), 'thread', threadId)
  if (turnId === undefined) return model.openTurn(threadId)?.id ?? null
  if (turnId === null) return null
  const turn = model.turn(turnId)
  return found(turn?.threadId === threadId ? turn : undefined, 'turn', turnId).id
}
