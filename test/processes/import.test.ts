/**
 * Imports that race.
 *
 * Invariants: processes that import the same sources at the same time store each record once, and
 * together all of them; copies imported by different processes merge as they would in one.
 */
import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { LEGACY_EVENTS, legacyFolder } from '../support/legacy-folder.ts'
import { tempFolder, tempStorePath } from '../support/temp-folder.ts'
import { startAll } from '../support/worker-process.ts'
import { shop } from '../support/workers/shop.mjs'

interface Outcome {
  readonly stored: number
}

test.each([false, true])(
  'eight racing imports store everything once (at opening: %s)',
  async (isBootstrap) => {
    const [path, folder] = [tempStorePath(), legacyFolder()]
    const workers = await startAll('import', Array(8).fill({ path, folder, isBootstrap }))
    for (const worker of workers) worker.tell('go')
    const results = (await Promise.all(workers.map((worker) => worker.result))) as Outcome[]
    using store = openStore(path, { shop: shop() })
    expect(store.log.head()).toBe(LEGACY_EVENTS)
    const stored = 'SELECT sum(stored_count) AS stored FROM imports'
    expect(store.sql.get(stored)).toEqual({ stored: LEGACY_EVENTS })
    if (!isBootstrap) {
      expect(results.reduce((sum, one) => sum + one.stored, 0)).toBe(LEGACY_EVENTS)
    }
    expect(store.verify().problems).toEqual([])
  },
)

test('diverged copies that are imported at the same time merge as in one process', async () => {
  const path = tempStorePath()
  const base = join(legacyFolder(), 'visits.jsonl')
  const folders = ['b', 'c', 'd'].map((letter) => {
    const copy = join(legacyFolder(), 'visits.jsonl')
    copyFileSync(base, copy)
    writeFileSync(copy, `{"ts":1,"from":"${letter}"}\n{"ts":2}\n`, { flag: 'a' })
    return copy
  })
  const workers = await startAll(
    'import',
    folders.map((folder) => ({ path, folder })),
  )
  for (const worker of workers) worker.tell('go')
  await Promise.all(workers.map((worker) => worker.result))
  using store = openStore(path, { shop: shop() })
  const lines = readFileSync(base, 'utf8').trim().split('\n').length
  expect(store.log.head()).toBe(lines + 3 + 1)
})

test('copies under different names that are imported at the same time are one log', async () => {
  const folder = tempFolder()
  const lines = Array.from({ length: 3000 }, (_, at) => `{"ts":${1_767_225_600 + at}}\n`).join('')
  for (let round = 0; round < 3; round++) {
    const path = tempStorePath()
    const files = ['a', 'b', 'c', 'd'].map((letter) => join(folder, `${letter}${round}.jsonl`))
    for (const file of files) writeFileSync(file, `${lines}{"ts":1,"from":"${file}"}\n`)
    const jobs = files.map((file) => ({ path, folder: file }))
    const workers = await startAll('import', jobs)
    for (const worker of workers) worker.tell('go')
    await Promise.all(workers.map((worker) => worker.result))
    using store = openStore(path, { shop: shop() })
    const targets = store.sql.all<{ target: string }>('SELECT DISTINCT target FROM imports')
    expect(targets).toHaveLength(1)
    expect(store.log.head()).toBe(3000 + files.length)
    expect(store.import(files)).toMatchObject({ read: 0, stored: 0 })
  }
})

test('two logs of one name that are imported at the same time stay two', async () => {
  const path = tempStorePath()
  const files = ['one', 'two'].map((letter, at) => {
    const file = join(tempFolder(), 'visits.jsonl')
    writeFileSync(file, `{"ts":${at + 1},"from":"${letter}"}\n`.repeat(3000))
    return file
  })
  const workers = await startAll(
    'import',
    files.map((folder) => ({ path, folder })),
  )
  for (const worker of workers) worker.tell('go')
  await Promise.all(workers.map((worker) => worker.result))
  using store = openStore(path, { shop: shop() })
  const targets = store.sql.all('SELECT DISTINCT target FROM imports ORDER BY target')
  expect(targets).toEqual([{ target: 'events:visits' }, { target: 'events:visits_2' }])
  expect(store.log.head()).toBe(6000)
})

test('a rotated log that several processes import at the same time is stored once', async () => {
  const [path, folder] = [tempStorePath(), tempFolder()]
  const file = (name: string) => join(folder, name)
  const lines = Array.from({ length: 3000 }, (_, at) => `{"page":${at >> 1}}\n`).join('')
  writeFileSync(file('pages.jsonl'), lines)
  {
    using store = openStore(path, { shop: shop() })
    store.import([folder])
  }
  for (let round = 2; round <= 4; round++) {
    if (round > 2) renameSync(file('pages.1.jsonl'), file(`pages.${round}.jsonl`))
    renameSync(file('pages.jsonl'), file('pages.1.jsonl'))
    writeFileSync(file('pages.jsonl'), lines)
    const workers = await startAll('import', Array(4).fill({ path, folder }))
    for (const worker of workers) worker.tell('go')
    await Promise.all(workers.map((worker) => worker.result))
    using store = openStore(path, { shop: shop() })
    expect(store.log.head()).toBe(3000 * round)
    expect(store.sql.all('SELECT DISTINCT target FROM imports')).toHaveLength(1)
    expect(store.import([folder])).toMatchObject({ read: 0, stored: 0 })
  }
})
