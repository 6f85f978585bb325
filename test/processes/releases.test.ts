/**
 * Several releases of one module on one store.
 *
 * Invariants: additions let both releases write and both prove the tables; a raised version stops
 * the older writers and none of the readers, without losing what they appended until then; a
 * fold that changed under the same version does not go unnoticed; a raised version makes the
 * tables anew from the whole history.
 */
import { expect, test } from 'vitest'
import { openStore, type VerifyReport } from '../../dist/index.js'
import { openSession } from '../support/session.ts'
import { tempStorePath } from '../support/temp-folder.ts'
import { startAll, type WorkerFailure } from '../support/worker-process.ts'
import { tally } from '../support/workers/tally.mjs'

test('two releases that differ by additions share a store, and both can prove its tables', async () => {
  const path = tempStorePath()
  const older = await openSession(path, { release: 'first' })
  await older.call('add', 'a', 1)
  const newer = await openSession(path, { release: 'additive' })
  await newer.call('add', 'a', 10)
  await newer.call('note', 'a', 'from the newer')
  await older.call('add', 'a', 100)
  await newer.call('note', 'a', 'again')
  await older.call('add', 'b', 1000)
  const reopened = await openSession(path, { release: 'first' })
  await reopened.call('add', 'b', 1)
  for (const session of [older, newer, reopened]) {
    expect(await session.call<VerifyReport>('verify')).toMatchObject({
      problems: [],
      modulesNotChecked: [],
    })
  }
  expect(await newer.call('rows')).toEqual([
    { name: 'a', entries: 3, total: 111, note: 'again' },
    { name: 'b', entries: 2, total: 1001, note: null },
  ])
})

test('a raised version refuses the older writer and leaves it its reads', async () => {
  const path = tempStorePath()
  const older = await openSession(path, { release: 'first' })
  await older.call('add', 'a', 1)
  const newer = await openSession(path, { release: 'breaking' })
  await newer.call('add', 'a', 2)
  const late = await openSession(path, { release: 'first' })
  for (const session of [older, late]) {
    const failure = await session.failing('add', 'a', 4)
    expect(failure).toMatchObject({ code: 'STORE_NEWER', hint: expect.stringContaining('update') })
    expect(await session.call('events')).toHaveLength(2)
    expect(await session.call('rows')).toHaveLength(1)
  }
  expect(await newer.call('rows')).toEqual([{ name: 'a', entries: 2, amount: 3 }])
  expect(await newer.call('verify')).toMatchObject({ problems: [], modulesNotChecked: [] })
})

test('older writers that are overtaken in the middle of their work lose nothing they appended', async () => {
  const path = tempStorePath()
  const tasks = Array.from({ length: 4 }, (_, n) => {
    return { path, name: `w${n}`, count: 1_000_000, isAcknowledging: true }
  })
  const writers = await startAll('append', tasks)
  for (const writer of writers) writer.tell('go')
  const areAtWork = () => writers.every(({ lines }) => lines.length > 50)
  await expect.poll(areAtWork).toBe(true)
  const newer = await openSession(path, { release: 'raised' })
  for (const writer of writers) {
    const failure = await writer.result.catch((error: WorkerFailure) => error)
    expect(failure).toMatchObject({ code: 'STORE_NEWER' })
    await writer.exited
  }
  await newer.call('add', 'last')
  await newer.end()
  using store = openStore(path, { tally: tally('raised') })
  expect(store.tally.rows()).toEqual([
    { name: 'last', entries: 1, total: 2 },
    ...writers.map(({ lines }, n) => {
      return { name: `w${n}`, entries: lines.length, total: 2 * lines.length }
    }),
  ])
  expect(store.verify().problems).toEqual([])
})

test('a fold that changed without a raised version is found by both programs', async () => {
  const path = tempStorePath()
  const honest = await openSession(path, { release: 'first' })
  await honest.call('add', 'a', 5)
  expect(await honest.call('verify')).toMatchObject({ ok: true })
  const drifted = await openSession(path, { release: 'drifted' })
  await drifted.call('add', 'a', 5)
  for (const session of [honest, drifted]) {
    const { ok, problems } = await session.call<VerifyReport>('verify')
    expect(ok).toBe(false)
    expect(problems.map(({ table }) => table)).toContain('tally_totals')
  }
})

test('a raised version makes the tables anew from the whole history, and says so to nobody twice', async () => {
  const path = tempStorePath()
  const older = await openSession(path, { release: 'first' })
  for (const amount of [1, 2, 3]) await older.call('add', 'a', amount)
  const newer = await openSession(path, { release: 'raised' })
  expect(await newer.call('rows')).toEqual([{ name: 'a', entries: 3, total: 12 }])
  const again = await openSession(path, { release: 'raised' })
  expect(await again.call('rows')).toEqual([{ name: 'a', entries: 3, total: 12 }])
  expect(await again.call('verify')).toMatchObject({ ok: true, modulesNotChecked: [] })
})

test('a program without the module cannot append to it, and still reads and verifies the rest', async () => {
  const path = tempStorePath()
  const owner = await openSession(path, { release: 'first' })
  await owner.call('add', 'a')
  const stranger = await openSession(path, { release: 'none' })
  expect(await stranger.failing('add', 'a')).toMatchObject({
    code: 'MODULE_NOT_LOADED',
    hint: expect.stringContaining('tally'),
  })
  expect(await stranger.call('events')).toHaveLength(1)
  expect(await stranger.call('verify')).toMatchObject({
    ok: true,
    modulesNotChecked: [{ module: 'tally' }],
  })
  await owner.call('add', 'a')
  expect(await owner.call('rows')).toEqual([{ name: 'a', entries: 2, total: 2 }])
})
