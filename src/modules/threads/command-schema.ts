/** The schema of commands: whatever comes from outside is exactly one of them, or refused. */
import * as v from 'valibot'
import type { Command } from './commands.ts'
import {
  CHECKPOINT_STATUSES,
  INTERACTION_MODES,
  ROLES,
  RUNTIME_MODES,
  SESSION_STATUSES,
} from './vocabulary.ts'

const id = v.pipe(v.string(), v.minLength(1), v.maxLength(400))
const maybeId = v.exactOptional(id)
const text = v.string()
const maybe = v.exactOptional(text)
const textOrNull = v.exactOptional(v.nullable(text))
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const name = v.pipe(text, v.trim(), v.minLength(1))
const threadId = id
const turnId = v.exactOptional(v.nullable(id))

const content = v.variant('kind', [
  v.strictObject({ kind: v.literal('text'), text }),
  v.strictObject({ kind: v.literal('thinking'), text }),
  v.strictObject({ kind: v.literal('tool-call'), callId: text, name: text, input: v.unknown() }),
  v.strictObject({
    kind: v.literal('tool-result'),
    callId: text,
    output: v.unknown(),
    isError: v.boolean(),
  }),
])

const provider = v.variant('kind', [
  v.strictObject({ kind: v.literal('text-delta'), delta: text, messageId: maybeId }),
  v.strictObject({ kind: v.literal('thinking-delta'), delta: text, messageId: maybeId }),
  v.strictObject({ kind: v.literal('tool-call'), callId: text, name: text, input: v.unknown() }),
  v.strictObject({
    kind: v.literal('tool-result'),
    callId: text,
    output: v.unknown(),
    isError: v.exactOptional(v.boolean()),
  }),
  v.strictObject({
    kind: v.literal('awaiting-approval'),
    approvalId: maybeId,
    approvalKind: text,
    detail: v.unknown(),
  }),
  v.strictObject({ kind: v.literal('turn-complete') }),
  v.strictObject({ kind: v.literal('error'), error: text }),
])

const of = <const Type extends string, const Entries extends v.ObjectEntries>(
  type: Type,
  entries: Entries,
) => v.strictObject({ type: v.literal(type), ...entries })

const command = v.variant('type', [
  of('project.create', { projectId: maybeId, name, path: name, defaultModel: textOrNull }),
  of('project.rename', { projectId: id, name }),
  of('project.update', {
    projectId: id,
    name: v.exactOptional(name),
    path: v.exactOptional(name),
    defaultModel: textOrNull,
  }),
  of('project.delete', { projectId: id }),
  of('thread.create', {
    threadId: maybeId,
    projectId: id,
    title: maybe,
    provider: name,
    model: text,
    runtimeMode: v.exactOptional(v.picklist(RUNTIME_MODES)),
    interactionMode: v.exactOptional(v.picklist(INTERACTION_MODES)),
    branch: textOrNull,
    worktreePath: textOrNull,
  }),
  of('thread.update', {
    threadId,
    title: maybe,
    model: maybe,
    branch: textOrNull,
    worktreePath: textOrNull,
  }),
  of('thread.set-runtime-mode', { threadId, runtimeMode: v.picklist(RUNTIME_MODES) }),
  of('thread.set-interaction-mode', { threadId, interactionMode: v.picklist(INTERACTION_MODES) }),
  of('thread.select', { threadId }),
  of('thread.delete', { threadId }),
  of('thread.revert', { threadId, turnCount: count }),
  of('thread.fork', { checkpointId: id, threadId: maybeId, title: maybe }),
  of('turn.start', { threadId, turnId: maybeId, input: text }),
  of('turn.interrupt', { threadId }),
  of('approval.approve', { approvalId: id, forSession: v.exactOptional(v.boolean()) }),
  of('approval.reject', { approvalId: id }),
  of('message.append', {
    threadId,
    messageId: maybeId,
    turnId,
    role: v.picklist(ROLES),
    content,
  }),
  of('message.extend', { messageId: id, delta: text }),
  of('provider.ingest', { threadId, event: provider }),
  of('activity.put', {
    threadId,
    activityId: maybeId,
    turnId,
    kind: text,
    tone: maybe,
    summary: text,
    payload: v.exactOptional(v.unknown()),
  }),
  of('plan.put', {
    threadId,
    planId: maybeId,
    turnId,
    text,
    isImplemented: v.exactOptional(v.boolean()),
  }),
  of('session.set', {
    threadId,
    status: v.picklist(SESSION_STATUSES),
    activeTurnId: textOrNull,
    lastError: textOrNull,
  }),
  of('session.stop', { threadId }),
  of('checkpoint.create', {
    threadId,
    checkpointId: maybeId,
    turnId,
    gitRef: name,
    status: v.exactOptional(v.picklist(CHECKPOINT_STATUSES)),
    files: v.exactOptional(
      v.array(v.strictObject({ path: text, additions: count, deletions: count })),
    ),
  }),
  of('checkpoint.restore', { checkpointId: id }),
  of('changes.commit', { threadId, gitRef: name, message: text }),
  of('branch.create', { threadId, name, gitRef: textOrNull }),
  of('branch.push', { threadId, name, remote: v.exactOptional(name) }),
  of('setting.change', { key: id, value: v.unknown() }),
])

/** Validates a command from outside. */
export const COMMAND: v.GenericSchema<unknown, Command> = command
