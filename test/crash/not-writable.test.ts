/**
 * Places where this user may not write.
 *
 * Invariants: opening for writing fails at once with a typed error that says what to do; the
 * store's bytes do not change; reading works wherever SQLite can read, and where it cannot the
 * error says so.
 */
import { chmodSync, copyFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { asUser, openFolder } from '../support/as-user.ts'
import { openSession, refusedSession } from '../support/session.ts'
import { tempStorePath } from '../support/temp-folder.ts'
import { makeReadOnly, tinyDisk } from '../support/tiny-disk.ts'
import { tally } from '../support/workers/tally.mjs'

const READING = { options: { mode: 'read' } }

test('a folder without permission to write refuses a new store', async (context) => {
  const as = asUser(context)
  const folder = openFolder()
  chmodSync(folder, 0o755)
  const path = join(folder, 'state.db')
  const failure = await refusedSession(path, {}, as)
  expect(failure).toMatchObject({ code: 'PATH_REFUSED', hint: expect.stringContaining('folder') })
  expect(failure.message).toContain('permission')
  expect(existsSync(path)).toBe(false)
})

test('a store of another user is refused with PATH_REFUSED, for writing and for reading', async (context) => {
  const as = asUser(context)
  const path = smallStore(openFolder())
  const before = readFileSync(path)
  for (const task of [{}, READING]) {
    const failure = await refusedSession(path, task, as)
    expect(failure).toMatchObject({ code: 'PATH_REFUSED', hint: expect.any(String) })
    expect(failure.message).toContain('permission')
  }
  expect(readFileSync(path)).toEqual(before)
})

test('a store that may be read and not written is read while its owner has it open', async (context) => {
  const as = asUser(context)
  const path = smallStore(openFolder())
  const owner = await openSession(path)
  await owner.call('add', 'a')
  for (const suffix of ['', '-wal', '-shm']) chmodSync(path + suffix, 0o644)
  expect(await refusedSession(path, {}, as)).toMatchObject({
    code: 'PATH_REFUSED',
    hint: expect.any(String),
  })
  const reader = await openSession(path, READING, as)
  expect(await reader.call('rows')).toEqual([{ name: 'a', entries: 2, total: 2 }])
  await owner.call('add', 'a')
  expect(await reader.call('rows')).toEqual([{ name: 'a', entries: 3, total: 3 }])
})

test('a read-only mount refuses writing with READ_ONLY and changes nothing', async (context) => {
  const folder = tinyDisk(context, '4m')
  const path = smallStore(folder)
  makeReadOnly(folder)
  const before = readFileSync(path)
  const failure = await refusedSession(path)
  expect(failure).toMatchObject({ code: 'READ_ONLY', hint: expect.stringContaining('read') })
  expect(await refusedSession(join(folder, 'new.db'))).toMatchObject({ code: 'READ_ONLY' })
  expect(readFileSync(path)).toEqual(before)
  expect(existsSync(join(folder, 'new.db'))).toBe(false)
})

test('a store on a read-only mount says how it can be read, and can be read so', async (context) => {
  const folder = tinyDisk(context, '4m')
  const path = smallStore(folder)
  makeReadOnly(folder)
  expect(await refusedSession(path, READING)).toMatchObject({
    code: 'PATH_REFUSED',
    hint: expect.stringContaining('copy the store'),
  })
  const copy = tempStorePath()
  copyFileSync(path, copy)
  const reader = await openSession(copy, READING)
  expect(await reader.call('rows')).toEqual([{ name: 'a', entries: 1, total: 1 }])
})

test('a store in a folder that may not be written to says how it can be read', async (context) => {
  const as = asUser(context)
  const folder = openFolder()
  const path = smallStore(folder)
  chmodSync(path, 0o644)
  expect(await refusedSession(path, READING, as)).toMatchObject({
    code: 'PATH_REFUSED',
    hint: expect.stringContaining('copy the store'),
  })
})

function smallStore(folder: string): string {
  const path = join(folder, 'state.db')
  using store = openStore(path, { tally: tally() })
  store.tally.add('a')
  return path
}
