/**
 * A disk that fills up.
 *
 * Invariants: what does not fit fails with DISK_FULL and a hint, and leaves nothing behind; what
 * was acknowledged stays; reads go on; when there is space again, the same open store writes again.
 */
import { readdirSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { PruneReport, VerifyReport } from '../../dist/index.js'
import { openSession, refusedSession, type Session } from '../support/session.ts'
import { tinyDisk } from '../support/tiny-disk.ts'
import type { WorkerFailure } from '../support/worker-process.ts'

const KIB = 1024

test('a full disk refuses the write, keeps what was there, and takes writes again later', async (context) => {
  const folder = tinyDisk(context, '3m')
  const path = join(folder, 'state.db')
  const ballast = join(folder, 'ballast')
  writeFileSync(ballast, Buffer.alloc(1024 * KIB))
  const session = await openSession(path)
  const reader = await openSession(path, { options: { mode: 'read' } })
  const { appended, failure } = await fill(session)
  expect(appended).toBeGreaterThan(10)
  expect(failure).toMatchObject({ code: 'DISK_FULL', hint: expect.stringContaining('space') })
  for (const who of [session, reader]) {
    expect(await who.call('head')).toBe(appended)
    expect(await who.call('events')).toHaveLength(appended)
  }
  // Asked again it fails again, and in the same way.
  expect(await session.failing('addLarge', 'a', 200 * KIB)).toMatchObject({ code: 'DISK_FULL' })
  rmSync(ballast)
  await session.call('addLarge', 'a', 20 * KIB)
  expect(await session.call('head')).toBe(appended + 1)
  expect(await reader.call('rows')).toEqual([
    { name: 'a', entries: appended + 1, total: appended + 1 },
  ])
  // In a process with room for its scratch file elsewhere.
  expect((await session.call<VerifyReport>('verify')).problems).toEqual([])
})

test('a store that was killed on a full disk opens again with all that was acknowledged', async (context) => {
  const folder = tinyDisk(context, '3m')
  const path = join(folder, 'state.db')
  const ballast = join(folder, 'ballast')
  writeFileSync(ballast, Buffer.alloc(1024 * KIB))
  const session = await openSession(path)
  const { appended } = await fill(session)
  await session.kill()
  rmSync(ballast)
  const next = await openSession(path)
  expect(await next.call('head')).toBe(appended)
  await next.call('add', 'a')
  expect((await next.call<VerifyReport>('verify')).problems).toEqual([])
})

test('a store cannot be made on a full disk, and can when there is space', async (context) => {
  const folder = tinyDisk(context, '1m')
  const ballast = join(folder, 'ballast')
  try {
    writeFileSync(ballast, Buffer.alloc(1024 * KIB))
  } catch {
    // The last pages did not fit: the disk is full, which is what is wanted.
  }
  const path = join(folder, 'state.db')
  const failure = await refusedSession(path)
  expect(failure).toMatchObject({ code: 'DISK_FULL', hint: expect.stringContaining('space') })
  rmSync(ballast)
  const session = await openSession(path)
  await session.call('add', 'a')
  expect((await session.call<VerifyReport>('verify')).problems).toEqual([])
})

test('a migration that finds no room for its backup leaves the store to the older release', async (context) => {
  const folder = tinyDisk(context, '4m')
  const path = join(folder, 'state.db')
  const ballast = join(folder, 'ballast')
  const older = await openSession(path)
  for (let n = 0; n < 60; n++) await older.call('addLarge', 'a', 8 * KIB)
  // Idle, it moves the WAL into the file, which would take what is left of the disk.
  await expect.poll(() => statSync(path).size).toBeGreaterThan(400 * KIB)
  const free = statfsSync(folder)
  writeFileSync(ballast, Buffer.alloc(free.bavail * free.bsize - 200 * KIB))
  const failure = await refusedSession(path, { release: 'breaking' })
  expect(failure).toMatchObject({ code: 'DISK_FULL', hint: expect.stringContaining('space') })
  expect(readdirSync(folder).filter((name) => name.includes('before'))).toEqual([])
  await older.call('add', 'a')
  rmSync(ballast)
  const newer = await openSession(path, { release: 'breaking' })
  expect(await newer.call('rows')).toEqual([{ name: 'a', entries: 61, amount: 61 }])
})

test('a prune that finds no room to pack in loses nothing, and goes on when there is some', async (context) => {
  const folder = tinyDisk(context, '8m')
  const path = join(folder, 'state.db')
  const ballast = join(folder, 'ballast')
  const first = await openSession(path, { release: 'additive' })
  await first.call('noteMany', 'a', 3000, 'as it was before the disk was full, '.repeat(8))
  // The last to close it takes the WAL's file away, in which there would be room.
  await first.call('close')
  const session = await openSession(path, { release: 'additive' })
  const events = await session.call('events')
  const free = statfsSync(folder)
  writeFileSync(ballast, Buffer.alloc(free.bavail * free.bsize - 100 * KIB))
  const failure = await session.failing('prune', {})
  expect(failure).toMatchObject({ code: 'DISK_FULL', hint: expect.stringContaining('space') })
  expect(await session.call('events')).toEqual(events)
  expect((await session.call<VerifyReport>('verify')).problems).toEqual([])
  rmSync(ballast)
  const { packed } = await session.call<PruneReport>('prune', {})
  expect(packed.events).toBeGreaterThan(500)
  expect(await session.call('events')).toEqual(events)
  expect((await session.call<VerifyReport>('verify')).problems).toEqual([])
})

async function fill(session: Session): Promise<{ appended: number; failure: WorkerFailure }> {
  for (let appended = 0; appended < 1_000; appended++) {
    try {
      await session.call('addLarge', 'a', 8 * KIB)
    } catch (failure) {
      return { appended, failure: failure as WorkerFailure }
    }
  }
  throw new Error('the disk does not fill')
}
