/**
 * A durable consumer that is killed again and again.
 *
 * Invariants: each event is handled at least once; the next process begins where the checkpoint
 * is, which is never past what was handled, and not far before it; superseding waits for it.
 */
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { tempStorePath } from '../support/temp-folder.ts'
import { linesOf, startWorker } from '../support/worker-process.ts'
import { added, tally } from '../support/workers/tally.mjs'

const EVENTS = 1500
// Takes the consumer longer than the 100 ms after which a checkpoint is saved at the latest.
const EACH_RUN = 400

test('a consumer that is killed goes on without a gap, and not from the start', async () => {
  const path = tempStorePath()
  {
    using store = openStore(path, { tally: tally() })
    store.write((tx) => {
      for (let n = 0; n < EVENTS; n++) tx.append('tally.entry/a', added('a'))
    })
  }
  const handled: number[] = []
  let begunAt = 0
  for (let run = 0; handled.at(-1) !== EVENTS; run++) {
    expect(run).toBeLessThan(30)
    const consumer = await startWorker('consume', { path, last: EVENTS })
    consumer.tell('go')
    // By what it has done and not by time: a busy machine would give it too little.
    await linesOf(consumer, EACH_RUN)
    await consumer.kill()
    const batch = consumer.lines.map(Number)
    const [first] = batch
    if (first === undefined) continue
    const before = handled.at(-1) ?? 0
    expect(first).toBeLessThanOrEqual(before + 1)
    if (run > 0) expect(first).toBeGreaterThan(begunAt)
    begunAt = first
    expect(batch).toEqual(batch.map((_, index) => first + index))
    handled.push(...batch)
  }
  expect(new Set(handled).size).toBe(EVENTS)
})
