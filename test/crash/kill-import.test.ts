/**
 * Imports that are killed.
 *
 * Invariants: whatever the moment, what is in the log is what the ledger says; the next import
 * stores the rest and nothing twice; lines that stand twice in a log are two events; the tables
 * equal their history.
 */
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { LEGACY_EVENTS, legacyFolder } from '../support/legacy-folder.ts'
import { rounds } from '../support/soak.ts'
import { tempFolder, tempStorePath } from '../support/temp-folder.ts'
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
  for (let killAfterSlices = 1; killAfterSlices <= 10; killAfterSlices += rounds(3, 1)) {
    const path = tempStorePath()
    const [worker] = await startAll('import', [{ path, folder, killAfterSlices }])
    worker?.tell('go')
    await worker?.exited
    expectTheRest(path, folder)
  }
})

test('an import killed within a transaction leaves the one before it', async () => {
  const folder = legacyFolder()
  for (const killAtRecord of [2_000, 5_000, 0, 1_999, 8_999].slice(0, rounds(2, 5))) {
    const path = tempStorePath()
    const [worker] = await startAll('import', [{ path, folder, killAtRecord }])
    worker?.tell('go')
    await worker?.exited
    expectTheRest(path, folder)
  }
})

test('imports that race and are killed at any time end in: imported once', async () => {
  const folder = legacyFolder()
  for (let round = 0; round < rounds(2, 60); round++) {
    const path = tempStorePath()
    const task = { path, folder, isBootstrap: round % 2 === 1 }
    const workers = await startAll('import', [task, task, task])
    for (const worker of workers) worker.tell('go')
    await sleep(80 + 60 * round)
    await Promise.all(workers.map((worker) => worker.kill()))
    expectTheRest(path, folder)
  }
})

const count = 6_000
const lines = Array.from({ length: count }, (_, at) => `{"page":${at >> 1}}\n`).join('')

test('an import of a rotated log that is killed after any of its transactions is gone on with', async () => {
  for (let killAfterSlices = 1; killAfterSlices <= 5; killAfterSlices += rounds(2, 1)) {
    const [path, folder] = [tempStorePath(), tempFolder()]
    const log = join(folder, 'pages.jsonl')
    writeFileSync(log, lines)
    {
      using store = openStore(path, { shop: shop() })
      store.import([folder])
    }
    renameSync(log, join(folder, 'pages.1.jsonl'))
    writeFileSync(log, lines)
    const [worker] = await startAll('import', [{ path, folder, killAfterSlices }])
    worker?.tell('go')
    await worker?.exited
    expectLedgerIsTrue(path)
    using store = openStore(path, { shop: shop() })
    store.import([folder])
    expect(store.import([folder])).toMatchObject({ stored: 0, read: 0 })
    expect(store.log.readStream('import.pages/log', { limit: 3 * count })).toHaveLength(2 * count)
  }
})

test('an import of a log that was cut at its beginning is gone on with at the same edge', async () => {
  const numbered = (from: number) =>
    Array.from({ length: count }, (_, at) => `{"number":${from + at}}\n`).join('')
  for (let killAfterSlices = 1; killAfterSlices <= 4; killAfterSlices += rounds(2, 1)) {
    const [path, folder] = [tempStorePath(), tempFolder()]
    const log = join(folder, 'pages.jsonl')
    writeFileSync(log, numbered(0))
    {
      using store = openStore(path, { shop: shop() })
      store.import([folder])
    }
    writeFileSync(log, numbered(1_000))
    const [worker] = await startAll('import', [{ path, folder, killAfterSlices }])
    worker?.tell('go')
    await worker?.exited
    using store = openStore(path, { shop: shop() })
    store.import([folder])
    expect(store.import([folder])).toMatchObject({ stored: 0, read: 0 })
    expect(store.log.head()).toBe(count + 1_000)
  }
})
