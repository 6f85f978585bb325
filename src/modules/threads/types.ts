/** Threads as they are read: one interface a table. Times are epoch milliseconds. */
import type {
  CheckpointStatus,
  ContentKind,
  Decision,
  InteractionMode,
  Role,
  RuntimeMode,
  SessionStatus,
  ThreadStatus,
  TurnStatus,
} from './vocabulary.ts'

/** A folder that threads work in. */
export interface Project {
  readonly id: string
  readonly name: string
  /** Unique among the projects. */
  readonly path: string
  readonly defaultModel: string | null
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** A conversation with one provider. */
export interface Thread {
  readonly id: string
  readonly projectId: string
  readonly title: string
  readonly provider: string
  readonly model: string
  readonly runtimeMode: RuntimeMode
  readonly interactionMode: InteractionMode
  readonly status: ThreadStatus
  /** What went wrong, when the status is `error`. */
  readonly error: string | null
  readonly branch: string | null
  readonly worktreePath: string | null
  readonly turnCount: number
  readonly messageCount: number
  /** The checkpoint it was forked from. */
  readonly forkedFrom: string | null
  /** More of it is to come from its archive; until then nothing else is done with it. */
  readonly isHalfImported: boolean
  readonly createdAtMs: number
  readonly updatedAtMs: number
  /** Version of the thread's stream that these rows show. */
  readonly version: number
}

/** One request and what came of it. */
export interface Turn {
  readonly id: string
  readonly threadId: string
  /** 1-based place in its thread. */
  readonly number: number
  readonly status: TurnStatus
  readonly input: string
  readonly error: string | null
  readonly startedAtMs: number
  readonly endedAtMs: number | null
}

/** One message; `detail` holds what a tool was given or gave. */
export interface Message {
  readonly id: string
  readonly threadId: string
  readonly turnId: string | null
  readonly turnNumber: number
  readonly role: Role
  readonly kind: ContentKind
  readonly text: string
  readonly detail: unknown
  /** More text is to come. */
  readonly isStreaming: boolean
  /** Rises along the thread; where pages of messages are cut. */
  readonly position: number
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** A step of the provider's work, with its newest state only. */
export interface Activity {
  readonly id: string
  readonly threadId: string
  readonly turnId: string | null
  readonly turnNumber: number
  /** 1-based place among the thread's activities; kept when one is updated. */
  readonly ordinal: number
  readonly kind: string
  readonly tone: string
  readonly summary: string
  readonly payload: unknown
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** The provider's process behind a thread. */
export interface Session {
  readonly threadId: string
  readonly status: SessionStatus
  readonly provider: string
  readonly activeTurnId: string | null
  readonly lastError: string | null
  readonly updatedAtMs: number
}

/** An action that waits, or waited, for a yes. */
export interface Approval {
  readonly id: string
  readonly threadId: string
  readonly turnId: string | null
  readonly turnNumber: number
  readonly kind: string
  readonly detail: unknown
  readonly status: 'pending' | Decision
  readonly requestedAtMs: number
  readonly answeredAtMs: number | null
}

/** A plan that the provider proposed. */
export interface Plan {
  readonly id: string
  readonly threadId: string
  readonly turnId: string | null
  readonly turnNumber: number
  readonly text: string
  readonly isImplemented: boolean
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** What a checkpoint changed in one file. */
export interface FileDiff {
  /** Its path, as git names it. */
  readonly path: string
  /** Lines added. */
  readonly additions: number
  /** Lines removed. */
  readonly deletions: number
}

/** The state of the files after a turn, held by git. */
export interface ThreadCheckpoint {
  readonly id: string
  readonly threadId: string
  readonly turnId: string | null
  readonly turnNumber: number
  readonly gitRef: string
  readonly status: CheckpointStatus
  readonly files: readonly FileDiff[]
  readonly additions: number
  readonly deletions: number
  readonly createdAtMs: number
}

/** A branch made from a thread. */
export interface Branch {
  readonly threadId: string
  readonly name: string
  readonly gitRef: string | null
  /** Where it was pushed to last. */
  readonly remote: string | null
  readonly createdAtMs: number
  readonly pushedAtMs: number | null
}

/** A commit made from a thread. */
export interface Commit {
  readonly threadId: string
  readonly gitRef: string
  readonly message: string
  readonly committedAtMs: number
}

/** One page of a list; `next` asks for the one after it, `null` at the end. */
export interface Page<Item, Cursor> {
  readonly items: readonly Item[]
  readonly next: Cursor | null
}

/** Where a list of activities goes on: behind, or before, the one with this ordinal and id. */
export interface ActivityPlace {
  readonly ordinal: number
  /** Its id, which decides between activities of one ordinal. */
  readonly id: string
}

/** Where a list of threads goes on: after the thread with this time and id. */
export interface ThreadCursor {
  /** When the last thread of the page was changed. */
  readonly updatedAtMs: number
  /** Its id, which decides between threads changed at the same time. */
  readonly id: string
}
