/**
 * Decides a fork: a new thread that begins with a copy of another's turns up to a checkpoint. The
 * copy is made of ordinary events (messages, turns and plans; what a provider did, asked and holds stays
 * with the old thread), so that the new thread's stream alone is its whole history, and
 * neither a revert nor the deletion of the old thread touches it.
 */
import type { CommandOf } from './commands.ts'
import {
  type DecidedEvent,
  type Decider,
  type DecisionContext,
  found,
  ofThread,
  Refusal,
  unused,
} from './decision.ts'
import { threadStream } from './events.ts'
import { contentOf } from './message-columns.ts'
import type { Message, Plan, Turn } from './types.ts'

// One transaction, which others wait for.
const MAX_COPIED_MESSAGES = 5_000
const MAX_COPIED_PLANS = 1_000

/** Makes the thread. */
export const forkThread: Decider<CommandOf<'thread.fork'>> = (command, context) => {
  const { model, newId } = context
  const { checkpointId, threadId: id = newId() } = command
  const checkpoint = found(model.checkpoint(checkpointId), 'checkpoint', checkpointId)
  const { turnNumber, gitRef, status, files } = checkpoint
  const source = found(model.thread(checkpoint.threadId), 'thread', checkpoint.threadId)
  unused(model.wasUsed(threadStream(id)), 'thread', id)
  const { provider, model: modelName, runtimeMode, interactionMode, projectId } = source
  const title = command.title ?? `${source.title} (fork)`
  const created = ofThread(id, 'threads.thread.created', {
    id,
    projectId,
    title,
    provider,
    model: modelName,
    runtimeMode,
    interactionMode,
    branch: null,
    worktreePath: null,
    forkedFrom: checkpointId,
  })
  const { events, lastTurnId } = copyOf(source.id, id, turnNumber, context)
  const copied = { id: newId(), threadId: id, turnId: lastTurnId, gitRef, status, files }
  return {
    id,
    events: [created, ...events, ofThread(id, 'threads.checkpoint.created', copied)],
  }
}

function copyOf(
  sourceId: string,
  threadId: string,
  turnNumber: number,
  { model, newId }: DecisionContext,
): { events: DecidedEvent[]; lastTurnId: string | null } {
  const messages = model.messagesUpTo(sourceId, turnNumber, MAX_COPIED_MESSAGES + 1)
  if (messages.length > MAX_COPIED_MESSAGES) {
    throw new Refusal('too-large', `a fork copies at most ${MAX_COPIED_MESSAGES} messages`)
  }
  const byTurn = new Map<number, Message[]>()
  for (const message of messages) {
    const { turnNumber: number } = message
    const known = byTurn.get(number)
    if (known) known.push(message)
    else byTurn.set(number, [message])
  }
  const copyMessages = (number: number, turnId: string | null): DecidedEvent[] =>
    (byTurn.get(number) ?? []).map((message) => copyMessage(message, newId(), threadId, turnId))
  const plans = model.plansUpTo(sourceId, turnNumber, MAX_COPIED_PLANS)
  const copyPlans = (number: number, turnId: string | null): DecidedEvent[] =>
    plans
      .filter((plan) => plan.turnNumber === number)
      .map((plan) => copyPlan(plan, newId(), threadId, turnId))
  const events = [...copyMessages(0, null), ...copyPlans(0, null)]
  let lastTurnId: string | null = null
  for (const turn of model.turnsUpTo(sourceId, turnNumber)) {
    lastTurnId = newId()
    const started = { id: lastTurnId, threadId, input: turn.input }
    events.push(
      at(turn.startedAtMs, ofThread(threadId, 'threads.turn.started', started)),
      ...copyMessages(turn.number, lastTurnId),
      ...copyPlans(turn.number, lastTurnId),
      at(turn.endedAtMs ?? turn.startedAtMs, endOf(turn, lastTurnId, threadId)),
    )
  }
  return { events, lastTurnId }
}

function copyMessage(
  message: Message,
  id: string,
  threadId: string,
  turnId: string | null,
): DecidedEvent {
  const { role } = message
  const data = { id, threadId, turnId, role, content: contentOf(message) }
  return at(message.createdAtMs, ofThread(threadId, 'threads.message.appended', data))
}

function copyPlan(plan: Plan, id: string, threadId: string, turnId: string | null): DecidedEvent {
  const { text, isImplemented } = plan
  const data = { id, threadId, turnId, text, isImplemented }
  return at(plan.createdAtMs, ofThread(threadId, 'threads.plan.upserted', data))
}

// A turn that is still under way in the source is not in the copy: there nobody works on it.
function endOf({ status, error }: Turn, id: string, threadId: string): DecidedEvent {
  if (status === 'completed') return ofThread(threadId, 'threads.turn.completed', { id, threadId })
  if (status === 'failed') {
    return ofThread(threadId, 'threads.turn.failed', { id, threadId, error: error ?? '' })
  }
  return ofThread(threadId, 'threads.turn.interrupted', { id, threadId })
}

const at = (occurredAtMs: number, event: DecidedEvent): DecidedEvent => ({ ...event, occurredAtMs })
