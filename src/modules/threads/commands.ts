/**
 * Commands: what can be asked of threads. An id that is left out is made up when the command is
 * decided; they are validated where they come in (`command-schema.ts`).
 */
import type { Content } from './event-data.ts'
import type { FileDiff } from './types.ts'
import type {
  CheckpointStatus,
  InteractionMode,
  Role,
  RuntimeMode,
  SessionStatus,
} from './vocabulary.ts'

/** What a provider reports while it works. */
export type ProviderEvent =
  | { readonly kind: 'text-delta'; readonly delta: string; readonly messageId?: string }
  | { readonly kind: 'thinking-delta'; readonly delta: string; readonly messageId?: string }
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
      readonly isError?: boolean
    }
  | {
      readonly kind: 'awaiting-approval'
      readonly approvalId?: string
      readonly approvalKind: string
      readonly detail: unknown
    }
  | { readonly kind: 'turn-complete' }
  | { readonly kind: 'error'; readonly error: string }

/** Everything that can be asked, by its type. */
export type Command =
  | {
      readonly type: 'project.create'
      readonly projectId?: string
      readonly name: string
      readonly path: string
      readonly defaultModel?: string | null
    }
  | { readonly type: 'project.rename'; readonly projectId: string; readonly name: string }
  | {
      readonly type: 'project.update'
      readonly projectId: string
      readonly name?: string
      readonly path?: string
      readonly defaultModel?: string | null
    }
  | { readonly type: 'project.delete'; readonly projectId: string }
  | {
      readonly type: 'thread.create'
      readonly threadId?: string
      readonly projectId: string
      readonly title?: string
      readonly provider: string
      readonly model: string
      readonly runtimeMode?: RuntimeMode
      readonly interactionMode?: InteractionMode
      readonly branch?: string | null
      readonly worktreePath?: string | null
    }
  | {
      readonly type: 'thread.update'
      readonly threadId: string
      readonly title?: string
      readonly model?: string
      readonly branch?: string | null
      readonly worktreePath?: string | null
    }
  | {
      readonly type: 'thread.set-runtime-mode'
      readonly threadId: string
      readonly runtimeMode: RuntimeMode
    }
  | {
      readonly type: 'thread.set-interaction-mode'
      readonly threadId: string
      readonly interactionMode: InteractionMode
    }
  | { readonly type: 'thread.select'; readonly threadId: string }
  | { readonly type: 'thread.delete'; readonly threadId: string }
  | { readonly type: 'thread.revert'; readonly threadId: string; readonly turnCount: number }
  | {
      readonly type: 'thread.fork'
      readonly checkpointId: string
      /** The new thread's. */
      readonly threadId?: string
      readonly title?: string
    }
  | {
      readonly type: 'turn.start'
      readonly threadId: string
      readonly turnId?: string
      readonly input: string
    }
  | { readonly type: 'turn.interrupt'; readonly threadId: string }
  | {
      readonly type: 'approval.approve'
      readonly approvalId: string
      readonly forSession?: boolean
    }
  | { readonly type: 'approval.reject'; readonly approvalId: string }
  | {
      readonly type: 'message.append'
      readonly threadId: string
      readonly messageId?: string
      readonly turnId?: string | null
      readonly role: Role
      readonly content: Content
    }
  | { readonly type: 'message.extend'; readonly messageId: string; readonly delta: string }
  | { readonly type: 'provider.ingest'; readonly threadId: string; readonly event: ProviderEvent }
  | {
      readonly type: 'activity.put'
      readonly threadId: string
      readonly activityId?: string
      readonly turnId?: string | null
      readonly kind: string
      readonly tone?: string
      readonly summary: string
      readonly payload?: unknown
    }
  | {
      readonly type: 'plan.put'
      readonly threadId: string
      readonly planId?: string
      readonly turnId?: string | null
      readonly text: string
      readonly isImplemented?: boolean
    }
  | {
      readonly type: 'session.set'
      readonly threadId: string
      readonly status: SessionStatus
      readonly activeTurnId?: string | null
      readonly lastError?: string | null
    }
  | { readonly type: 'session.stop'; readonly threadId: string }
  | {
      readonly type: 'checkpoint.create'
      readonly threadId: string
      readonly checkpointId?: string
      /** Default: the thread's newest. */
      readonly turnId?: string | null
      readonly gitRef: string
      readonly status?: CheckpointStatus
      readonly files?: readonly FileDiff[]
    }
  | { readonly type: 'checkpoint.restore'; readonly checkpointId: string }
  | {
      readonly type: 'changes.commit'
      readonly threadId: string
      readonly gitRef: string
      readonly message: string
    }
  | {
      readonly type: 'branch.create'
      readonly threadId: string
      readonly name: string
      readonly gitRef?: string | null
    }
  | {
      readonly type: 'branch.push'
      readonly threadId: string
      readonly name: string
      readonly remote?: string
    }
  | { readonly type: 'setting.change'; readonly key: string; readonly value: unknown }

/** The command of one type. */
export type CommandOf<Type extends Command['type']> = Extract<Command, { readonly type: Type }>
