/**
 * A prune that is killed while it packs.
 *
 * Invariants: each event is whole, in its row or in a pack; the store is proven, and nothing refers to a
 * pack that is not there; the next writer goes on at once; the next prune packs the rest.
 */
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { tamper } from '../model/raw-sqlite.ts'
import { rounds } from '../support/soak.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { firstLine, spread, startWorker, timeToRun } from '../support/worker-process.ts'
import { gauges } from '../support/workers/gauges.mjs'

const NOW_MS = 1_767_225_600_000
const NOTES = 12_000
const MAX_ROUNDS = 60
const PACKED = /* sql */ `
  SELECT count(*) AS packed FROM events WHERE payload_id IS NOT NULL AND data <> ''`

const open = (path: string) =>
  openStore(path, { gauges: gauges() }, { clock: () => NOW_MS, autoPrune: false })

function makeStore(path: string): void {
  using store = open(path)
  store.write(() => {
    for (let n = 0; n < NOTES; n++) {
      store.gauges.note(
        `g${n % 40}`,
        `note ${n * 7919}: ${'what was seen there, '.repeat(n % 30)}${n}`,
      )
    }
  })
}

/** Everything that the store has: its events as a reader gets them, and its rows. */
function contentOf(path: string) {
  using store = open(path)
  expect(store.verify().problems).toEqual([])
  return { events: [...store.log.pages()].flat(), rows: store.gauges.rows() }
}

function packedIn(path: string): number {
  let packed = 0
  tamper(path, (db) => {
    packed = (db.prepare(PACKED).get() as { packed: number }).packed
  })
  return packed
}

test('a prune that is killed while it packs leaves every event whole', async () => {
  const folder = tempFolder()
  const template = join(folder, 'template.db')
  makeStore(template)
  const before = contentOf(template)
  const whole = join(folder, 'whole.db')
  copyFileSync(template, whole)
  const takesMs = await timeToRun('prune', { path: whole, nowMs: NOW_MS })
  const all = packedIn(whole)
  expect(all).toBeGreaterThan(NOTES * 0.8)
  const partly = new Set<number>()
  // Until some have met it in the middle: on a busy machine a wait says little of where it is.
  for (let round = 0; round < rounds(8, 100) || (partly.size <= 2 && round < MAX_ROUNDS); round++) {
    const path = join(folder, `round-${round}.db`)
    copyFileSync(template, path)
    const worker = await startWorker('prune', { path, nowMs: NOW_MS })
    worker.tell('go')
    await firstLine(worker)
    await sleep(takesMs * spread(round))
    await worker.kill()
    const packed = packedIn(path)
    if (packed > 0 && packed < all) partly.add(packed)
    expect(contentOf(path)).toEqual(before)
    using store = open(path)
    store.gauges.note('g1', 'goes on')
    store.prune()
    expect(packedIn(path)).toBeGreaterThanOrEqual(all)
    expect(store.verify().problems).toEqual([])
  }
  expect(partly.size).toBeGreaterThan(2)
})
