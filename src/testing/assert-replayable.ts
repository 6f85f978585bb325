/**
 * Proves that a module's tables follow from its events alone: the same history is folded at
 * append, by a replay at another time and place, and across a restart in the middle.
 */
import assert from 'node:assert/strict'
import type { Module, VerifyReport } from '../index.ts'
import { under } from './conditions.ts'
import {
  appendHistory,
  type HistoryEvent,
  keepingEverything,
  type ModuleSource,
  moduleOf,
} from './history.ts'
import { assertSameTables, readTables, type Tables } from './tables.ts'
import { createTestStore } from './test-store.ts'

const PROBLEMS_SHOWN = 5
// Restarts tried in each history, evenly spread: a store each.
const MAX_RESTARTS = 4

/**
 * Throws an `AssertionError` when a replay of `history` gives other tables than the appends did:
 * a projection reads the clock, chance, the time zone, another module's tables or, where `module`
 * is a function that makes it anew, something it kept in memory. A projection that changes the data of
 * its event fails, for that data is frozen here.
 *
 * @example
 * ```ts
 * import { defineModule, event } from 'holdfast'
 * import { assertReplayable } from 'holdfast/testing'
 * const visits = () =>
 *   defineModule({
 *     name: 'visits',
 *     version: 1,
 *     events: { 'visits.page.opened': event<{ page: string }>() },
 *     migrations: [{ id: '0001-initial', sql: 'CREATE TABLE visits_page (page TEXT) STRICT' }],
 *     project: {
 *       'visits.page.opened': (tx, { data }) =>
 *         void tx.run('INSERT INTO visits_page VALUES (?)', [data.page]),
 *     },
 *     api: () => undefined,
 *   })
 * assertReplayable(visits, [{ stream: 'visits.page/a', type: 'visits.page.opened', data: { page: 'a' } }])
 * ```
 */
export function assertReplayable(module: ModuleSource, history: readonly HistoryEvent[]): void {
  assert.ok(history.length > 0, 'assertReplayable needs at least one event')
  const whole = foldAndReplay(moduleOf(module), history)
  for (const cut of restarts(history.length)) {
    const parts = under('elsewhere', () => foldInParts(module, history, cut))
    assertSameTables(
      parts,
      whole,
      `folding the events after the first ${cut} in a new process gives other tables`,
    )
  }
}

function foldAndReplay(module: Module, history: readonly HistoryEvent[]): Tables {
  const test = createTestStore({ subject: keepingEverything(module) })
  try {
    under('here', () => appendHistory(test.store, test.clock, history))
    const tables = readTables(test.store, [module])
    assertProven(under('elsewhere', () => test.store.verify()))
    return tables
  } finally {
    test.close()
  }
}

function foldInParts(source: ModuleSource, history: readonly HistoryEvent[], cut: number): Tables {
  const test = createTestStore()
  try {
    for (const part of [history.slice(0, cut), history.slice(cut)]) {
      const store = test.openWith({ subject: keepingEverything(moduleOf(source)) })
      appendHistory(store, test.clock, part)
      store.close()
    }
    const store = test.openWith({ subject: moduleOf(source) }, { mode: 'read' })
    return readTables(store, [moduleOf(source)])
  } finally {
    test.close()
  }
}

function assertProven(report: VerifyReport): void {
  if (report.ok) return
  const shown = report.problems.slice(0, PROBLEMS_SHOWN).map(({ what }) => `  ${what}`)
  throw new assert.AssertionError({
    message: `a replay of these events gives other tables than their appends did:\n${shown.join('\n')}`,
    actual: report.problems,
    expected: [],
    operator: 'assertReplayable',
  })
}

function restarts(events: number): number[] {
  const count = Math.min(MAX_RESTARTS, events - 1)
  return Array.from({ length: count }, (_, index) =>
    Math.max(1, Math.round(((index + 1) * events) / (count + 1))),
  )
}
