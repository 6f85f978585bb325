/**
 * The decider: a command and the state it meets give events or a refusal, and nothing else: no
 * clock, no randomness, no writing.
 */
import type { Command, CommandOf } from './commands.ts'
import {
  commitChanges,
  createBranch,
  createCheckpoint,
  pushBranch,
  restoreCheckpoint,
} from './decide-checkpoints.ts'
import { forkThread } from './decide-fork.ts'
import {
  appendMessage,
  extendMessage,
  putActivity,
  putPlan,
  setSession,
  stopSession,
} from './decide-messages.ts'
import {
  changeSetting,
  createProject,
  deleteProject,
  renameProject,
  updateProject,
} from './decide-projects.ts'
import { ingest } from './decide-provider.ts'
import {
  createThread,
  deleteThread,
  revertThread,
  selectThread,
  setInteractionMode,
  setRuntimeMode,
  updateThread,
} from './decide-threads.ts'
import { approve, interruptTurn, reject, startTurn } from './decide-turns.ts'
import { type Decider, type Decision, type DecisionContext, Refusal } from './decision.ts'

const DECIDERS: { readonly [Type in Command['type']]: Decider<CommandOf<Type>> } = {
  'project.create': createProject,
  'project.rename': renameProject,
  'project.update': updateProject,
  'project.delete': deleteProject,
  'thread.create': createThread,
  'thread.update': updateThread,
  'thread.set-runtime-mode': setRuntimeMode,
  'thread.set-interaction-mode': setInteractionMode,
  'thread.select': selectThread,
  'thread.delete': deleteThread,
  'thread.revert': revertThread,
  'thread.fork': forkThread,
  'turn.start': startTurn,
  'turn.interrupt': interruptTurn,
  'approval.approve': approve,
  'approval.reject': reject,
  'message.append': appendMessage,
  'message.extend': extendMessage,
  'provider.ingest': ingest,
  'activity.put': putActivity,
  'plan.put': putPlan,
  'session.set': setSession,
  'session.stop': stopSession,
  'checkpoint.create': createCheckpoint,
  'checkpoint.restore': restoreCheckpoint,
  'changes.commit': commitChanges,
  'branch.create': createBranch,
  'branch.push': pushBranch,
  'setting.change': changeSetting,
}

/** Decides a valid command. */
export function decide(command: Command, context: DecisionContext): Decision {
  // Each entry takes the commands of its own key, which the compiler cannot follow through a lookup.
  const decider = DECIDERS[command.type] as Decider<Command>
  try {
    return { accepted: true, ...decider(command, context) }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { accepted: false, reason: error.reason, message: error.message }
  }
}
