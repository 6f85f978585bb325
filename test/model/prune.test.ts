/**
 * Any history, pruned and rebuilt at any point, against a model that knows nothing of logs.
 *
 * Invariants: the tables are the model's after every step; `verify` finds nothing; `at` shows what
 * was there, or says that it is not known any more.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { collection, isStoreError, openStore } from '../../dist/index.js'
import { rounds } from '../support/soak.ts'
import { tempFolder, tempStorePath } from '../support/temp-folder.ts'
import { gauges, tablesOf } from '../support/workers/gauges.mjs'

const HOUR_MS = 3_600_000
const IDS = ['a', 'b', 'c', 'd']
const LONG = ['roof ', 'é€ ', 'x'].map((word) => word.repeat(3000 / word.length))
const PLACES = ['roof', 'cellar', 'gate', 'attic', 'yard']

/** What the tables must hold, in plain maps. */
class Model {
  readonly places = new Map<string, string>()
  readonly sums = new Map<string, { readings: number; total: number }>()
  readonly notes: { id: string; version: number; text: string }[] = []

  isFree(id: string, place: string): boolean {
    return [...this.places].every(([other, taken]) => taken !== place || other === id)
  }

  rows(): object[][] {
    const byId = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) =>
      a < b ? -1 : 1
    return [
      [...this.places].sort(byId).map(([id, place]) => ({ id, place })),
      [...this.sums].sort(byId).map(([id, sum]) => ({ id, ...sum })),
      [...this.notes].sort((a, b) =>
        a.id === b.id ? a.version - b.version : a.id < b.id ? -1 : 1,
      ),
    ]
  }
}

const id = fc.constantFrom(...IDS)
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('place' as const),
      id,
      place: fc.constantFrom(...PLACES),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), id }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('read' as const),
      id,
      value: fc.integer({ min: -9, max: 9 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('note' as const),
      id,
      // Some that a few of make a pack.
      text: fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom(...LONG)),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      hours: fc.integer({ min: 1, max: 60 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('hold' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('prune' as const),
      isArchived: fc.boolean(),
      hotEvents: fc.constantFrom(0, 0, 7, 1000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rebuild' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('look back' as const),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
)

test('any history, pruned and rebuilt anywhere, gives the tables of the model', () => {
  let known = 0
  let pruned = 0
  let packed = 0
  const property = fc.property(
    fc.array(step, { minLength: 40, maxLength: 90, size: 'max' }),
    (steps) => {
      const path = tempStorePath()
      const archive = tempFolder()
      let nowMs = 1_767_225_600_000
      const open = () =>
        openStore(
          path,
          { gauges: gauges(), extra: collection() },
          { clock: () => nowMs, autoPrune: false },
        )
      let store = open()
      const model = new Model()
      const history: object[][][] = [model.rows()]
      try {
        for (const now of steps) {
          if (now.do === 'place' && model.isFree(now.id, now.place)) {
            store.gauges.place(now.id, now.place)
            model.places.set(now.id, now.place)
          } else if (now.do === 'remove' && model.places.has(now.id)) {
            store.gauges.remove(now.id)
            model.places.delete(now.id)
          } else if (now.do === 'read') {
            store.gauges.read(now.id, now.value)
            const { readings, total } = model.sums.get(now.id) ?? { readings: 0, total: 0 }
            model.sums.set(now.id, { readings: readings + 1, total: total + now.value })
          } else if (now.do === 'note') {
            store.gauges.note(now.id, now.text)
            const version = store.log.streamVersion(`gauges.gauge/${now.id}`)
            model.notes.push({ id: now.id, version, text: now.text })
          } else if (now.do === 'wait') nowMs += now.hours * HOUR_MS
          else if (now.do === 'hold') store.log.consumer('held')
          else if (now.do === 'release') store.log.removeConsumer('held')
          else if (now.do === 'prune') {
            const planned = store.prune({ dryRun: true })
            const { hotEvents } = now
            const done = store.prune(now.isArchived ? { archive, hotEvents } : { hotEvents })
            packed += done.packed.events
            expect(done.events).toBe(planned.events)
            pruned += done.events
            expect(store.prune({ dryRun: true }).events).toBe(0)
          } else if (now.do === 'rebuild') store.rebuild('gauges')
          else if (now.do === 'reopen') {
            store.close()
            store = open()
          } else if (now.do === 'look back') {
            const sequence = Math.floor(now.part * store.log.head())
            try {
              using at = store.at(sequence)
              expect(tablesOf(at)).toEqual(history[sequence])
              known++
            } catch (error) {
              if (!isStoreError(error, 'PRUNED')) throw error
            }
          }
          history[store.log.head()] = model.rows()
          expect(tablesOf(store)).toEqual(model.rows())
          if (now.do === 'prune' || now.do === 'rebuild') {
            expect(store.verify().problems).toEqual([])
          }
        }
        expect(store.verify().problems).toEqual([])
      } finally {
        store.close()
      }
    },
  )
  fc.assert(property, { numRuns: rounds(60, 2000), endOnFailure: true })
  expect(known).toBeGreaterThan(5)
  expect(pruned).toBeGreaterThan(50)
  expect(packed).toBeGreaterThan(50)
})
