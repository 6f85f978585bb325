/**
 * Processes that write while another one packs, again and again.
 *
 * Invariants: a consumer is given every event, whole, wherever its body was when it was read; states that
 * are superseded in a pack take it with them in the end; the store is proven.
 */
import { expect, test } from 'vitest'
import { collection, openStore } from '../../dist/index.js'
import { rounds } from '../support/soak.ts'
import { tempStorePath } from '../support/temp-folder.ts'
import { startAll } from '../support/worker-process.ts'
import { tally } from '../support/workers/tally.mjs'

const WRITERS = 2
const EACH = rounds(1200, 6000)

const UNREFERENCED = /* sql */ `SELECT id FROM payloads
  WHERE id NOT IN (SELECT payload_id FROM events WHERE payload_id IS NOT NULL)`

interface Described {
  readonly id: string
  readonly count: number
  readonly text: string
}

test('what is packed while others write and read is whole, and proven', async () => {
  const path = tempStorePath()
  using store = openStore(path, { tally: tally(), counters: collection<Described>() })
  const tasks = Array.from({ length: WRITERS }, (_, n) => {
    return { path, name: `w${n}`, count: EACH, way: 'describe' }
  })
  const workers = await startAll('append', tasks)
  const consumer = store.log.consumer('watching')
  for (const worker of workers) worker.tell('go')
  let packed = 0
  for (let seen = 0; seen < WRITERS * EACH; seen++) {
    const { value } = await consumer.next()
    if (!value) throw new Error('the consumer ended')
    const { id, count, text } = value.data as Described
    expect(value.stream).toBe(`counters.item/${id}`)
    expect(text).toBe(`${count} `.repeat(100))
    if (seen % 100 === 99) packed += store.prune({ hotEvents: 20 }).packed.events
  }
  consumer.commit()
  await Promise.all(workers.map((worker) => worker.result))
  expect(packed).toBeGreaterThan(EACH / 2)
  expect(store.verify().problems).toEqual([])
  store.log.removeConsumer('watching')
  store.prune({ hotEvents: 0 })
  expect(store.status().events).toBe(WRITERS * 40)
  expect(store.sql.all(UNREFERENCED)).toEqual([])
  expect(store.verify().problems).toEqual([])
})
