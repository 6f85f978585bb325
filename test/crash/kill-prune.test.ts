/**
 * A prune that is killed, at each of its steps.
 *
 * Invariants: whatever was dropped, the tables are what they were and equal their history; the next
 * writer goes on at once; the next prune ends what was begun; each event that is gone is in an
 * archive segment that proves itself, and nothing that was never in the log.
 */
import { copyFileSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openStore, readSegment } from '../../dist/index.js'
import { rounds } from '../support/soak.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { firstLine, spread, startWorker, timeToRun } from '../support/worker-process.ts'
import { gauges, READING_DAYS } from '../support/workers/gauges.mjs'

const DAY_MS = 24 * 3_600_000
const START_MS = 1_767_225_600_000
const LATER_MS = START_MS + (READING_DAYS + 1) * DAY_MS
const READINGS = 12_000
const MAX_ROUNDS = 60

function makeStore(path: string): { rows: object[][]; sequences: number[] } {
  let nowMs = START_MS
  const clock = () => nowMs
  const store = openStore(path, { gauges: gauges() }, { clock, autoPrune: false })
  // Holds everything back, so that superseded states are left lying.
  store.log.consumer('asleep')
  store.write(() => {
    for (let n = 0; n < READINGS; n++) {
      const id = `g${n % 40}`
      store.gauges.read(id, n)
      if (n % 4 === 0) store.gauges.place(id, `place ${n}`)
      if (n % 100 === 0) store.gauges.note(id, 'x'.repeat(20_000) + n)
    }
  })
  nowMs = LATER_MS
  store.gauges.place('g0', 'elsewhere')
  const rows = store.gauges.rows()
  const sequences = [...store.log.pages()].flat().map(({ sequence }) => sequence)
  // No longer asked for.
  store.log.removeConsumer('asleep')
  store.close()
  return { rows, sequences }
}

function expectSound(path: string, rows: object[][]): number[] {
  const store = openStore(path, { gauges: gauges() }, { clock: () => LATER_MS, autoPrune: false })
  expect(store.verify().problems).toEqual([])
  expect(store.gauges.rows()).toEqual(rows)
  const sequences = [...store.log.pages()].flat().map(({ sequence }) => sequence)
  store.close()
  return sequences
}

function archived(folder: string): Set<number> {
  if (!existsSync(folder)) return new Set()
  const segments = readdirSync(folder).filter((name) => name.endsWith('.gz'))
  return new Set(
    segments.flatMap((name) =>
      readSegment(join(folder, name)).events.map(({ sequence }) => sequence),
    ),
  )
}

test('a prune that is killed leaves a store that is proven and goes on', async () => {
  const folder = tempFolder()
  const template = join(folder, 'template.db')
  const { rows, sequences } = makeStore(template)
  const whole = join(folder, 'whole.db')
  copyFileSync(template, whole)
  const takesMs = await timeToRun('prune', {
    ...{ path: whole, nowMs: LATER_MS, archive: join(folder, 'whole') },
  })
  const left = expectSound(whole, rows)
  expect(left.length).toBeLessThan(200)
  const count = rounds(8, 100)
  const partly = new Set<number>()
  // Until some have met it in the middle: on a busy machine a wait says little of where it is.
  for (let round = 0; round < count || (partly.size <= 2 && round < MAX_ROUNDS); round++) {
    const path = join(folder, `round-${round}.db`)
    const archive = join(folder, `round-${round}`)
    copyFileSync(template, path)
    const worker = await startWorker('prune', { path, nowMs: LATER_MS, archive })
    worker.tell('go')
    await firstLine(worker)
    await sleep(takesMs * spread(round))
    await worker.kill()
    const remaining = expectSound(path, rows)
    partly.add(remaining.length)
    const there = new Set(remaining)
    const kept = archived(archive)
    expect(sequences.filter((sequence) => !there.has(sequence) && !kept.has(sequence))).toEqual([])
    // Others go on at once, and the next prune ends what was begun.
    const store = openStore(path, { gauges: gauges() }, { clock: () => LATER_MS, autoPrune: false })
    store.gauges.place('g1', 'moved')
    store.gauges.read('g1', 1)
    const after = store.gauges.rows()
    store.prune()
    expect(store.status().events).toBeLessThan(200)
    store.close()
    expectSound(path, after)
  }
  expect(partly.size).toBeGreaterThan(2)
})
