/**
 * Exclusive mode.
 *
 * Invariants: while one process holds the store, no other changes anything in it, whether it had
 * the store open before or comes later; readers go on; a holder that has died is replaced.
 */
import { expect, test } from 'vitest'
import { openSession, refusedSession } from '../support/session.ts'
import { tempStorePath } from '../support/temp-folder.ts'

const EXCLUSIVE = { options: { mode: 'exclusive' } }

test('a writer that was there before meets STORE_HELD at its next write, and reads go on', async () => {
  const path = tempStorePath()
  const before = await openSession(path)
  await before.call('add', 'a')
  const holder = await openSession(path, EXCLUSIVE)
  const failures = [
    await before.failing('add', 'a'),
    await before.failing('addAsync', 'a'),
    await before.failing('acquire', { name: 'l', ttlMs: 1000 }),
  ]
  for (const failure of failures) expect(failure.code).toBe('STORE_HELD')
  await holder.call('add', 'b')
  expect(await before.call('rows')).toHaveLength(2)
  await holder.end()
  await before.call('add', 'c')
  expect(await before.call('rows')).toHaveLength(3)
})

test('a writer that comes later meets STORE_HELD, and so does a second exclusive one', async () => {
  const path = tempStorePath()
  const holder = await openSession(path, EXCLUSIVE)
  const later = await openSession(path)
  expect(await later.failing('add', 'a')).toMatchObject({ code: 'STORE_HELD' })
  const second = await refusedSession(path, EXCLUSIVE)
  expect(second).toMatchObject({ code: 'STORE_HELD' })
  await holder.call('add', 'a')
  expect(await later.call('rows')).toHaveLength(1)
})

test('a holder that was killed is replaced', async () => {
  const path = tempStorePath()
  const holder = await openSession(path, EXCLUSIVE)
  await holder.call('add', 'a')
  await holder.kill()
  const next = await openSession(path, EXCLUSIVE)
  await next.call('add', 'a')
  await next.end()
  const writer = await openSession(path)
  await writer.call('add', 'a')
  expect(await writer.call('rows')).toEqual([{ name: 'a', entries: 3, total: 3 }])
})
test('the tables of a held store are not migrated by others', async () => {
  const path = tempStorePath()
  const holder = await openSession(path, EXCLUSIVE)
  await holder.call('add', 'a')
  const other = await refusedSession(path, { release: 'breaking' })
  expect(other).toMatchObject({ code: 'STORE_HELD' })
  await holder.call('add', 'a')
})

test('a plain writer goes on after an exclusive holder was killed', async () => {
  const path = tempStorePath()
  const writer = await openSession(path)
  const holder = await openSession(path, EXCLUSIVE)
  expect(await writer.failing('add', 'a')).toMatchObject({ code: 'STORE_HELD' })
  await holder.kill()
  await writer.call('add', 'a')
})
