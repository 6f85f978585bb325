/** T3 Code's events (version 1) as this module's. What it does not know, it leaves out. */
import { type DecidedEvent, decided, ofThread } from './decision.ts'
import { activityStream, projectStream, sessionStream } from './events.ts'
import { T3_PROFILE, type T3EventName } from './profiles.ts'
import type { FileDiff } from './types.ts'
import {
  CHECKPOINT_STATUSES,
  type Decision,
  INTERACTION_MODES,
  ROLES,
  type RuntimeMode,
  SESSION_STATUSES,
} from './vocabulary.ts'

type Fields = Readonly<Record<string, unknown>>

/** A row of T3 Code's table. */
export interface T3Event {
  readonly type: string
  readonly streamId: string
  readonly payload: Fields
  readonly occurredAtMs: number
}

/** Knows what earlier rows said. */
export interface T3Places {
  numberOf(threadId: string, turnId: string | null): number
  /** The number that a turn has, or gets with its checkpoint. */
  numberOfDiff(threadId: string, turnId: string): number
  /** How many turns there were at so many checkpoints. */
  turnsAt(threadId: string, checkpointCount: number): number
  ordinalOf(threadId: string, activityId: string): number
  isAnswered(requestId: string): boolean
}

const DECISIONS: Readonly<Record<string, Decision>> = {
  accept: 'approved',
  acceptForSession: 'approved-for-session',
  decline: 'rejected',
  cancel: 'cancelled',
}

/** The module's events for one of T3 Code's; its type is in the profile. */
export function fromT3(event: T3Event, places: T3Places): DecidedEvent[] {
  const type = event.type as T3EventName
  const { payload } = event
  const text = (field: string) => String(payload[field] ?? '')
  const orNull = (field: string) => textOrNull(payload[field])
  const projectId = String(payload['projectId'] ?? event.streamId)
  const threadId = String(payload['threadId'] ?? event.streamId)
  switch (type) {
    case 'project.created': {
      const model = modelOf(payload['defaultModelSelection'] ?? payload['defaultModel'])
      const data = { name: text('title'), path: text('workspaceRoot'), defaultModel: model }
      return [decided(projectStream(projectId), T3_PROFILE[type], { id: projectId, ...data })]
    }
    case 'project.meta-updated': {
      const selection = payload['defaultModelSelection'] ?? payload['defaultModel']
      const data = {
        id: projectId,
        ...(selection !== undefined && { defaultModel: modelOf(selection) }),
        ...(typeof payload['title'] === 'string' && { name: payload['title'] }),
        ...(typeof payload['workspaceRoot'] === 'string' && { path: payload['workspaceRoot'] }),
      }
      return [decided(projectStream(projectId), T3_PROFILE[type], data)]
    }
    case 'project.deleted':
      return [decided(projectStream(projectId), T3_PROFILE[type], { id: projectId })]
    case 'thread.created': {
      const selection = payload['modelSelection']
      const data = {
        id: threadId,
        projectId,
        title: text('title'),
        provider: providerOf(selection) ?? textOrNull(payload['provider']) ?? 'codex',
        model: modelOf(selection ?? payload['model']) ?? '',
        runtimeMode: runtimeModeOf(payload['runtimeMode']),
        interactionMode: among(INTERACTION_MODES, payload['interactionMode'], 'default'),
        branch: orNull('branch'),
        worktreePath: orNull('worktreePath'),
        forkedFrom: null,
      }
      return [ofThread(threadId, T3_PROFILE[type], data)]
    }
    case 'thread.deleted':
      return [ofThread(threadId, T3_PROFILE[type], { id: threadId })]
    case 'thread.meta-updated': {
      const selection = payload['modelSelection']
      const provider = providerOf(selection)
      const model = modelOf(selection ?? payload['model'])
      const data = {
        id: threadId,
        ...(typeof payload['title'] === 'string' && { title: payload['title'] }),
        ...(provider !== null && { provider }),
        ...(model !== null && { model }),
        ...('branch' in payload && { branch: orNull('branch') }),
        ...('worktreePath' in payload && { worktreePath: orNull('worktreePath') }),
      }
      return [ofThread(threadId, T3_PROFILE[type], data)]
    }
    case 'thread.runtime-mode-set': {
      const runtimeMode = runtimeModeOf(payload['runtimeMode'])
      return [ofThread(threadId, T3_PROFILE[type], { id: threadId, runtimeMode })]
    }
    case 'thread.interaction-mode-set': {
      const interactionMode = among(INTERACTION_MODES, payload['interactionMode'], 'default')
      return [ofThread(threadId, T3_PROFILE[type], { id: threadId, interactionMode })]
    }
    case 'thread.message-sent': {
      const data = {
        id: text('messageId'),
        threadId,
        turnId: orNull('turnId'),
        role: among(ROLES, payload['role'], 'assistant'),
        text: text('text'),
        isStreaming: payload['streaming'] === true,
      }
      return [ofThread(threadId, T3_PROFILE[type], data)]
    }
    case 'thread.turn-start-requested':
      return [ofThread(threadId, T3_PROFILE[type], { threadId, messageId: orNull('messageId') })]
    case 'thread.turn-interrupt-requested':
      return [ofThread(threadId, T3_PROFILE[type], { threadId, turnId: orNull('turnId') })]
    case 'thread.approval-response-requested': {
      const decision = DECISIONS[text('decision')] ?? 'rejected'
      return [ofThread(threadId, T3_PROFILE[type], { id: text('requestId'), threadId, decision })]
    }
    case 'thread.user-input-response-requested': {
      const answers = payload['answers'] ?? null
      return [ofThread(threadId, T3_PROFILE[type], { id: text('requestId'), threadId, answers })]
    }
    case 'thread.checkpoint-revert-requested': {
      const turnCount = places.turnsAt(threadId, countOf(payload['turnCount']))
      return [ofThread(threadId, T3_PROFILE[type], { threadId, turnCount })]
    }
    case 'thread.reverted': {
      const turnCount = places.turnsAt(threadId, countOf(payload['turnCount']))
      return [ofThread(threadId, T3_PROFILE[type], { id: threadId, turnCount })]
    }
    case 'thread.session-stop-requested':
      return [ofThread(threadId, T3_PROFILE[type], { threadId })]
    case 'thread.session-set': {
      const session = fieldsOf(payload['session'])
      const data = {
        threadId,
        status: among(SESSION_STATUSES, session['status'], 'ready'),
        provider: String(session['providerName'] ?? session['providerInstanceId'] ?? ''),
        activeTurnId: textOrNull(session['activeTurnId']),
        lastError: textOrNull(session['lastError']),
      }
      return [decided(sessionStream(threadId), T3_PROFILE[type], data)]
    }
    case 'thread.proposed-plan-upserted': {
      const plan = fieldsOf(payload['proposedPlan'])
      const data = {
        id: String(plan['id']),
        threadId,
        turnId: textOrNull(plan['turnId']),
        text: String(plan['planMarkdown'] ?? ''),
        isImplemented: plan['implementedAt'] != null,
      }
      return [ofThread(threadId, T3_PROFILE[type], data)]
    }
    case 'thread.turn-diff-completed': {
      const data = {
        threadId,
        turnId: text('turnId'),
        turnNumber: places.numberOfDiff(threadId, text('turnId')),
        gitRef: text('checkpointRef'),
        status: among(CHECKPOINT_STATUSES, payload['status'], 'missing'),
        files: filesOf(payload['files']),
      }
      return [ofThread(threadId, T3_PROFILE[type], data)]
    }
    case 'thread.archived':
    case 'thread.unarchived':
    case 'thread.settled':
    case 'thread.unsettled':
    case 'thread.snoozed':
    case 'thread.unsnoozed':
    case 'thread.pinned':
    case 'thread.unpinned':
    case 'thread.pin-reordered': {
      // What else is said of a mark (until when, where in the order) has changed with each release.
      const { threadId: _, ...detail } = payload
      return [ofThread(threadId, T3_PROFILE[type], { id: threadId, detail })]
    }
    case 'thread.activity-appended':
      return activityEvents(threadId, fieldsOf(payload['activity']), event, places)
  }
}

// T3 Code has no event of its own for what waits for a yes: it is an activity of that kind.
function activityEvents(
  threadId: string,
  activity: Fields,
  event: T3Event,
  places: T3Places,
): DecidedEvent[] {
  const id = String(activity['id'])
  const turnId = textOrNull(activity['turnId'])
  const kind = String(activity['kind'] ?? '')
  const payload = activity['payload'] ?? null
  const data = {
    id,
    threadId,
    turnId,
    turnNumber: places.numberOf(threadId, turnId),
    ordinal: places.ordinalOf(threadId, id),
    kind,
    tone: String(activity['tone'] ?? 'info'),
    summary: String(activity['summary'] ?? ''),
    payload,
    createdAtMs: Date.parse(String(activity['createdAt'])) || event.occurredAtMs,
  }
  const appended = decided(activityStream(id), 'threads.activity.appended', data)
  const { requestId, decision } = fieldsOf(payload)
  if (typeof requestId !== 'string') return [appended]
  if (kind === 'approval.resolved' && !places.isAnswered(requestId)) {
    // Without a word on how: nobody has said yes, and nobody waits any more.
    const answer = { id: requestId, threadId, decision: DECISIONS[String(decision)] ?? 'cancelled' }
    return [appended, ofThread(threadId, 'threads.approval.answered', answer)]
  }
  if (kind !== 'approval.requested') return [appended]
  const asked = { id: requestId, threadId, turnId, kind: 'approval', detail: payload }
  return [appended, ofThread(threadId, 'threads.approval.requested', asked)]
}

function modelOf(value: unknown): string | null {
  return textOrNull(typeof value === 'object' ? fieldsOf(value)['model'] : value)
}

// Later releases name an instance, which has its provider's name unless somebody gave it another.
function providerOf(selection: unknown): string | null {
  const { provider, instanceId } = fieldsOf(selection)
  return textOrNull(provider) ?? textOrNull(instanceId)
}

function runtimeModeOf(value: unknown): RuntimeMode {
  return value === 'full-access' ? 'full-access' : 'supervised'
}

function filesOf(value: unknown): FileDiff[] {
  if (!Array.isArray(value)) return []
  return value.map((file: unknown) => {
    const { path, additions, deletions } = fieldsOf(file)
    return {
      path: String(path ?? ''),
      additions: countOf(additions),
      deletions: countOf(deletions),
    }
  })
}

function among<Word extends string>(words: readonly Word[], value: unknown, other: Word): Word {
  return words.find((word) => word === value) ?? other
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function countOf(value: unknown): number {
  return Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 0
}
