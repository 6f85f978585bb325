/**
 * Imports that are killed.
 *
 * Invariants: whatever the moment, what is in the log is what the ledger says; the next import
 * stores the rest and nothing twice; lines that stand twice in a log are two events; the tables
 * equal their history.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { LEGACY_EVENTS, legacyFolder } from '../support/legacy-folder.ts'
import { rounds } from '../support/soak.ts'
import { tempStorePath } from '../support/temp-folder.ts'
import { startAll } from '../support/worker-process.ts'
import { shop } from '../support/workers/shop.mjs'

const LEDGER = 'SELECT ifnull(sum(stored_count), 0) AS stored FROM imports'

function expectLedgerIsTrue(path: string): number {
  using store = openStore(path, { shop: shop() })
  const head = store.log.head()
  expect(store.sql.get(LEDGER)).toEqual({ stored: head })
  expect(store.verify().problems).toEqual([])
  return head
}

function expectTheRest(path: string, folder: string): void {
  const before = expectLedgerIsTrue(path)
  {
    using store = openStore(path, { shop: shop() })
    expect(store.import([folder]).stored).toBe(LEGACY_EVENTS - before)
    expect(store.import([folder])).toMatchObject({ stored: 0, read: 0 })
  }
  expect(expectLedgerIsTrue(path)).toBe(LEGACY_EVENTS)
}

test('an import killed after any of its transactions is gone on with', async () => {
  const folder = legacyFolder()
  for (let killAfterSlices = 1; killAfterSlices <= 10; killAfterSlices++) {
    const path = tempStorePath()
    const [worker] = await startAll('import', [{ path, folder, killAfterSlices }])
    worker?.tell('go')
    await worker?.exited
    expectTheRest(path, folder)
  }
})

test('an import killed within a transaction leaves the one before it', async () => {
  const folder = legacyFolder()
  for (const killAtRecord of [0, 1_999, 2_000, 5_000, 8_999]) {
    const path = tempStorePath()
    const [worker] = await startAll('import', [{ path, folder, killAtRecord }])
    worker?.tell('go')
    await worker?.exited
    expectTheRest(path, folder)
  }
})

test('imports that race and are killed at any time end in: imported once', async () => {
  const folder = legacyFolder()
  for (let round = 0; round < rounds(4, 60); round++) {
    const path = tempStorePath()
    const task = { path, folder, isBootstrap: round % 2 === 1 }
    const workers = await startAll('import', [task, task, task])
    for (const worker of workers) worker.tell('go')
    await sleep(50 + 60 * round)
    await Promise.all(workers.map((worker) => worker.kill()))
    expectTheRest(path, folder)
  }
})
