/**
 * Given, when, then: after this history, doing that appends these events, or fails, and leaves these
 * rows. Everything runs at once in a store of its own, so that nothing needs to be closed.
 */
import assert from 'node:assert/strict'
import type { Module, NewEvent, RecordedEvent, SqlRow, Store, StoreErrorCode } from '../index.ts'
import { isStoreError } from '../index.ts'
import { appendHistory, type HistoryEvent } from './history.ts'
import { readTables, sorted, type Tables } from './tables.ts'
import { createTestStore } from './test-store.ts'

/** What can be done with a history. */
export interface Given<Api> {
  /** Calls `act` with the module's API and the store; what it throws is kept for {@link Then}. */
  when(act: (api: Api, store: Store) => unknown): Then
  /** Does nothing: what follows from the history alone. */
  readonly nothing: Then
}

/** What came of it. Each check returns the same object, for the next one. */
export interface Then {
  /** Exactly these events were appended; fields that are left out may be anything. */
  thenEvents(expected: readonly (Partial<NewEvent> & { readonly stream?: string })[]): Then
  /** The table holds exactly these rows, in any order. */
  thenRows(table: string, expected: readonly SqlRow[]): Then
  /** It returned this value. */
  thenReturns(expected: unknown): Then
  /** It threw a `StoreError` of this code, or an error whose message matches. */
  thenThrows(expected: StoreErrorCode | RegExp): Then
}

/**
 * A module after a history.
 *
 * @example
 * ```ts
 * import { defineModule, event } from 'holdfast'
 * import { given } from 'holdfast/testing'
 * const lamps = defineModule({
 *   name: 'lamps',
 *   version: 1,
 *   events: { 'lamps.lamp.lit': event<{ id: string }>() },
 *   migrations: [{ id: '0001-initial', sql: 'CREATE TABLE lamps_lamp (id TEXT PRIMARY KEY) STRICT' }],
 *   project: {
 *     'lamps.lamp.lit': (tx, { data }) => void tx.run('INSERT INTO lamps_lamp VALUES (?)', [data.id]),
 *   },
 *   api: (store) => ({
 *     light: (id: string) => store.log.append(`lamps.lamp/${id}`, { type: 'lamps.lamp.lit', data: { id } }),
 *   }),
 * })
 * given(lamps, [])
 *   .when((api) => void api.light('desk'))
 *   .thenEvents([{ type: 'lamps.lamp.lit' }])
 *   .thenRows('lamps_lamp', [{ id: 'desk' }])
 * ```
 */
export function given<Api>(module: Module<Api>, history: readonly HistoryEvent[]): Given<Api> {
  return {
    when: (act) => run(module, history, act),
    get nothing() {
      return run(module, history, () => undefined)
    },
  }
}

interface Outcome {
  readonly events: readonly RecordedEvent[]
  readonly tables: Tables
  readonly result: unknown
  /** In a list, because anything can be thrown, `undefined` too. */
  readonly thrown: readonly unknown[]
}

function run<Api>(
  module: Module<Api>,
  history: readonly HistoryEvent[],
  act: (api: Api, store: Store) => unknown,
): Then {
  const test = createTestStore({ subject: module })
  try {
    const { store, clock } = test
    appendHistory(store, clock, history)
    const after = store.log.head()
    const thrown: unknown[] = []
    let result: unknown
    try {
      result = act(store.subject, store)
    } catch (error) {
      thrown.push(error)
    }
    if (result instanceof Promise)
      throw new TypeError('given().when() takes a synchronous function')
    const events = [...store.log.pages({ after })].flat()
    return checks({ events, tables: readTables(store, [module]), result, thrown })
  } finally {
    test.close()
  }
}

// Not named `then`: an object with such a method is taken for a promise by everything that awaits.
function checks(outcome: Outcome): Then {
  const unlessThrown = () => {
    if (outcome.thrown.length > 0) throw outcome.thrown[0]
  }
  const then: Then = {
    thenEvents: (expected) => {
      unlessThrown()
      const shown = outcome.events.map((event, place) => pick(event, expected[place]))
      assert.deepEqual(shown, expected)
      return then
    },
    thenRows: (table, expected) => {
      unlessThrown()
      const rows = outcome.tables[table]
      const known = Object.keys(outcome.tables).join(', ')
      assert.ok(rows, `the module has no table '${table}'; it has: ${known}`)
      assert.deepEqual(rows, sorted(expected))
      return then
    },
    thenReturns: (expected) => {
      unlessThrown()
      assert.deepEqual(outcome.result, expected)
      return then
    },
    thenThrows: (expected) => {
      assert.ok(outcome.thrown.length > 0, `nothing was thrown; expected ${expected}`)
      const [error] = outcome.thrown
      if (typeof expected === 'string') {
        assert.ok(isStoreError(error, expected), `expected ${expected}, thrown was: ${error}`)
      } else assert.match(String((error as Error)?.message ?? error), expected)
      return then
    },
  }
  return then
}

// Only what the expectation speaks of; an event that it does not speak of at all is shown in short.
function pick(event: RecordedEvent, expected: object = { stream: '', type: '', data: '' }): object {
  return Object.fromEntries(
    Object.entries(event).filter(([field]) => Object.hasOwn(expected, field)),
  )
}
