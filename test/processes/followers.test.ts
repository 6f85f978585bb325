/**
 * Followers of other processes' commits.
 *
 * Invariants: every event comes, once and in order, whether the doorbell rings or not, and while
 * the follower's own process is inside a read; a replaced file ends the follower with LOG_REPLACED
 * instead of silence.
 */
import { renameSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { openSession } from '../support/session.ts'
import { rounds } from '../support/soak.ts'
import { tempStorePath } from '../support/temp-folder.ts'
import { race, startAll, startWorker } from '../support/worker-process.ts'
import { tally } from '../support/workers/tally.mjs'

const EACH = rounds(100, 300)
const COMMITS = rounds(150, 450)

interface Followed {
  readonly sequences: readonly number[]
}

test('three followers get each commit, one every five milliseconds, in order', async () => {
  const path = tempStorePath()
  openStore(path, { tally: tally() }).close()
  const followers = await startAll('follow', [
    { path, count: COMMITS },
    { path, count: COMMITS, options: { mode: 'read' } },
    { path, count: COMMITS, options: { mode: 'read' } },
  ])
  for (const follower of followers) follower.tell('go')
  await Promise.all(followers.map((follower) => follower.noted('following')))
  await race('append', [{ path, name: 'a', count: COMMITS, everyMs: 5 }])
  for (const follower of followers) {
    const { sequences } = (await follower.result) as Followed
    expect(sequences).toEqual(upTo(COMMITS))
  }
})

test('a follower misses nothing that six processes append as fast as they can', async () => {
  const path = tempStorePath()
  openStore(path, { tally: tally() }).close()
  const follower = await startWorker('follow', { path, count: 6 * EACH })
  follower.tell('go')
  const tasks = Array.from({ length: 6 }, (_, n) => ({ path, name: `w${n}`, count: EACH }))
  await race('append', tasks)
  const { sequences } = (await follower.result) as Followed
  expect(sequences).toEqual(upTo(6 * EACH))
})

test('with the doorbell taken away the followers still find every commit', async () => {
  const path = tempStorePath()
  const writer = await openSession(path)
  await writer.call('add', 'a')
  const follower = await startWorker('follow', { path, count: 21 })
  follower.tell('go')
  await follower.noted('following')
  rmSync(`${path}-bell`, { force: true })
  for (let commit = 0; commit < 20; commit++) {
    await writer.call('add', 'a')
    await sleep(commit % 10 === 0 ? 300 : 10)
  }
  const { sequences } = (await follower.result) as Followed
  expect(sequences).toEqual(upTo(21))
})

test('a follower sees new events while its own process is inside a read that does not', async () => {
  const path = tempStorePath()
  const [reader, writer] = [await openSession(path), await openSession(path)]
  await writer.call('add', 'a')
  const following = reader.call<{ before: number; after: number; seen: number }>(
    'followInsideRead',
    800,
  )
  await reader.noted('reading')
  await writer.call('add', 'a')
  expect(await following).toEqual({ before: 1, after: 1, seen: 2 })
})

test('a store renamed over the followed one ends the follower with LOG_REPLACED', async () => {
  const [path, other] = [tempStorePath(), tempStorePath()]
  {
    using store = openStore(other, { tally: tally() })
    for (let entry = 0; entry < 10; entry++) store.tally.add('other')
  }
  const reader = await openSession(path)
  await reader.call('add', 'a')
  const following = reader.call<{ seen: number[]; failure?: { code: string; hint: string } }>(
    'followUntilFailure',
  )
  await sleep(100)
  for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true })
  renameSync(other, path)
  const { seen, failure } = await following
  expect(seen).toEqual([1])
  expect(failure?.code).toBe('LOG_REPLACED')
  expect(failure?.hint).toContain('open the store again')
  const reopened = await openSession(path)
  expect(await reopened.call('head')).toBe(10)
})

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1)
}
