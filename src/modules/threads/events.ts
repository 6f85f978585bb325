/**
 * The event types of threads, each with its schema: the only place where a type is registered.
 * The compiler refuses a name of `event-data.ts` that is missing here, and `defineModule` one that
 * no projector folds; so a type's name cannot drift from what is stored.
 *
 * All that is said of a thread is in the stream `threads.thread/<id>` and is kept, so that this
 * stream alone is its history. What only replaces itself (a session, an activity, a setting) has a
 * stream of its own, in which a newer state supersedes the older.
 */
import * as v from 'valibot'
import { type EventDefinition, event } from '../../index.ts'
import type { ThreadsEventData } from './event-data.ts'
import {
  CHECKPOINT_STATUSES,
  DECISIONS,
  INTERACTION_MODES,
  ROLES,
  RUNTIME_MODES,
  SESSION_STATUSES,
  THREAD_STATUSES,
} from './vocabulary.ts'

/** Definitions by type. */
export type ThreadsEvents = {
  readonly [Type in keyof ThreadsEventData]: EventDefinition<ThreadsEventData[Type]>
}

// Ids become stream names, which may have 1,024 characters.
const id = v.pipe(v.string(), v.minLength(1), v.maxLength(400))
const text = v.string()
const textOrNull = v.nullable(text)
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
// A thread deleted by mistake can be told again from its history for as long.
const FORGET_DAYS = 30
const onlyId = v.object({ id })
const mark = v.object({ id, detail: v.unknown() })
const ofThread = { id, threadId: id }
const ofTurn = { ...ofThread, turnId: v.nullable(id) }
const files = v.array(v.object({ path: text, additions: count, deletions: count }))

const content = v.variant('kind', [
  v.object({ kind: v.literal('text'), text }),
  v.object({ kind: v.literal('thinking'), text }),
  v.object({ kind: v.literal('tool-call'), callId: text, name: text, input: v.unknown() }),
  v.object({
    kind: v.literal('tool-result'),
    callId: text,
    output: v.unknown(),
    isError: v.boolean(),
  }),
])

const threadCreated = v.object({
  id,
  projectId: id,
  title: text,
  provider: text,
  model: text,
  runtimeMode: v.picklist(RUNTIME_MODES),
  interactionMode: v.picklist(INTERACTION_MODES),
  branch: textOrNull,
  worktreePath: textOrNull,
  forkedFrom: textOrNull,
})

const activity = v.object({
  ...ofTurn,
  turnNumber: count,
  ordinal: count,
  kind: text,
  tone: text,
  summary: text,
  payload: v.unknown(),
  createdAtMs: v.number(),
})

const session = v.object({
  threadId: id,
  status: v.picklist(SESSION_STATUSES),
  provider: text,
  activeTurnId: textOrNull,
  lastError: textOrNull,
})

const unfinishedImport = v.object({
  threadId: id,
  projectId: id,
  archive: text,
  logId: text,
  events: count,
  done: count,
  stream: text,
  version: count,
  beganAtMs: v.number(),
})

const STATE = { state: true, keep: 'latest' } as const

/** Every type of the module. */
export const EVENTS: ThreadsEvents = {
  'threads.project.created': event(
    v.object({ id, name: text, path: text, defaultModel: textOrNull }),
  ),
  'threads.project.renamed': event(v.object({ id, name: text })),
  'threads.project.meta-updated': event(
    v.object({
      id,
      name: v.exactOptional(text),
      path: v.exactOptional(text),
      defaultModel: v.exactOptional(textOrNull),
    }),
  ),
  'threads.project.deleted': event(onlyId),

  'threads.thread.created': event(threadCreated),
  'threads.thread.meta-updated': event(
    v.object({
      id,
      title: v.exactOptional(text),
      provider: v.exactOptional(text),
      model: v.exactOptional(text),
      branch: v.exactOptional(textOrNull),
      worktreePath: v.exactOptional(textOrNull),
    }),
  ),
  'threads.thread.runtime-mode-set': event(
    v.object({ id, runtimeMode: v.picklist(RUNTIME_MODES) }),
  ),
  'threads.thread.interaction-mode-set': event(
    v.object({ id, interactionMode: v.picklist(INTERACTION_MODES) }),
  ),
  'threads.thread.selected': event(onlyId),
  'threads.thread.status-changed': event(
    v.object({ id, status: v.picklist(THREAD_STATUSES), error: textOrNull }),
  ),
  'threads.thread.reverted': event(v.object({ id, turnCount: count })),
  'threads.thread.deleted': event(v.object({ id, isGradual: v.exactOptional(v.boolean()) }), {
    forgetDays: FORGET_DAYS,
  }),
  'threads.thread.swept': event(
    v.object({ id, position: count, isLast: v.exactOptional(v.boolean()) }),
    { forgetDays: FORGET_DAYS },
  ),
  'threads.thread.archived': event(mark),
  'threads.thread.unarchived': event(mark),
  'threads.thread.settled': event(mark),
  'threads.thread.unsettled': event(mark),
  'threads.thread.snoozed': event(mark),
  'threads.thread.unsnoozed': event(mark),
  'threads.thread.pinned': event(mark),
  'threads.thread.unpinned': event(mark),
  'threads.thread.pin-reordered': event(mark),

  'threads.turn.started': event(v.object({ ...ofThread, input: text })),
  'threads.turn.completed': event(v.object(ofThread)),
  'threads.turn.interrupted': event(v.object(ofThread)),
  'threads.turn.failed': event(v.object({ ...ofThread, error: text })),
  'threads.turn.start-requested': event(v.object({ threadId: id, messageId: textOrNull })),
  'threads.turn.interrupt-requested': event(v.object({ threadId: id, turnId: textOrNull })),
  'threads.turn.diff-completed': event(
    v.object({
      threadId: id,
      turnId: id,
      turnNumber: count,
      gitRef: text,
      status: v.picklist(CHECKPOINT_STATUSES),
      files,
    }),
  ),

  'threads.message.appended': event(
    v.object({
      ...ofTurn,
      role: v.picklist(ROLES),
      content,
      isStreaming: v.exactOptional(v.boolean()),
    }),
  ),
  'threads.message.chunk-received': event(
    v.object({ ...ofThread, delta: text, isLast: v.exactOptional(v.boolean()) }),
  ),
  'threads.message.sent': event(
    v.object({ ...ofTurn, role: v.picklist(ROLES), text, isStreaming: v.boolean() }),
  ),

  'threads.approval.requested': event(v.object({ ...ofTurn, kind: text, detail: v.unknown() })),
  'threads.approval.answered': event(v.object({ ...ofThread, decision: v.picklist(DECISIONS) })),
  'threads.user-input.answered': event(v.object({ ...ofThread, answers: v.unknown() })),
  'threads.plan.upserted': event(v.object({ ...ofTurn, text, isImplemented: v.boolean() })),

  'threads.checkpoint.created': event(
    v.object({ ...ofTurn, gitRef: text, status: v.picklist(CHECKPOINT_STATUSES), files }),
  ),
  'threads.checkpoint.restored': event(v.object({ ...ofThread, turnNumber: count })),
  'threads.checkpoint.revert-requested': event(v.object({ threadId: id, turnCount: count })),
  'threads.branch.created': event(v.object({ threadId: id, name: text, gitRef: textOrNull })),
  'threads.branch.pushed': event(v.object({ threadId: id, name: text, remote: text })),
  'threads.changes.committed': event(v.object({ threadId: id, gitRef: text, message: text })),

  'threads.session.set': event(session, STATE),
  'threads.session.stop-requested': event(v.object({ threadId: id })),
  'threads.session.removed': event(v.object({ threadId: id }), { forgetDays: FORGET_DAYS }),
  'threads.activity.appended': event(activity, STATE),
  'threads.activity.removed': event(v.object(ofThread), { forgetDays: FORGET_DAYS }),
  'threads.import.advanced': event(unfinishedImport, STATE),
  'threads.import.removed': event(v.object({ threadId: id }), { forgetDays: FORGET_DAYS }),
  'threads.setting.changed': event(v.object({ key: id, value: v.unknown() }), STATE),
}

/** The stream of a project. */
export const projectStream = (projectId: string): string => `threads.project/${projectId}`
/** The stream that is a thread's history. */
export const threadStream = (threadId: string): string => `threads.thread/${threadId}`
/** The stream of a thread's session. */
export const sessionStream = (threadId: string): string => `threads.session/${threadId}`
/** The stream of one activity. */
export const activityStream = (activityId: string): string => `threads.activity/${activityId}`
/** The stream of a thread's import from an archive. */
export const importStream = (threadId: string): string => `threads.import/${threadId}`
/** The stream of one setting. */
export const settingStream = (key: string): string => `threads.setting/${key}`
