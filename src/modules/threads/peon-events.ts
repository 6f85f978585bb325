/**
 * The seed's events as its own users write them (`{ type: 'ProjectCreated', id, …, at }`), and the
 * way from them to this module's and back. Some name a turn or a message where this module also
 * names the thread: a locator finds it.
 */
import type { RecordedEvent } from '../../index.ts'
import { type DecidedEvent, decided, ofThread } from './decision.ts'
import type { Content, ThreadsEventData } from './event-data.ts'
import { projectStream } from './events.ts'
import {
  contentFrom,
  contentTo,
  providerFrom,
  providerTo,
  roleFrom,
  roleTo,
  runtimeModeFrom,
  runtimeModeTo,
  statusFrom,
  statusTo,
} from './peon-vocabulary.ts'
import { PEON_PROFILE, type PeonEventName } from './profiles.ts'

/** An event in the seed's form; `at` is an ISO time. */
export interface OrchestrationEvent {
  readonly type: PeonEventName
  readonly at: string
  readonly [field: string]: unknown
}

/** Finds what an event leaves unsaid. */
export interface Locator {
  threadOfTurn(turnId: string): string | undefined
  threadOfMessage(messageId: string): string | undefined
  checkpoint(id: string): { readonly threadId: string; readonly turnNumber: number } | undefined
}

/** The module's event, or the reason why there is none. */
export function fromPeon(event: OrchestrationEvent, locator: Locator): DecidedEvent | string {
  if (!Object.hasOwn(PEON_PROFILE, event.type)) return `unknown event type '${event.type}'`
  const occurredAtMs = Date.parse(event.at)
  const made = convert(event, locator)
  if (typeof made === 'string') return made
  return Number.isNaN(occurredAtMs) ? made : { ...made, occurredAtMs }
}

function convert(event: OrchestrationEvent, locator: Locator): DecidedEvent | string {
  const { type } = event
  const text = (field: string) => String(event[field] ?? '')
  const orNull = (field: string) => (event[field] == null ? null : String(event[field]))
  const id = text('id')
  switch (type) {
    case 'ProjectCreated': {
      const data = { id, name: text('name'), path: text('path'), defaultModel: null }
      return decided(projectStream(id), PEON_PROFILE[type], data)
    }
    case 'ProjectRenamed':
      return decided(projectStream(id), PEON_PROFILE[type], { id, name: text('name') })
    case 'ProjectDeleted':
      return decided(projectStream(id), PEON_PROFILE[type], { id })
    case 'ThreadCreated':
      return ofThread(id, PEON_PROFILE[type], {
        id,
        projectId: text('project_id'),
        title: orNull('title') ?? 'New thread',
        provider: providerFrom(event['provider']),
        model: text('model'),
        runtimeMode: runtimeModeFrom(event['runtime_mode']),
        interactionMode: 'default',
        branch: null,
        worktreePath: null,
        forkedFrom: null,
      })
    case 'ThreadDeleted':
    case 'ThreadSelected':
      return ofThread(id, PEON_PROFILE[type], { id })
    case 'ThreadStatusChanged': {
      const status = statusFrom(event['status'])
      return status
        ? ofThread(id, PEON_PROFILE[type], { id, ...status })
        : `unknown status ${JSON.stringify(event['status'])}`
    }
    case 'TurnStarted': {
      const threadId = text('thread_id')
      return ofThread(threadId, PEON_PROFILE[type], { id, threadId, input: text('input') })
    }
    case 'TurnCompleted':
    case 'TurnInterrupted':
    case 'TurnFailed': {
      const threadId = orNull('thread_id') ?? locator.threadOfTurn(id)
      if (threadId === undefined) return `there is no turn '${id}'`
      const data = { id, threadId, error: text('error') }
      return ofThread(threadId, PEON_PROFILE[type], data)
    }
    case 'MessageAppended': {
      const turnId = orNull('turn_id')
      const threadId = orNull('thread_id') ?? (turnId && locator.threadOfTurn(turnId))
      if (!threadId) return `there is no turn '${turnId}'`
      const role = roleFrom(event['role'])
      const content: Content | undefined = contentFrom(event['content'])
      if (!role || !content) return 'a message without a role or content that is known'
      return ofThread(threadId, PEON_PROFILE[type], { id, threadId, turnId, role, content })
    }
    case 'MessageChunkReceived': {
      const messageId = text('message_id')
      const threadId = orNull('thread_id') ?? locator.threadOfMessage(messageId)
      if (threadId === undefined) return `there is no message '${messageId}'`
      const data = { id: messageId, threadId, delta: text('delta') }
      return ofThread(threadId, PEON_PROFILE[type], data)
    }
    case 'CheckpointCreated': {
      const threadId = text('thread_id')
      const more = { gitRef: text('git_ref'), status: 'ready', files: [] } as const
      const data = { id, threadId, turnId: orNull('turn_id'), ...more }
      return ofThread(threadId, PEON_PROFILE[type], data)
    }
    case 'CheckpointRestored': {
      const checkpoint = locator.checkpoint(id)
      if (!checkpoint) return `there is no checkpoint '${id}'`
      return ofThread(checkpoint.threadId, PEON_PROFILE[type], { id, ...checkpoint })
    }
    case 'BranchCreated': {
      const threadId = text('thread_id')
      const name = orNull('name') ?? text('branch')
      const data = { threadId, name, gitRef: orNull('git_ref') }
      return ofThread(threadId, PEON_PROFILE[type], data)
    }
    case 'ChangesCommitted': {
      const threadId = text('thread_id')
      const data = { threadId, gitRef: text('git_ref'), message: text('message') }
      return ofThread(threadId, PEON_PROFILE[type], data)
    }
  }
}

const NAMES = new Map<string, PeonEventName>(
  Object.entries(PEON_PROFILE).map(([name, type]) => [type, name as PeonEventName]),
)

/** The event in the seed's form; `undefined` for a type that it does not have. */
export function toPeon(event: RecordedEvent): OrchestrationEvent | undefined {
  const type = NAMES.get(event.type)
  if (!type) return undefined
  const at = new Date(event.occurredAtMs).toISOString()
  return { type, ...fieldsOf(event), at }
}

type DataOf<Type extends keyof ThreadsEventData> = ThreadsEventData[Type]

function fieldsOf({ type, data }: RecordedEvent): Record<string, unknown> {
  switch (type) {
    case 'threads.project.created': {
      const { defaultModel: _, ...fields } = data as DataOf<typeof type>
      return fields
    }
    case 'threads.thread.created': {
      const { id, projectId, title, provider, model, runtimeMode } = data as DataOf<typeof type>
      return {
        id,
        project_id: projectId,
        title,
        provider: providerTo(provider),
        model,
        runtime_mode: runtimeModeTo(runtimeMode),
      }
    }
    case 'threads.thread.status-changed': {
      const { id, status, error } = data as DataOf<typeof type>
      return { id, status: statusTo(status, error) }
    }
    case 'threads.turn.started': {
      const { id, threadId, input } = data as DataOf<typeof type>
      return { id, thread_id: threadId, input }
    }
    case 'threads.turn.failed': {
      const { id, error } = data as DataOf<typeof type>
      return { id, error }
    }
    case 'threads.turn.completed':
    case 'threads.turn.interrupted':
    case 'threads.checkpoint.restored':
      return { id: (data as { id: string }).id }
    case 'threads.message.appended': {
      const { id, turnId, role, content } = data as DataOf<typeof type>
      return { id, turn_id: turnId, role: roleTo(role), content: contentTo(content) }
    }
    case 'threads.message.chunk-received': {
      const { id, delta } = data as DataOf<typeof type>
      return { message_id: id, delta }
    }
    case 'threads.checkpoint.created': {
      const { id, threadId, turnId, gitRef } = data as DataOf<typeof type>
      return { id, thread_id: threadId, turn_id: turnId, git_ref: gitRef }
    }
    case 'threads.branch.created': {
      const { threadId, name, gitRef } = data as DataOf<typeof type>
      return { thread_id: threadId, name, git_ref: gitRef }
    }
    case 'threads.changes.committed': {
      const { threadId, gitRef, message } = data as DataOf<typeof type>
      return { thread_id: threadId, git_ref: gitRef, message }
    }
    default:
      return { ...(data as object) }
  }
}
