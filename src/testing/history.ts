/**
 * Histories: events to be given to a module, and a module that forgets nothing, through which each
 * of them is folded exactly once and stays in the log.
 */
import {
  type EventDefinition,
  findNotReplayable,
  type Module,
  type NewEvent,
  type ProjectionTransaction,
  type RecordedEvent,
  type Store,
} from '../index.ts'
import type { TestClock } from './test-clock.ts'

/** An event of a history, with the stream it belongs to. */
export interface HistoryEvent extends NewEvent {
  readonly stream: string
}

/** A module, or a function that makes it anew: then state kept in memory shows as well. */
export type ModuleSource<Api = unknown> = Module<Api> | (() => Module<Api>)

/** The module itself, or a new one. */
export function moduleOf<Api>(source: ModuleSource<Api>): Module<Api> {
  return typeof source === 'function' ? source() : source
}

// Time goes on between the events of a history.
const STEP_MS = 1_000

/**
 * Appends a history, each event as a transaction of its own. Its data is frozen: an append hands the
 * caller's own object to the projection, a replay what was stored, so that a projection which changes
 * it would fold different events the next time, and change what the caller holds.
 */
export function appendHistory(
  store: Store,
  clock: TestClock,
  history: readonly HistoryEvent[],
): void {
  for (const { stream, ...event } of history) {
    store.log.append(stream, { ...event, data: frozenCopy(event.data) })
    clock.advance(STEP_MS)
  }
}

// Of lists and plain objects; anything else is for the append to judge.
function frozenCopy(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy))
  if (typeof value !== 'object' || value === null) return value
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  const fields = Object.entries(value).map(([key, field]) => [key, frozenCopy(field)])
  return Object.freeze(Object.fromEntries(fields))
}

/** What to change in {@link keepingEverything}. */
export interface Recording {
  /** The event that the projection is shown instead of the one appended. */
  readonly show?: (event: RecordedEvent) => RecordedEvent
  /** False when the data was validated before. */
  readonly validates?: boolean
}

/**
 * The module with its own tables and projections, but a log that keeps every event: nothing is
 * superseded and nothing suppressed. Its SQL may not ask for the time or for chance.
 */
export function keepingEverything(module: Module, recording: Recording = {}): Module {
  const { show = (event) => event, validates = true } = recording
  const plain = (definition: EventDefinition): EventDefinition => ({
    ...definition,
    ...(validates ? {} : { schema: undefined, redact: [] }),
    isState: false,
    removes: false,
    keep: 'all',
  })
  return {
    ...module,
    events: new Map(Array.from(module.events, ([type, event]) => [type, plain(event)])),
    open: module.open && plain(module.open),
    project: (tx, event) => module.project(refusingChance(tx), show(event)),
    api: () => undefined,
  }
}

// SQLite's own clock cannot be set, and within one second it would agree with itself.
function refusingChance(tx: ProjectionTransaction): ProjectionTransaction {
  const checked = (sql: string): string => {
    const culprit = findNotReplayable(sql)
    if (culprit === undefined) return sql
    throw new Error(`a projection uses ${culprit}: a replay gives another value`)
  }
  return {
    run: (sql, parameters) => tx.run(checked(sql), parameters),
    get: (sql, parameters) => tx.get(checked(sql), parameters),
    all: (sql, parameters) => tx.all(checked(sql), parameters),
  }
}
