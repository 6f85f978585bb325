/**
 * Profiles: which event types other tools have, by their names, and which of this module's each is.
 * A new tool is a new table here and an importer, never a change of the types.
 */
import type {
  BaseEventData,
  FurtherEventData,
  MarkEventData,
  ThreadsEventType,
} from './event-data.ts'
import type { ThreadMark } from './vocabulary.ts'

/** The seed's 17 variants. */
export const PEON_PROFILE: Readonly<Record<PeonEventName, keyof BaseEventData>> = {
  ProjectCreated: 'threads.project.created',
  ProjectDeleted: 'threads.project.deleted',
  ProjectRenamed: 'threads.project.renamed',
  ThreadCreated: 'threads.thread.created',
  ThreadDeleted: 'threads.thread.deleted',
  ThreadSelected: 'threads.thread.selected',
  ThreadStatusChanged: 'threads.thread.status-changed',
  TurnStarted: 'threads.turn.started',
  TurnCompleted: 'threads.turn.completed',
  TurnInterrupted: 'threads.turn.interrupted',
  TurnFailed: 'threads.turn.failed',
  MessageAppended: 'threads.message.appended',
  MessageChunkReceived: 'threads.message.chunk-received',
  CheckpointCreated: 'threads.checkpoint.created',
  CheckpointRestored: 'threads.checkpoint.restored',
  // Inferred: of the last two variants the public text shows only the fields of the second.
  BranchCreated: 'threads.branch.created',
  ChangesCommitted: 'threads.changes.committed',
}

/** Names of the seed's variants. */
export type PeonEventName =
  | 'ProjectCreated'
  | 'ProjectDeleted'
  | 'ProjectRenamed'
  | 'ThreadCreated'
  | 'ThreadDeleted'
  | 'ThreadSelected'
  | 'ThreadStatusChanged'
  | 'TurnStarted'
  | 'TurnCompleted'
  | 'TurnInterrupted'
  | 'TurnFailed'
  | 'MessageAppended'
  | 'MessageChunkReceived'
  | 'CheckpointCreated'
  | 'CheckpointRestored'
  | 'BranchCreated'
  | 'ChangesCommitted'

/** T3 Code's types: the first 20 of version 1 of its events, and the nine marks that came later. */
export const T3_PROFILE: Readonly<
  Record<T3EventName, keyof BaseEventData | keyof FurtherEventData | keyof MarkEventData>
> = {
  'project.created': 'threads.project.created',
  'project.meta-updated': 'threads.project.meta-updated',
  'project.deleted': 'threads.project.deleted',
  'thread.created': 'threads.thread.created',
  'thread.deleted': 'threads.thread.deleted',
  'thread.meta-updated': 'threads.thread.meta-updated',
  'thread.runtime-mode-set': 'threads.thread.runtime-mode-set',
  'thread.interaction-mode-set': 'threads.thread.interaction-mode-set',
  'thread.message-sent': 'threads.message.sent',
  'thread.turn-start-requested': 'threads.turn.start-requested',
  'thread.turn-interrupt-requested': 'threads.turn.interrupt-requested',
  'thread.approval-response-requested': 'threads.approval.answered',
  'thread.user-input-response-requested': 'threads.user-input.answered',
  'thread.checkpoint-revert-requested': 'threads.checkpoint.revert-requested',
  'thread.reverted': 'threads.thread.reverted',
  'thread.session-stop-requested': 'threads.session.stop-requested',
  'thread.session-set': 'threads.session.set',
  'thread.proposed-plan-upserted': 'threads.plan.upserted',
  'thread.turn-diff-completed': 'threads.turn.diff-completed',
  'thread.activity-appended': 'threads.activity.appended',
  'thread.archived': 'threads.thread.archived',
  'thread.unarchived': 'threads.thread.unarchived',
  'thread.settled': 'threads.thread.settled',
  'thread.unsettled': 'threads.thread.unsettled',
  'thread.snoozed': 'threads.thread.snoozed',
  'thread.unsnoozed': 'threads.thread.unsnoozed',
  'thread.pinned': 'threads.thread.pinned',
  'thread.unpinned': 'threads.thread.unpinned',
  'thread.pin-reordered': 'threads.thread.pin-reordered',
}

/** Names of T3 Code's types. */
export type T3EventName =
  | 'project.created'
  | 'project.meta-updated'
  | 'project.deleted'
  | 'thread.created'
  | 'thread.deleted'
  | 'thread.meta-updated'
  | 'thread.runtime-mode-set'
  | 'thread.interaction-mode-set'
  | 'thread.message-sent'
  | 'thread.turn-start-requested'
  | 'thread.turn-interrupt-requested'
  | 'thread.approval-response-requested'
  | 'thread.user-input-response-requested'
  | 'thread.checkpoint-revert-requested'
  | 'thread.reverted'
  | 'thread.session-stop-requested'
  | 'thread.session-set'
  | 'thread.proposed-plan-upserted'
  | 'thread.turn-diff-completed'
  | 'thread.activity-appended'
  | `thread.${ThreadMark}`

/** The profiles by name. */
export const PROFILES: Readonly<Record<'peon' | 't3', Readonly<Record<string, ThreadsEventType>>>> =
  { peon: PEON_PROFILE, t3: T3_PROFILE }
