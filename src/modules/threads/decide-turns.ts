/** Decides what concerns turns and the approvals that hold them up. */
import type { CommandOf } from './commands.ts'
import { restingThread } from './decide-threads.ts'
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
import type { Turn } from './types.ts'
import type { Decision } from './vocabulary.ts'

/** One turn at a time, whichever process asks. */
export const startTurn: Decider<CommandOf<'turn.start'>> = (command, { model, newId }) => {
  const { threadId, turnId: id = newId(), input } = command
  restingThread(found(model.thread(threadId), 'thread', threadId))
  unused(model.turn(id) !== undefined, 'turn', id)
  const content = { kind: 'text', text: input } as const
  const message = { id: newId(), threadId, turnId: id, role: 'user', content } as const
  return {
    id,
    events: [
      ofThread(threadId, 'threads.turn.started', { id, threadId, input }),
      ofThread(threadId, 'threads.message.appended', message),
      statusChanged(threadId, 'running'),
    ],
  }
}

/** Ends the turn under way; what waited for approval is cancelled with it. */
export const interruptTurn: Decider<CommandOf<'turn.interrupt'>> = ({ threadId }, { model }) => {
  found(model.thread(threadId), 'thread', threadId)
  const { id } = openTurnOf({ model }, threadId)
  return {
    id,
    events: [
      ofThread(threadId, 'threads.turn.interrupted', { id, threadId }),
      statusChanged(threadId, 'idle'),
    ],
  }
}

/** Lets the action happen. */
export const approve: Decider<CommandOf<'approval.approve'>> = (command, context) =>
  answer(context, command.approvalId, command.forSession ? 'approved-for-session' : 'approved')

/** Keeps the action from happening; the turn goes on and hears of it. */
export const reject: Decider<CommandOf<'approval.reject'>> = (command, context) =>
  answer(context, command.approvalId, 'rejected')

/** The thread's turn under way; refuses when there is none. */
export function openTurnOf({ model }: Pick<DecisionContext, 'model'>, threadId: string): Turn {
  const turn = model.openTurn(threadId)
  if (turn) return turn
  throw new Refusal('wrong-state', `thread '${threadId}' has no turn under way`)
}

function answer({ model }: DecisionContext, id: string, decision: Decision) {
  const approval = found(model.approval(id), 'approval', id)
  const { threadId, status } = approval
  if (status !== 'pending') {
    throw new Refusal('wrong-state', `approval '${id}' was answered: ${status}`)
  }
  const data = { id, threadId, decision }
  const events: DecidedEvent[] = [ofThread(threadId, 'threads.approval.answered', data)]
  const goesOn = model.openTurn(threadId) && !model.hasPendingApproval(threadId, id)
  if (goesOn) events.push(statusChanged(threadId, 'running'))
  return { id, events }
}
