/**
 * The ways to write with a mirror.
 *
 * Invariants: whether commits are grouped, exclusive, by clocks that differ by a year, or one by a process
 * that is there for nothing else, the file is the log when the last process has ended, closed or not; that
 * of a store that was restored is begun anew.
 */
import { readFileSync, rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openStore, restoreBackup } from '../../dist/index.js'
import { mirrored } from '../support/mirror-lines.ts'
import { openSession } from '../support/session.ts'
import { logOf, place, tasksOf } from '../support/tally-mirror.ts'
import { race, runWorker } from '../support/worker-process.ts'
import { tally } from '../support/workers/tally.mjs'

const WRITERS = 6
const YEAR_MS = 365 * 86_400_000

const tasks = <More extends object>(where: ReturnType<typeof place>, more: More) =>
  tasksOf(WRITERS, where, more)

test('the mirror of writers that share commits is the log', async () => {
  const where = place()
  await race('mirror', tasks(where, { count: 600, perCommit: 60, isAsync: true }))
  expect(mirrored(where.mirror)).toHaveLength(WRITERS * 600)
  expect(mirrored(where.mirror)).toEqual(logOf(where.path))
})

test('processes that write one event each and end leave nothing out, and nothing to the next', async () => {
  const where = place()
  for (let round = 1; round <= 4; round++) {
    // Half of them do not close: what they have committed is waited for all the same.
    const ways = tasks(where, { count: 1 }).map((task, n) => ({ ...task, isLeftOpen: n % 2 === 1 }))
    await race('mirror', ways)
    expect(mirrored(where.mirror)).toHaveLength(round * WRITERS)
    expect(mirrored(where.mirror)).toEqual(logOf(where.path))
  }
})

test('the mirror of whoever has the store alone is the log, and others write it before and after', async () => {
  const where = place()
  const before = await openSession(where.path, { options: { mirror: where.mirror } })
  await before.call('add', 'before')
  await runWorker('mirror', {
    ...where,
    name: 'alone',
    count: 50,
    options: { mode: 'exclusive' },
  })
  expect(mirrored(where.mirror)).toHaveLength(51)
  await before.call('add', 'after')
  await before.end()
  expect(mirrored(where.mirror)).toEqual(logOf(where.path))
})

test('clocks that differ by a year change neither the order nor what is there', async () => {
  const where = place()
  const options = { mirror: where.mirror }
  const early = await openSession(where.path, { options, clockOffsetMs: -YEAR_MS })
  const late = await openSession(where.path, { options, clockOffsetMs: YEAR_MS })
  for (let n = 0; n < 20; n++) {
    await early.call('add', 'early')
    await late.call('add', 'late')
  }
  await late.end()
  await early.end()
  expect(mirrored(where.mirror)).toHaveLength(40)
  expect(mirrored(where.mirror)).toEqual(logOf(where.path))
})

test('the mirror of a store that was restored is begun anew, and the old one is kept', async () => {
  const where = place()
  await runWorker('mirror', { ...where, name: 'old', count: 20, perCommit: 5 })
  const old = readFileSync(where.mirror, 'utf8')
  let copy = ''
  {
    using store = openStore(where.path, { tally: tally() })
    copy = (await store.backup()).path
  }
  for (const ending of ['', '-wal', '-shm']) rmSync(where.path + ending, { force: true })
  restoreBackup(copy, where.path)
  await runWorker('mirror', { ...where, name: 'new', count: 3 })
  expect(readFileSync(`${where.mirror}.replaced-1`, 'utf8')).toBe(old)
  expect(mirrored(where.mirror)).toEqual(logOf(where.path))
  expect(mirrored(where.mirror)).toHaveLength(23)
})
