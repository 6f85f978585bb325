/**
 * A rebuild that is killed, at each of its steps.
 *
 * Invariants: the tables are as they were before it or as it would have left them, never a mix; the log
 * is whole; the next writer goes on at once; the next rebuild gives what the log says.
 */
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { tamper } from '../model/raw-sqlite.ts'
import { rounds } from '../support/soak.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { firstLine, startWorker, timeToRun } from '../support/worker-process.ts'
import { gauges } from '../support/workers/gauges.mjs'

const READINGS = 12_000
const open = (path: string) => openStore(path, { gauges: gauges() }, { autoPrune: false })

/** A store whose tables somebody has changed, and the rows that its log says. */
function makeStore(path: string): { right: object[][]; wrong: object[][] } {
  const rows = () => {
    using store = open(path)
    return store.gauges.rows()
  }
  {
    using store = open(path)
    store.write(() => {
      for (let n = 0; n < READINGS; n++) {
        const id = `g${n % 400}`
        store.gauges.read(id, n)
        if (n % 30 === 0) store.gauges.note(id, 'x'.repeat(5_000) + n)
      }
    })
  }
  const right = rows()
  tamper(path, (db) => db.exec('UPDATE gauges_sum SET total = 0; DELETE FROM gauges_note'))
  return { right, wrong: rows() }
}

test('a rebuild that is killed leaves the tables of before or of after it', async () => {
  const folder = tempFolder()
  const template = join(folder, 'template.db')
  const { right, wrong } = makeStore(template)
  const whole = join(folder, 'whole.db')
  copyFileSync(template, whole)
  const takesMs = await timeToRun('rebuild', { path: whole })
  const count = rounds(7, 100)
  let isBefore = 0
  for (let round = 0; round < count; round++) {
    const path = join(folder, `round-${round}.db`)
    copyFileSync(template, path)
    const worker = await startWorker('rebuild', { path, isKilledInside: round === 0 })
    worker.tell('go')
    await firstLine(worker)
    await Promise.race([sleep((takesMs * round) / count), worker.exited])
    if (round === 0) await worker.exited
    await worker.kill()
    using store = open(path)
    const rows = store.gauges.rows()
    if (JSON.stringify(rows) === JSON.stringify(wrong)) isBefore++
    else expect(rows).toEqual(right)
    expect(store.log.head()).toBe(READINGS + READINGS / 30)
    store.gauges.read('g0', 1)
    store.rebuild('gauges')
    expect(store.gauges.rows()[2]).toEqual(right[2])
    expect(store.verify().problems).toEqual([])
  }
  // Some of the kills met it in the middle.
  expect(isBefore).toBeGreaterThan(0)
})
