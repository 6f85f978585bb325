/**
 * Proves that a module's tables survive superseding: whatever `keep: 'latest'` allows to be dropped
 * is dropped from a history, stream by stream and at any place, and a replay of the rest must give
 * the tables that the whole history gave.
 */
import assert from 'node:assert/strict'
import type { EventDefinition, Module, RecordedEvent, Store } from '../index.ts'
import { appendHistory, type HistoryEvent, keepingEverything } from './history.ts'
import { assertSameTables, readTables, type Tables } from './tables.ts'
import { createTestStore } from './test-store.ts'

/** Options of {@link assertPrunable}. */
export interface PrunableOptions {
  /** How many ways of dropping are tried for each history. Default 20. */
  readonly attempts?: number
  /** The first of them; a failure names its own. Default 1. */
  readonly seed?: number
}

/**
 * Throws an `AssertionError` when dropping superseded events of a history changes the tables: a
 * `keep: 'latest'` event is not the complete row, or a projection reads the row it replaces.
 *
 * @param histories such as a few hand-written ones, or samples of a generator.
 */
export function assertPrunable(
  module: Module,
  histories: readonly (readonly HistoryEvent[])[],
  options: PrunableOptions = {},
): void {
  const { attempts = 20, seed = 1 } = options
  assert.ok(histories.length > 0, 'assertPrunable needs at least one history')
  for (const [place, history] of histories.entries()) {
    const { events, tables } = record(module, history)
    for (let attempt = seed; attempt < seed + attempts; attempt++) {
      // The first attempt drops all that may go, which is what a store does by itself.
      const random = attempt === 1 ? () => 1 : randomOf(attempt)
      const kept = drop(module, events, random)
      assertSameTables(
        replay(module, kept),
        tables,
        `history ${place}, seed ${attempt}: without ${events.length - kept.length} of its ${events.length} events, all superseded, a replay gives other tables`,
      )
    }
  }
}

interface Recorded {
  readonly events: readonly RecordedEvent[]
  readonly tables: Tables
}

function record(module: Module, history: readonly HistoryEvent[]): Recorded {
  const test = createTestStore({ subject: keepingEverything(module) })
  try {
    appendHistory(test.store, test.clock, history)
    return { events: allOf(test.store), tables: readTables(test.store, [module]) }
  } finally {
    test.close()
  }
}

// The projection is shown each event as it was recorded: its sequence, version and times are those
// of the whole history, as they are in a store whose superseded events are gone.
function replay(module: Module, kept: readonly RecordedEvent[]): Tables {
  const show = ({ sequence }: RecordedEvent): RecordedEvent => {
    const event = kept[sequence - 1]
    assert.ok(event, 'each event kept is appended once, in order')
    return event
  }
  const test = createTestStore({ subject: keepingEverything(module, { show, validates: false }) })
  try {
    test.store.write((tx) => {
      for (const { stream, type, data } of kept) tx.append(stream, { type, data })
    })
    return readTables(test.store, [module])
  } finally {
    test.close()
  }
}

// In each stream, up to a place of its own: consumers lag, and may hold back any of it.
function drop(
  module: Module,
  events: readonly RecordedEvent[],
  random: () => number,
): RecordedEvent[] {
  const horizons = new Map<string, number>()
  for (const { stream } of events) {
    if (!horizons.has(stream)) horizons.set(stream, Math.ceil(random() * events.length))
  }
  const newest = new Map<string, number>()
  for (const { stream, sequence, type } of events) {
    if (sequence > (horizons.get(stream) ?? 0)) continue
    const definition = definitionOf(module, type)
    if (definition?.isState || definition?.removes) newest.set(stream, sequence)
  }
  return events.filter(
    ({ stream, sequence, type }) =>
      sequence >= (newest.get(stream) ?? 0) || definitionOf(module, type)?.keep !== 'latest',
  )
}

function definitionOf(module: Module, type: string): EventDefinition | undefined {
  return module.events.get(type) ?? module.open
}

function allOf(store: Store): RecordedEvent[] {
  return [...store.log.pages()].flat()
}

/** A generator of its own for each seed (mulberry32), so that a failure can be run again. */
function randomOf(seed: number): () => number {
  let state = Math.imul(seed, 0x9e37_79b9)
  return () => {
    state = (state + 0x6d2b_79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
