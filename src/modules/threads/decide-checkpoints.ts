/** Decides what concerns checkpoints, branches and commits: what git did is told, not done here. */
import type { CommandOf } from './commands.ts'
import { turnOf } from './decide-messages.ts'
import { activitiesRemoved } from './decide-removals.ts'
import { restingThread } from './decide-threads.ts'
import { type Decider, found, ofThread, Refusal, unused } from './decision.ts'

const DEFAULT_REMOTE = 'origin'

/** Notes the git state after a turn: by default the thread's newest. */
export const createCheckpoint: Decider<CommandOf<'checkpoint.create'>> = (command, context) => {
  const { model, newId } = context
  const { threadId, checkpointId: id = newId(), gitRef, status = 'ready', files = [] } = command
  found(model.thread(threadId), 'thread', threadId)
  unused(model.checkpoint(id) !== undefined, 'checkpoint', id)
  const newest = model.newestTurn(threadId)?.id ?? null
  const turnId = command.turnId === undefined ? newest : turnOf(context, threadId, command.turnId)
  const data = { id, threadId, turnId, gitRef, status, files }
  return { id, events: [ofThread(threadId, 'threads.checkpoint.created', data)] }
}

/** Goes back to a checkpoint: later turns, with their messages and approvals, go at once. */
export const restoreCheckpoint: Decider<CommandOf<'checkpoint.restore'>> = (command, { model }) => {
  const { checkpointId: id } = command
  const { threadId, turnNumber, status } = found(model.checkpoint(id), 'checkpoint', id)
  restingThread(found(model.thread(threadId), 'thread', threadId))
  if (status !== 'ready') throw new Refusal('wrong-state', `checkpoint '${id}' is ${status}`)
  const data = { id, threadId, turnNumber }
  const restored = ofThread(threadId, 'threads.checkpoint.restored', data)
  return { id, events: [restored, ...activitiesRemoved(model, threadId, turnNumber)] }
}

/** Notes a commit. */
export const commitChanges: Decider<CommandOf<'changes.commit'>> = (command, { model }) => {
  const { threadId, gitRef, message } = command
  found(model.thread(threadId), 'thread', threadId)
  const data = { threadId, gitRef, message }
  return { id: gitRef, events: [ofThread(threadId, 'threads.changes.committed', data)] }
}

/** Notes a branch, on which the thread then is. */
export const createBranch: Decider<CommandOf<'branch.create'>> = (command, { model }) => {
  const { threadId, name, gitRef = null } = command
  found(model.thread(threadId), 'thread', threadId)
  const data = { threadId, name, gitRef }
  return { id: name, events: [ofThread(threadId, 'threads.branch.created', data)] }
}

/** Notes that a branch was pushed. */
export const pushBranch: Decider<CommandOf<'branch.push'>> = (command, { model }) => {
  const { threadId, name, remote = DEFAULT_REMOTE } = command
  found(model.thread(threadId), 'thread', threadId)
  const data = { threadId, name, remote }
  return { id: name, events: [ofThread(threadId, 'threads.branch.pushed', data)] }
}
