/** The seed's words for what a field can hold, and this module's. */
import type { Content } from './event-data.ts'
import type { Role, RuntimeMode, ThreadStatus } from './vocabulary.ts'

type Fields = Readonly<Record<string, unknown>>

/** A thread's status with the reason that only `Error` has. */
export interface PeonStatus {
  readonly status: ThreadStatus
  readonly error: string | null
}

const STATUSES: Readonly<Record<string, ThreadStatus>> = {
  Idle: 'idle',
  Running: 'running',
  AwaitingApproval: 'awaiting-approval',
  Completed: 'completed',
  Error: 'error',
}

const ROLES: Readonly<Record<string, Role>> = {
  User: 'user',
  Assistant: 'assistant',
  Tool: 'tool',
  System: 'system',
}

/** `"Idle"`, or `{ "Error": "why" }`, as serde writes an enum. */
export function statusFrom(value: unknown): PeonStatus | undefined {
  const [name, inner] = variantOf(value)
  const status = STATUSES[name]
  if (status === undefined) return undefined
  return { status, error: status === 'error' ? String(inner ?? '') : null }
}

/** The other way round. */
export function statusTo(status: ThreadStatus, error: string | null): unknown {
  const [name] = Object.entries(STATUSES).find(([, ours]) => ours === status) ?? ['Idle']
  return status === 'error' ? { Error: error ?? '' } : name
}

/** `"User"`, whatever its case. */
export function roleFrom(value: unknown): Role | undefined {
  const [name] = variantOf(value)
  return ROLES[`${name.slice(0, 1).toUpperCase()}${name.slice(1).toLowerCase()}`]
}

/** The other way round. */
export function roleTo(role: Role): string {
  return `${role.slice(0, 1).toUpperCase()}${role.slice(1)}`
}

/** `"FullAccess"` or `"Supervised"`; unknown words are taken for the careful one. */
export function runtimeModeFrom(value: unknown): RuntimeMode {
  return variantOf(value)[0] === 'FullAccess' ? 'full-access' : 'supervised'
}

/** The other way round. */
export function runtimeModeTo(mode: RuntimeMode): string {
  return mode === 'full-access' ? 'FullAccess' : 'Supervised'
}

/** `"Claude"`; any provider's name, in small letters here. */
export function providerFrom(value: unknown): string {
  return variantOf(value)[0].toLowerCase()
}

/** The other way round. */
export function providerTo(provider: string): string {
  return `${provider.slice(0, 1).toUpperCase()}${provider.slice(1)}`
}

/**
 * A message's content: a text, or one of the four variants, tagged outside (`{ "Text": … }`) or
 * inside (`{ "type": "Text", … }`), for the seed's public text shows neither.
 */
export function contentFrom(value: unknown): Content | undefined {
  if (typeof value === 'string') return { kind: 'text', text: value }
  const [name, inner] = variantOf(value)
  const fields: Fields = typeof inner === 'object' && inner !== null ? (inner as Fields) : {}
  const text = typeof inner === 'string' ? inner : textIn(fields)
  const callId = String(fields['id'] ?? fields['call_id'] ?? fields['tool_use_id'] ?? '')
  switch (name) {
    case 'Text':
      return { kind: 'text', text }
    case 'ThinkingBlock':
    case 'Thinking':
      return { kind: 'thinking', text }
    case 'ToolCall': {
      const name = String(fields['name'] ?? '')
      return {
        kind: 'tool-call',
        callId,
        name,
        input: fields['input'] ?? fields['arguments'] ?? null,
      }
    }
    case 'ToolResult': {
      const output = fields['output'] ?? fields['content'] ?? (text || null)
      return { kind: 'tool-result', callId, output, isError: fields['is_error'] === true }
    }
    default:
      return undefined
  }
}

/** The other way round, tagged outside. */
export function contentTo(content: Content): unknown {
  switch (content.kind) {
    case 'text':
      return { Text: content.text }
    case 'thinking':
      return { ThinkingBlock: content.text }
    case 'tool-call':
      return { ToolCall: { id: content.callId, name: content.name, input: content.input } }
    case 'tool-result': {
      const { callId, output, isError } = content
      return { ToolResult: { id: callId, output, is_error: isError } }
    }
  }
}

function textIn(fields: Fields): string {
  const text = fields['text'] ?? fields['content'] ?? fields['thinking']
  return typeof text === 'string' ? text : ''
}

// The variant's name and what is inside it: serde writes a bare name where nothing is.
function variantOf(value: unknown): readonly [name: string, inner?: unknown] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return ['']
  const { type } = value as Fields
  if (typeof type === 'string') return [type, value]
  const [entry] = Object.entries(value)
  return entry ?? ['']
}
