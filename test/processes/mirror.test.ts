/**
 * Many processes with one mirror.
 *
 * Invariants: when all have closed, the file equals the log, line by line, in the order of sequences; so do
 * the file and those that it was renamed to meanwhile, together; whoever writes without the mirror is
 * written by the others; a process that keeps the mirror and is stopped keeps nobody else from committing;
 * nobody waits for the store's lock over a mirror.
 */
import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { mirrored } from '../support/mirror-lines.ts'
import { openSession } from '../support/session.ts'
import { logOf, place, tasksOf } from '../support/tally-mirror.ts'
import { race, startAll, startWorker } from '../support/worker-process.ts'
import { tally } from '../support/workers/tally.mjs'

const WRITERS = 8

const tasks = <More extends object>(where: ReturnType<typeof place>, more: More) =>
  tasksOf(WRITERS, where, more)

test('the mirror of eight writers is the log, line by line', async () => {
  const where = place()
  const mixed = tasks(where, { count: 400 }).map((task, index) => {
    return { ...task, perCommit: [1, 10, 100, 400][index % 4] }
  })
  await race('mirror', mixed)
  const lines = mirrored(where.mirror)
  expect(lines.length).toBe(WRITERS * 400)
  expect(lines).toEqual(logOf(where.path))
  using store = openStore(where.path, {}, { mode: 'read' })
  expect(store.status().mirrors).toMatchObject([{ path: where.mirror, sequence: WRITERS * 400 }])
})

test('a mirror that is rotated all the time loses nothing and says nothing twice', async () => {
  const where = place()
  const workers = await startAll('mirror', tasks(where, { count: 300, perCommit: 3, pauseMs: 1 }))
  for (const worker of workers) worker.tell('go')
  const done = Promise.all(workers.map((worker) => worker.result))
  let rotations = 0
  let isDone = false
  void done.then(() => {
    isDone = true
  })
  while (!isDone) {
    await sleep(15)
    try {
      renameSync(where.mirror, `${where.mirror}.${String(rotations + 1).padStart(4, '0')}`)
      rotations++
    } catch {
      // Nobody has begun it anew yet.
    }
  }
  await done
  expect(rotations).toBeGreaterThan(3)
  const folder = dirname(where.mirror)
  const rotated = readdirSync(folder).filter((name) => name.startsWith('events.jsonl'))
  const files = rotated.sort((a, b) =>
    b.length === a.length ? (a < b ? -1 : 1) : b.length - a.length,
  )
  expect(mirrored(...files.map((name) => join(folder, name)))).toEqual(logOf(where.path))
})

test('a stopped process that keeps the mirror keeps nobody from writing', async () => {
  const where = place()
  const stopped = await startWorker('mirror', { ...where, name: 'stopped', count: 100_000 })
  stopped.tell('go')
  await expect.poll(() => readdirSync(dirname(where.path))).toContain('events.jsonl')
  await sleep(100)
  stopped.signal('SIGSTOP')
  try {
    using store = openStore(
      where.path,
      { tally: tally() },
      { mirror: where.mirror, busyTimeoutMs: 500 },
    )
    for (let n = 0; n < 20; n++) store.tally.add('other')
  } catch (error) {
    // It was stopped in the middle of a commit, and keeps the store itself.
    expect(error).toMatchObject({ code: 'BUSY' })
  }
  await stopped.kill()
  {
    using store = openStore(where.path, { tally: tally() }, { mirror: where.mirror })
    store.mirror.catchUp()
  }
  expect(mirrored(where.mirror)).toEqual(logOf(where.path))
})

test('what is appended without the mirror is written by the one process that has it', async () => {
  const where = place()
  using keeper = openStore(where.path, { tally: tally() }, { mirror: where.mirror })
  const ended = new AbortController()
  const following = keeper.mirror.follow({ signal: ended.signal })
  await race('append', [{ path: where.path, name: 'a', count: 200 }])
  await expect.poll(() => mirrored(where.mirror).length).toBe(200)
  ended.abort()
  await following
  rmSync(where.mirror)
  keeper.mirror.catchUp()
  expect(mirrored(where.mirror)).toEqual([])
})

test('a mirror that has to be noted again waits for no lock of the store', async () => {
  const where = place()
  const options = { mirror: where.mirror, busyTimeoutMs: 600_000 }
  using store = openStore(where.path, { tally: tally() }, options)
  const problem = () => store.status().mirrors[0]?.problem
  store.tally.add('a')
  store.mirror.catchUp()
  const holder = await openSession(where.path)
  store.log.removeConsumer(store.status().mirrors[0]?.consumer ?? '')
  // Its checkpoint cannot be saved, so that it has to be noted with the next write.
  store.tally.add('b')
  const free = join(dirname(where.path), 'free')
  const held = holder.call('holdUntil', free)
  await holder.noted('holding')
  // The timer that retries would keep everything here waiting, if it waited.
  await sleep(300)
  writeFileSync(free, '')
  await held
  await expect.poll(problem).toBe(null)
  store.mirror.catchUp()
  expect(mirrored(where.mirror)).toEqual(logOf(where.path))
})
