/** Decides what concerns threads as a whole. */
import type { CommandOf } from './commands.ts'
import { activitiesRemoved, surroundingsRemoved, threadDeleted } from './decide-removals.ts'
import { type Decider, found, ofThread, Refusal, unused } from './decision.ts'
import { threadStream } from './events.ts'
import type { Thread } from './types.ts'
import { AT_REST } from './vocabulary.ts'

const UNTITLED = 'New thread'

/** Makes a thread of a project. */
export const createThread: Decider<CommandOf<'thread.create'>> = (command, { model, newId }) => {
  const { threadId: id = newId(), projectId, provider, model: modelName } = command
  found(model.project(projectId), 'project', projectId)
  unused(model.wasUsed(threadStream(id)), 'thread', id)
  const created = ofThread(id, 'threads.thread.created', {
    id,
    projectId,
    title: command.title ?? UNTITLED,
    provider,
    model: modelName,
    runtimeMode: command.runtimeMode ?? 'full-access',
    interactionMode: command.interactionMode ?? 'default',
    branch: command.branch ?? null,
    worktreePath: command.worktreePath ?? null,
    forkedFrom: null,
  })
  return { id, events: [created] }
}

/** Changes whatever of a thread is given. */
export const updateThread: Decider<CommandOf<'thread.update'>> = (command, { model }) => {
  const { type: _, threadId: id, ...changes } = command
  found(model.thread(id), 'thread', id)
  if (Object.keys(changes).length === 0) return { id, events: [] }
  return { id, events: [ofThread(id, 'threads.thread.meta-updated', { id, ...changes })] }
}

/** Says whether the provider may act by itself. */
export const setRuntimeMode: Decider<CommandOf<'thread.set-runtime-mode'>> = (command, context) => {
  const { threadId: id, runtimeMode } = command
  const thread = found(context.model.thread(id), 'thread', id)
  if (thread.runtimeMode === runtimeMode) return { id, events: [] }
  return { id, events: [ofThread(id, 'threads.thread.runtime-mode-set', { id, runtimeMode })] }
}

/** Says whether the thread only plans. */
export const setInteractionMode: Decider<CommandOf<'thread.set-interaction-mode'>> = (
  { threadId: id, interactionMode },
  { model },
) => {
  const thread = found(model.thread(id), 'thread', id)
  if (thread.interactionMode === interactionMode) return { id, events: [] }
  const data = { id, interactionMode }
  return { id, events: [ofThread(id, 'threads.thread.interaction-mode-set', data)] }
}

/** Shows the thread. */
export const selectThread: Decider<CommandOf<'thread.select'>> = ({ threadId: id }, { model }) => {
  found(model.thread(id), 'thread', id)
  return { id, events: [ofThread(id, 'threads.thread.selected', { id })] }
}

/** Takes everything of the thread with it. */
export const deleteThread: Decider<CommandOf<'thread.delete'>> = ({ threadId: id }, context) => {
  const { model, mayFollow = false } = context
  found(model.thread(id), 'thread', id)
  const isGradual = mayFollow && model.isLarge([id])
  return {
    id,
    events: [threadDeleted(id, isGradual), ...surroundingsRemoved(model, id, isGradual)],
  }
}

/** Goes back to where the thread had so many turns. */
export const revertThread: Decider<CommandOf<'thread.revert'>> = (command, { model }) => {
  const { threadId: id, turnCount } = command
  const thread = restingThread(found(model.thread(id), 'thread', id))
  if (turnCount > thread.turnCount) {
    throw new Refusal(
      'wrong-state',
      `thread '${id}' has ${thread.turnCount} turns, not ${turnCount}`,
    )
  }
  const reverted = ofThread(id, 'threads.thread.reverted', { id, turnCount })
  return { id, events: [reverted, ...activitiesRemoved(model, id, turnCount)] }
}

/**
 * The thread, with no turn under way; refuses otherwise. The seed's rule is that it must be idle;
 * after a failed turn it is as much at rest, and could else never go on.
 */
export function restingThread(thread: Thread): Thread {
  if (AT_REST.includes(thread.status)) return thread
  throw new Refusal('wrong-state', `thread '${thread.id}' is ${thread.status}`)
}
