/**
 * Proving and rebuilding tables while another process appends.
 *
 * Invariants: what comes meanwhile is in the rebuilt tables, once; the proof is of one moment and
 * finds no difference that is none; neither fails because others write.
 */
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { tempStorePath } from '../support/temp-folder.ts'
import { startAll, type WorkerProcess } from '../support/worker-process.ts'
import { tally } from '../support/workers/tally.mjs'

test('a rebuild and a proof take in what is appended in the middle of them', () => {
  const path = tempStorePath()
  using store = openStore(path, { tally: tally() })
  using other = openStore(path, { tally: tally() })
  store.tally.add('a')
  let meanwhile = 0
  const append = () => {
    if (meanwhile++ < 3) other.tally.add('a')
  }
  store.rebuild('tally', { onProgress: append })
  expect(meanwhile).toBeGreaterThan(0)
  const entries = store.log.head()
  expect(store.tally.rows()).toEqual([{ name: 'a', entries, total: entries }])
  meanwhile = 0
  expect(store.verify({ onProgress: append }).problems).toEqual([])
  expect(meanwhile).toBeGreaterThan(0)
  expect(store.status().modules.map(({ behindFrom }) => behindFrom)).toEqual([null, null])
})

test('rebuilds and proofs in a row succeed while three processes append as fast as they can', async () => {
  const path = tempStorePath()
  using store = openStore(path, { tally: tally() })
  const tasks = Array.from({ length: 3 }, (_, n) => {
    return { path, name: `w${n}`, count: 1_000_000, isAcknowledging: true }
  })
  const writers = await startAll('append', tasks)
  for (const writer of writers) writer.tell('go')
  const areAtWork = () => writers.every((writer) => acknowledged(writer) > 20)
  await expect.poll(areAtWork).toBe(true)
  for (let round = 0; round < 4; round++) {
    store.rebuild('tally')
    expect(store.verify().problems).toEqual([])
  }
  await Promise.all(writers.map((writer) => writer.kill()))
  for (const [n, writer] of writers.entries()) {
    const row = store.tally.rows().find(({ name }) => name === `w${n}`)
    expect((row?.entries ?? 0) - acknowledged(writer)).toBeOneOf([0, 1])
  }
  expect(store.verify().problems).toEqual([])
})

function acknowledged(writer: WorkerProcess): number {
  return writer.lines.length
}
