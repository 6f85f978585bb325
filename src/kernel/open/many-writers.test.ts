import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defineModule, event, type Store, type WriteTransaction } from '../../index.ts'
import { createTestStore } from '../../testing/index.ts'

const DAY_MS = 24 * 3_600_000
const READ = 'items.item.read'
const TYPES = ['items.item.saved', 'items.item.removed', READ, 'items.item.noted']
// Streams below it have nothing but events that expire, so that prune leaves them without any.
const EXPIRING = 3
const UNDONE = new Error('undone')

/** States that supersede, removals, events that expire and events that stay, on the same streams. */
const items = () =>
  defineModule({
    name: 'items',
    version: 1,
    events: {
      'items.item.saved': event<Data>(undefined, { state: true, keep: 'latest' }),
      'items.item.removed': event<Data>(undefined, { removes: true, forgetDays: 20 }),
      'items.item.read': event<Data>(undefined, { keep: { days: 7 } }),
      'items.item.noted': event<Data>(),
    },
    migrations: [
      {
        id: '0001-initial',
        sql: `CREATE TABLE items_item (id INTEGER PRIMARY KEY, n INTEGER NOT NULL) STRICT;
          CREATE TABLE items_note (n INTEGER PRIMARY KEY) STRICT`,
      },
    ],
    project: {
      'items.item.saved': (tx, { data: { id, n } }) =>
        void tx.run(
          `INSERT INTO items_item VALUES (:id, :n) ON CONFLICT (id) DO UPDATE SET n = excluded.n`,
          { id, n },
        ),
      'items.item.removed': (tx, { data }) =>
        void tx.run('DELETE FROM items_item WHERE id = ?', [data.id]),
      'items.item.read': () => undefined,
      'items.item.noted': (tx, { data }) =>
        void tx.run('INSERT INTO items_note VALUES (?)', [data.n]),
    },
    api: () => undefined,
  })

interface Data {
  readonly id: number
  readonly n: number
}

type Items = Store<{ items: ReturnType<typeof items> }>

const acts = fc.array(
  fc.record({ id: fc.nat(7), type: fc.constantFrom(...TYPES), isMany: fc.boolean() }),
  { maxLength: 10 },
)
const steps = fc.record({
  who: fc.nat(2),
  // Most often a write: the rest is what others have to notice.
  what: fc.constantFrom(
    ...['write', 'write', 'write', 'async', 'prune', 'prune', 'status', 'reopen', 'rebuild'],
  ),
  before: acts,
  inside: acts,
  outcome: fc.constantFrom('kept', 'kept', 'undone', 'undone inside'),
})

// Whatever one store remembers, another may have superseded, pruned, flushed or undone.
test('three stores on one file agree on every stream, whatever they do and undo', async () => {
  const property = fc.asyncProperty(fc.array(steps, { maxLength: 25 }), async (all) => {
    using file = createTestStore({ items: items() }, { autoPrune: false })
    const stores: Items[] = [file.store, file.open(), file.open()]
    let versions = new Map<number, number>()
    let n = 0
    for (const { who, what, before, inside, outcome } of all) {
      const store = stores[who] ?? file.store
      const now = new Map(versions)
      const act = (tx: WriteTransaction, list: typeof before, of: Map<number, number>) => {
        for (const { id, type, isMany } of list) {
          const events = Array.from({ length: isMany ? 3 : 1 }, () => ({
            type: id < EXPIRING ? READ : type,
            data: { id, n: ++n },
          }))
          const version = (of.get(id) ?? 0) + events.length
          expect(tx.append(`items.item/${id}`, events).version).toBe(version)
          of.set(id, version)
        }
      }
      const work = (tx: WriteTransaction) => {
        act(tx, before, now)
        const nested = new Map(now)
        try {
          store.write((inner) => {
            act(inner, inside, nested)
            if (outcome === 'undone inside') throw UNDONE
          })
          for (const [id, version] of nested) now.set(id, version)
        } catch (error) {
          if (error !== UNDONE) throw error
        }
        act(tx, before.slice(0, 2), now)
        if (outcome === 'undone') throw UNDONE
      }
      try {
        if (what === 'write') store.write(work)
        else if (what === 'async') await store.writeAsync(work)
        if (what === 'write' || what === 'async') versions = now
      } catch (error) {
        if (error !== UNDONE) throw error
      }
      if (what === 'prune') {
        file.clock.advance(8 * DAY_MS)
        store.prune()
      }
      if (what === 'status' || outcome === 'undone') for (const each of stores) each.status()
      if (what === 'rebuild') store.rebuild('items')
      if (what === 'reopen') {
        store.close()
        stores[who] = file.open()
      }
    }
    const streams = [...versions.keys()]
    for (const store of stores) {
      expect(streams.map((id) => store.log.streamVersion(`items.item/${id}`))).toEqual([
        ...versions.values(),
      ])
      expect(store.verify().problems).toEqual([])
    }
    for (const store of stores) store.close()
    expect(file.open().verify().problems).toEqual([])
  })
  await fc.assert(property, { numRuns: 15 })
})
