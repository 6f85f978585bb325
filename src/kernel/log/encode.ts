/** From a caller's value to what is stored: validated, redacted, and as it will be read back. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { isPromise } from '../connection/refuse-promise.ts'
import { isStoreError, StoreError } from '../errors.ts'
import type { EventDefinition } from './event-definition.ts'
import { checkJson, checkSurrogates } from './json-value.ts'
import type { EventMetadata } from './types.ts'

/** Data in both forms: the JSON text and the value that reading it back would give. */
export interface EncodedData {
  readonly text: string
  readonly value: unknown
}

const REDACTED = '[redacted]'

/** Validates and encodes an event's data; throws `EVENT_INVALID` or `SCHEMA_ASYNC`. */
export function encodeData(type: string, definition: EventDefinition, data: unknown): EncodedData {
  const valid = definition.schema ? validate(type, definition, data) : data
  const value = definition.redact.length > 0 ? redact(valid, definition.redact) : valid
  return encodeJson(value, `data of '${type}'`)
}

function encodeJson(value: unknown, what: string): EncodedData {
  try {
    const fidelity = checkJson(value, what)
    const text = JSON.stringify(value)
    checkSurrogates(text, what)
    return { text, value: fidelity === 'exact' ? value : JSON.parse(text) }
  } catch (cause) {
    throw isStoreError(cause) ? cause : unreadable(what, cause)
  }
}

// A getter, a proxy or a toJSON of the caller's threw.
function unreadable(what: string, cause: unknown): StoreError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new StoreError('EVENT_INVALID', `${what} cannot be read: ${why}`, {
    hint: 'give plain values, without getters',
    cause,
  })
}

/** Metadata in both forms. */
export interface EncodedMetadata {
  readonly text: string | null
  readonly value: EventMetadata | null
}

const NO_METADATA: EncodedMetadata = { text: null, value: null }

/** Encodes metadata; throws `EVENT_INVALID`. */
export function encodeMetadata(type: string, metadata: EventMetadata | undefined): EncodedMetadata {
  if (metadata === undefined) return NO_METADATA
  return encodeJson(metadata, `metadata of '${type}'`) as EncodedMetadata
}

/** The part of the data that makes a change: without its volatile fields. */
export function comparableText(definition: EventDefinition, encoded: EncodedData): string {
  if (definition.volatile.length === 0) return encoded.text
  const rest = { ...(encoded.value as Record<string, unknown>) }
  for (const field of definition.volatile) delete rest[field]
  return JSON.stringify(rest)
}

type Answer = StandardSchemaV1.Result<unknown> | undefined

// A promise is told from an answer by who calls.
function answerOf(type: string, { schema }: EventDefinition, data: unknown): Answer {
  try {
    return schema?.['~standard'].validate(data) as Answer
  } catch (cause) {
    throw new StoreError('EVENT_INVALID', `the schema of '${type}' threw: ${String(cause)}`, {
      hint: 'nothing was appended; correct the schema, or the data that it met',
      cause,
    })
  }
}

function validate(type: string, definition: EventDefinition, data: unknown): unknown {
  const result = answerOf(type, definition, data)
  if (result === undefined) return data
  if (isPromise(result)) {
    throw new StoreError('SCHEMA_ASYNC', `the schema of '${type}' validates asynchronously`, {
      hint: 'use a schema without asynchronous steps: an append is one synchronous transaction',
    })
  }
  if (!result.issues) return result.value
  const [issue] = result.issues
  const path = (issue?.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part))
  const place = path.length === 0 ? '' : `${path.join('.')}: `
  throw new StoreError('EVENT_INVALID', `data of '${type}': ${place}${issue?.message}`, {
    hint: 'nothing was appended; correct the data',
  })
}

function redact(value: unknown, fields: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null) return value
  const copy: Record<string, unknown> = { ...value }
  for (const field of fields) if (field in copy) copy[field] = REDACTED
  return copy
}
