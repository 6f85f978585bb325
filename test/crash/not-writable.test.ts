/**
 * Places where this user may not write.
 *
 * Invariants: opening for writing fails at once with a typed error that says what to do; the
 * store's bytes do not change; reading works wherever SQLite can read, and where it cannot the
 * error says so.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type TestContext, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { openSession, refusedSession } from '../support/session.ts'
import { tempFolder, tempStorePath } from '../support/temp-folder.ts'
import { makeReadOnly, tinyDisk } from '../support/tiny-disk.ts'
import { tally } from '../support/workers/tally.mjs'

const NOBODY = 65534
const READING = { options: { mode: 'read' } }

test('a folder without permission to write refuses a new store', async (context) => {
  const as = asNobody(context)
  const folder = openFolder()
  chmodSync(folder, 0o755)
  const path = join(folder, 'state.db')
  const failure = await refusedSession(path, {}, as)
  expect(failure).toMatchObject({ code: 'PATH_REFUSED', hint: expect.stringContaining('folder') })
  expect(failure.message).toContain('permission')
  expect(existsSync(path)).toBe(false)
})

test('a store of another user is refused with PATH_REFUSED, for writing and for reading', async (context) => {
  const as = asNobody(context)
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
  const as = asNobody(context)
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

function openFolder(): string {
  const folder = join(tempFolder(), 'open')
  chmodSync(join(folder, '..'), 0o755)
  mkdirSync(folder)
  chmodSync(folder, 0o755)
  return folder
}

function smallStore(folder: string): string {
  const path = join(folder, 'state.db')
  using store = openStore(path, { tally: tally() })
  store.tally.add('a')
  return path
}

// Root may write anywhere, so the worker runs as somebody else.
function asNobody(context: TestContext): { prefix: string[] } {
  const prefix = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups']
  const probe = spawnSync(prefix[0] ?? '', [...prefix.slice(1), process.execPath, '--version'])
  context.skip(probe.status !== 0, 'no process can be started here as another user')
  return { prefix }
}
