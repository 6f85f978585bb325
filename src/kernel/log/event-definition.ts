/** What a module says of one of its event types. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import {
  ANY,
  BOOLEAN,
  FUNCTION,
  type Kind,
  type Kinds,
  listOf,
  OBJECT,
  optionProblem,
  TEXT,
  WHOLE,
} from '../arguments.ts'
import { StoreError } from '../errors.ts'

/**
 * How long an event is kept. `'all'`: for ever. `'latest'`: until a newer state of the same stream
 * supersedes it; only for `state` events. `{ days }`: prune may drop it that long after recording.
 */
export type Keep = 'all' | 'latest' | { readonly days: number }

/** Turns data of one schema version into the next. */
export type Upcast = (data: never) => unknown

/** Options of {@link event}. */
export interface EventOptions {
  /** Version of the data's shape, raised when it changes incompatibly. Default 1. */
  readonly version?: number
  /** By the version it starts from: `{ 1: (old) => … }`. */
  readonly upcast?: Readonly<Record<number, Upcast>>
  /** True when the data is the entity's complete row; needed for `keep: 'latest'`. */
  readonly state?: boolean
  /** True when the entity is gone afterwards: supersedes its state, and marks the stream removed. */
  readonly removes?: boolean
  /**
   * Days after which prune may drop a whole stream whose last event this is, whatever its events'
   * `keep` says. Default: never.
   */
  readonly forgetDays?: number
  /** Default `'all'`. */
  readonly keep?: Keep
  /** Fields that alone do not make a change, such as `updatedAt`. */
  readonly volatile?: readonly string[]
  /** Fields replaced by `"[redacted]"` before they are stored. */
  readonly redact?: readonly string[]
}

/** An event type's definition; `Data` is what readers and projections get. */
export interface EventDefinition<Data = unknown> {
  readonly schema: StandardSchemaV1<unknown, Data> | undefined
  readonly version: number
  readonly upcast: Readonly<Record<number, Upcast>>
  readonly isState: boolean
  readonly removes: boolean
  readonly forgetDays: number | undefined
  readonly keep: Keep
  readonly volatile: readonly string[]
  readonly redact: readonly string[]
}

/** What validates: an object, or a function as some libraries have it. */
export const SCHEMA: Kind = {
  name: 'a Standard Schema',
  fits: (value) => {
    const isAnything = OBJECT.fits(value) || typeof value === 'function'
    return isAnything && typeof Object(value)['~standard']?.validate === 'function'
  },
}
const EVENT: Kinds = {
  version: WHOLE,
  upcast: {
    name: 'an object of functions by version',
    fits: (value) => OBJECT.fits(value) && Object.values(Object(value)).every(FUNCTION.fits),
  },
  keep: ANY,
  forgetDays: ANY,
  state: BOOLEAN,
  removes: BOOLEAN,
  volatile: listOf(TEXT),
  redact: listOf(TEXT),
}

/** Throws `MODULE_INVALID` unless each option that is given is of its kind. */
export function checkDefinition(what: string, options: unknown, kinds: Kinds): void {
  const problem = optionProblem(what, options, kinds)
  if (problem !== undefined) {
    throw new StoreError('MODULE_INVALID', problem, { hint: 'see docs/modules.md' })
  }
}

/** The data type of a definition. */
export type DataOf<Definition> = Definition extends EventDefinition<infer Data> ? Data : never

/**
 * Defines an event type.
 *
 * @param schema any Standard Schema (valibot, zod, arktype); its validated output is stored. Left
 *   out, the data is taken as it is; give the type as `event<Note>()`.
 */
export function event<Data = unknown>(
  schema?: StandardSchemaV1<unknown, Data> | undefined,
  options: EventOptions = {},
): EventDefinition<Data> {
  checkDefinition('event', options, EVENT)
  checkDefinition('event', { schema }, { schema: SCHEMA })
  return {
    schema,
    version: options.version ?? 1,
    upcast: options.upcast ?? {},
    isState: options.state ?? false,
    removes: options.removes ?? false,
    forgetDays: options.forgetDays,
    keep: options.keep ?? 'all',
    volatile: options.volatile ?? [],
    redact: options.redact ?? [],
  }
}
