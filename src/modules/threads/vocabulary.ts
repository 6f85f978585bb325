/** The closed lists of words that events, tables and commands of threads share. */

/** What a thread is doing. `error` and `completed` are at rest, as `idle` is. */
export const THREAD_STATUSES = [
  'idle',
  'running',
  'awaiting-approval',
  'error',
  'completed',
] as const
/** What a thread is doing. */
export type ThreadStatus = (typeof THREAD_STATUSES)[number]

/** How far a turn has come. */
export type TurnStatus = 'running' | 'completed' | 'interrupted' | 'failed'

/** Whether the provider may act by itself. */
export const RUNTIME_MODES = ['full-access', 'supervised'] as const
/** Whether the provider may act by itself. */
export type RuntimeMode = (typeof RUNTIME_MODES)[number]

/** Whether a thread only plans. */
export const INTERACTION_MODES = ['default', 'plan'] as const
/** Whether a thread only plans. */
export type InteractionMode = (typeof INTERACTION_MODES)[number]

/** Whose words a message holds. */
export const ROLES = ['user', 'assistant', 'tool', 'system'] as const
/** Whose words a message holds. */
export type Role = (typeof ROLES)[number]

/** What a message's content is. */
export const CONTENT_KINDS = ['text', 'thinking', 'tool-call', 'tool-result'] as const
/** What a message's content is. */
export type ContentKind = (typeof CONTENT_KINDS)[number]

/** How a pending approval was answered. */
export const DECISIONS = ['approved', 'approved-for-session', 'rejected', 'cancelled'] as const
/** How a pending approval was answered. */
export type Decision = (typeof DECISIONS)[number]

/** Whether the git state of a checkpoint can be restored. */
export const CHECKPOINT_STATUSES = ['ready', 'missing', 'error'] as const
/** Whether the git state of a checkpoint can be restored. */
export type CheckpointStatus = (typeof CHECKPOINT_STATUSES)[number]

/** What a person has marked a thread with, or has taken back: T3 Code's later words. */
export const THREAD_MARKS = [
  'archived',
  'unarchived',
  'settled',
  'unsettled',
  'snoozed',
  'unsnoozed',
  'pinned',
  'unpinned',
  'pin-reordered',
] as const
/** A mark of a thread. */
export type ThreadMark = (typeof THREAD_MARKS)[number]

/** State of the provider's session behind a thread. */
export const SESSION_STATUSES = [
  'idle',
  'starting',
  'ready',
  'running',
  'interrupted',
  'stopped',
  'error',
] as const
/** State of the provider's session behind a thread. */
export type SessionStatus = (typeof SESSION_STATUSES)[number]

/** The statuses in which no turn is under way. */
export const AT_REST: readonly ThreadStatus[] = ['idle', 'error', 'completed']
