/**
 * Processes that write, a consumer that lags, and a prune now and then.
 *
 * Invariants: the log stays small by itself; nothing goes that the consumer has yet to see; the
 * tables equal their history; versions have no gap in what the consumer saw.
 */
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { rounds } from '../support/soak.ts'
import { tempStorePath } from '../support/temp-folder.ts'
import { startAll } from '../support/worker-process.ts'
import { gauges } from '../support/workers/gauges.mjs'

const WRITERS = 3
const EACH = rounds(1500, 3000)

test('a log that three processes write and one consumer reads stays small by itself', async () => {
  const path = tempStorePath()
  using store = openStore(path, { gauges: gauges() })
  const tasks = Array.from({ length: WRITERS }, (_, n) => ({ path, name: `w${n}`, count: EACH }))
  const workers = await startAll('place', tasks)
  const consumer = store.log.consumer('watching')
  for (const worker of workers) worker.tell('go')
  const versions = new Map<string, number>()
  for (let seen = 0; seen < WRITERS * EACH; seen++) {
    const { value } = await consumer.next()
    if (!value) throw new Error('the consumer ended')
    expect(value.version).toBe((versions.get(value.stream) ?? 0) + 1)
    versions.set(value.stream, value.version)
    if (seen % 1500 === 1499) store.prune()
  }
  consumer.commit()
  await Promise.all(workers.map((worker) => worker.result))
  expect(store.verify().problems).toEqual([])
  expect(store.status().events).toBeLessThan(WRITERS * EACH)
  expect(store.prune().skipped).toEqual([])
  expect(store.status().events).toBe(10)
  expect(store.verify().problems).toEqual([])
})
