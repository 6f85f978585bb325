/**
 * What each event holds. A fact's time is the event's own (`occurredAtMs`), so that none has a
 * field for it but those whose time is another: a state event's row was made before it.
 */
import type { FileDiff } from './types.ts'
import type {
  CheckpointStatus,
  Decision,
  InteractionMode,
  Role,
  RuntimeMode,
  SessionStatus,
  ThreadMark,
  ThreadStatus,
} from './vocabulary.ts'

/** Only an id. */
export interface OnlyId {
  readonly id: string
}

/** Something of a thread. */
export interface OfThread {
  readonly id: string
  readonly threadId: string
}

/** Something of a thread and perhaps of one of its turns. */
export interface OfTurn extends OfThread {
  readonly turnId: string | null
}

/** What a message says. */
export type Content =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'thinking'; readonly text: string }
  | {
      readonly kind: 'tool-call'
      readonly callId: string
      readonly name: string
      readonly input: unknown
    }
  | {
      readonly kind: 'tool-result'
      readonly callId: string
      readonly output: unknown
      readonly isError: boolean
    }

/** The data of `threads.thread.created`. */
export interface ThreadCreated {
  readonly id: string
  readonly projectId: string
  readonly title: string
  readonly provider: string
  readonly model: string
  readonly runtimeMode: RuntimeMode
  readonly interactionMode: InteractionMode
  readonly branch: string | null
  readonly worktreePath: string | null
  readonly forkedFrom: string | null
}

/** The complete row of an activity. */
export interface ActivityState extends OfTurn {
  readonly turnNumber: number
  readonly ordinal: number
  readonly kind: string
  readonly tone: string
  readonly summary: string
  readonly payload: unknown
  readonly createdAtMs: number
}

/** The complete row of a session. */
export interface SessionState {
  readonly threadId: string
  readonly status: SessionStatus
  readonly provider: string
  readonly activeTurnId: string | null
  readonly lastError: string | null
}

/** How far the import of a thread's archive has come. */
export interface ImportState {
  readonly threadId: string
  readonly projectId: string
  /** The archive's name: the hash in its last line. */
  readonly archive: string
  /** The log it comes from. */
  readonly logId: string
  /** Events of the archive. */
  readonly events: number
  /** How many of them are stored. */
  readonly done: number
  /** Stream of the last event stored. */
  readonly stream: string
  /** That stream's version then. */
  readonly version: number
  readonly beganAtMs: number
}

/** The seed's 17 events. */
export interface BaseEventData {
  'threads.project.created': {
    readonly id: string
    readonly name: string
    readonly path: string
    readonly defaultModel: string | null
  }
  'threads.project.deleted': OnlyId
  'threads.project.renamed': { readonly id: string; readonly name: string }
  'threads.thread.created': ThreadCreated
  /** `isGradual`: its messages and activities follow, by `threads.thread.swept`. */
  'threads.thread.deleted': OnlyId & { readonly isGradual?: boolean }
  'threads.thread.selected': OnlyId
  'threads.thread.status-changed': {
    readonly id: string
    readonly status: ThreadStatus
    readonly error: string | null
  }
  'threads.turn.started': OfThread & { readonly input: string }
  'threads.turn.completed': OfThread
  'threads.turn.interrupted': OfThread
  'threads.turn.failed': OfThread & { readonly error: string }
  'threads.message.appended': OfTurn & {
    readonly role: Role
    readonly content: Content
    /** More is to come, in chunks. */
    readonly isStreaming?: boolean
  }
  'threads.message.chunk-received': OfThread & {
    readonly delta: string
    /** Nothing more is to come. */
    readonly isLast?: boolean
  }
  'threads.checkpoint.created': OfTurn & {
    readonly gitRef: string
    readonly status: CheckpointStatus
    readonly files: readonly FileDiff[]
  }
  'threads.checkpoint.restored': OfThread & { readonly turnNumber: number }
  // Inferred: the seed's public text names 15 variants; that branches and commits are the other
  // two follows from its commands and from the last variant's fields (git_ref, message, at).
  'threads.branch.created': {
    readonly threadId: string
    readonly name: string
    readonly gitRef: string | null
  }
  'threads.changes.committed': {
    readonly threadId: string
    readonly gitRef: string
    readonly message: string
  }
}

/** What T3 Code's events say beyond the seed's. */
export interface FurtherEventData {
  'threads.project.meta-updated': {
    readonly id: string
    readonly name?: string
    readonly path?: string
    readonly defaultModel?: string | null
  }
  'threads.thread.meta-updated': {
    readonly id: string
    readonly title?: string
    readonly provider?: string
    readonly model?: string
    readonly branch?: string | null
    readonly worktreePath?: string | null
  }
  'threads.thread.runtime-mode-set': { readonly id: string; readonly runtimeMode: RuntimeMode }
  'threads.thread.interaction-mode-set': {
    readonly id: string
    readonly interactionMode: InteractionMode
  }
  'threads.thread.reverted': { readonly id: string; readonly turnCount: number }
  'threads.message.sent': OfTurn & {
    readonly role: Role
    readonly text: string
    readonly isStreaming: boolean
  }
  'threads.turn.start-requested': { readonly threadId: string; readonly messageId: string | null }
  'threads.turn.interrupt-requested': { readonly threadId: string; readonly turnId: string | null }
  'threads.turn.diff-completed': {
    readonly threadId: string
    readonly turnId: string
    readonly turnNumber: number
    readonly gitRef: string
    readonly status: CheckpointStatus
    readonly files: readonly FileDiff[]
  }
  'threads.approval.answered': OfThread & { readonly decision: Decision }
  'threads.user-input.answered': OfThread & { readonly answers: unknown }
  'threads.checkpoint.revert-requested': { readonly threadId: string; readonly turnCount: number }
  'threads.session.stop-requested': { readonly threadId: string }
  'threads.session.set': SessionState
  'threads.plan.upserted': OfTurn & { readonly text: string; readonly isImplemented: boolean }
  'threads.activity.appended': ActivityState
}

/** What neither of them has an event for. */
export interface OwnEventData {
  'threads.approval.requested': OfTurn & { readonly kind: string; readonly detail: unknown }
  /** Messages up to a position went, of a thread that was deleted gradually; with the last, all. */
  'threads.thread.swept': OnlyId & { readonly position: number; readonly isLast?: boolean }
  'threads.activity.removed': OfThread
  'threads.session.removed': { readonly threadId: string }
  'threads.branch.pushed': {
    readonly threadId: string
    readonly name: string
    readonly remote: string
  }
  'threads.import.advanced': ImportState
  'threads.import.removed': { readonly threadId: string }
  'threads.setting.changed': { readonly key: string; readonly value: unknown }
}

/** Marks of threads: kept as they were said, with whatever else was said of them. */
export type MarkEventData = {
  readonly [Mark in ThreadMark as `threads.thread.${Mark}`]: {
    readonly id: string
    readonly detail: unknown
  }
}

/** Every event of the module, by its type. */
export interface ThreadsEventData
  extends BaseEventData,
    FurtherEventData,
    MarkEventData,
    OwnEventData {}

/** The name of an event type. */
export type ThreadsEventType = keyof ThreadsEventData
