/**
 * A durable consumer that is killed again and again.
 *
 * Invariants: each event is handled at least once; the next process begins where the checkpoint
 * is, which is never past what was handled, and not far before it; superseding waits for it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { tempStorePath } from '../support/temp-folder.ts'
import { startWorker } from '../support/worker-process.ts'
import { added, tally } from '../support/workers/tally.mjs'

const EVENTS = 1500

test('a consumer that is killed goes on without a gap, and not from the start', async () => {
  const path = tempStorePath()
  {
    using store = openStore(path, { tally: tally() })
    store.write((tx) => {
      for (let n = 0; n < EVENTS; n++) tx.append('tally.entry/a', added('a'))
    })
  }
  const handled: number[] = []
  for (let run = 0; handled.at(-1) !== EVENTS; run++) {
    expect(run).toBeLessThan(30)
    const consumer = await startWorker('consume', { path, last: EVENTS })
    consumer.tell('go')
    await Promise.race([sleep(250 + 30 * run), consumer.exited])
    await consumer.kill()
    const batch = consumer.lines.map(Number)
    const [first] = batch
    if (first === undefined) continue
    const before = handled.at(-1) ?? 0
    expect(first).toBeLessThanOrEqual(before + 1)
    // A checkpoint is saved at least each 100 ms, in which about 200 events are handled.
    if (run > 0) expect(first).toBeGreaterThan(before - 400)
    expect(batch).toEqual(batch.map((_, index) => first + index))
    handled.push(...batch)
  }
  expect(new Set(handled).size).toBe(EVENTS)
})
