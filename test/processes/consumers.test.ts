/**
 * Superseding, and consumers in other processes that have not come so far.
 *
 * Invariants: a state that a durable consumer has not handled stays in the log, however often it is
 * written over; when all consumers have handled it the next write over it drops it.
 */
import { expect, test } from 'vitest'
import { collection, openStore } from '../../dist/index.js'
import { openSession } from '../support/session.ts'
import { tempStorePath } from '../support/temp-folder.ts'

const WRITES = 20

test('a state is not superseded before a consumer of another process has handled it', async () => {
  const path = tempStorePath()
  using store = openStore(path, { items: collection<{ id: string; n: number }>() })
  store.items.put({ id: 'i', n: 0 })
  store.items.put({ id: 'i', n: 1 })
  expect(store.status().events).toBe(1)
  const slow = await openSession(path, { release: 'none' })
  expect(await slow.call('consume', 'slow', 1)).toEqual([2])
  for (let n = 2; n <= WRITES; n++) store.items.put({ id: 'i', n })
  expect(store.log.readStream('items.item/i')).toHaveLength(WRITES - 1)
  const all = Array.from({ length: WRITES - 1 }, (_, index) => index + 3)
  expect(await slow.call('consume', 'slow', WRITES - 1)).toEqual(all)
  store.items.put({ id: 'i', n: -1 })
  store.items.put({ id: 'j', n: 1 })
  expect(store.log.readStream('items.item/i').map(({ data }) => data)).toEqual([{ id: 'i', n: -1 }])
  expect(store.items.get('i')).toEqual({ id: 'i', n: -1 })
  expect(store.verify().problems).toEqual([])
})
