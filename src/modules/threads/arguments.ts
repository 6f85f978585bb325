/**
 * What the calls of this module take besides ids, for programs without types: asked where a call begins,
 * before it reads or writes anything.
 */
import * as v from 'valibot'
import { StoreError } from '../../index.ts'

// Of a receipt's key, which may have 1,024 characters.
const MAX_COMMAND_ID = 1_000

const text = v.optional(v.string())
const limit = v.optional(v.nullable(v.union([v.number(), v.string()])))
// Taken for false, anything else would store or delete.
const flag = v.optional(v.boolean())
const callback = v.optional(v.function())
const place = v.optional(v.unknown())

/** Options of a command. An empty id would be everybody's, and `null` another one of those. */
export const COMMAND_OPTIONS: v.GenericSchema = v.object({
  commandId: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_COMMAND_ID))),
  actor: text,
  correlationId: text,
  causationId: text,
  expectedVersion: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
})

/** Options of an answer's stream. */
export const ANSWER_OPTIONS: v.GenericSchema = v.object({
  maxLength: v.optional(v.pipe(v.number(), v.minValue(1))),
  maxMs: v.optional(v.pipe(v.number(), v.minValue(0))),
})

/** Which threads. */
export const FILTER: v.GenericSchema = v.object({ projectId: text, limit, after: place })

/** Which part of a list. */
export const WINDOW: v.GenericSchema = v.object({ after: place, before: place, limit })

/** Options of a search. */
export const SEARCH_OPTIONS: v.GenericSchema = v.object({ threadId: text, limit })

/** Options of a thread's history. */
export const HISTORY_OPTIONS: v.GenericSchema = v.object({
  after: place,
  limit,
  onUnreadable: callback,
})

/** Options of an import. */
export const IMPORT_OPTIONS: v.GenericSchema = v.object({
  projectId: text,
  dryRun: flag,
  onProgress: callback,
})

/** Options of giving one up. */
export const DISCARD_OPTIONS: v.GenericSchema = v.object({ dryRun: flag })

/** What is searched for. */
export const WORDS: v.GenericSchema = v.string()

/** A version of a stream. */
export const VERSION: v.GenericSchema = v.number()

/** The value as it is; throws `ARGUMENT_INVALID` unless it is left out or fits. */
export function given<Value>(what: string, schema: v.GenericSchema, value: Value): Value {
  if (value === undefined) return value
  const { success, issues } = v.safeParse(schema, value)
  if (success) return value
  const [issue] = issues
  const path = v.getDotPath(issue)
  throw new StoreError('ARGUMENT_INVALID', `${what}: ${path ? `${path}: ` : ''}${issue.message}`, {
    hint: 'nothing was done; what a call takes is in the README of holdfast/threads',
  })
}
