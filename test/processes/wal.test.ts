/**
 * The size of the WAL.
 *
 * Invariants: whatever the way of writing, by one process or several, the WAL stays below 64 MB and
 * what one transaction adds; a reader that keeps it from being reset may make it grow, and once it has gone
 * the next commits bring it back.
 */
import { statSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { openSession } from '../support/session.ts'
import { rounds } from '../support/soak.ts'
import { tempStorePath } from '../support/temp-folder.ts'
import { race, startAll } from '../support/worker-process.ts'
import { tally } from '../support/workers/tally.mjs'

const MIB = 1024 * 1024
const BOUND = 64 * MIB + 4 * MIB
// Two pages each: without a checkpoint a WAL of 80 MB.
const COMMITS = rounds(10_000, 100_000)

test.each(['append', 'write', 'writeAsync', 'put'])(
  'many small commits by %s leave a WAL of at most 64 MB',
  async (way) => {
    const path = tempStorePath()
    openStore(path, { tally: tally() }).close()
    const task = { path, name: 'a', count: COMMITS, way }
    const largest = await watching(path, () => race('append', [task]))
    expect(largest).toBeGreaterThan(0)
    expect(largest).toBeLessThan(BOUND)
  },
)

test('a reader that stays long lets the WAL grow, and the commits after it bring it back', async () => {
  const path = tempStorePath()
  openStore(path, { tally: tally() }).close()
  const reader = await openSession(path)
  const writer = await openSession(path)
  let isRead = false
  const reading = reader.call('readFor', 120_000).catch(() => {
    isRead = true
  })
  await reader.noted('reading')
  for (let batch = 0; batch < 100 && walBytes(path) < 80 * MIB; batch++) {
    await writer.call('addMany', 'a', 100, 20_000)
  }
  expect(walBytes(path)).toBeGreaterThan(70 * MIB)
  expect(isRead).toBe(false)
  await reader.kill()
  await reading
  // A writer that was held up tries again a tenth of a second later.
  for (let more = 0; more < 50 && walBytes(path) >= BOUND; more++) {
    await writer.call('addMany', 'a', 2_000, 100)
  }
  expect(walBytes(path)).toBeLessThan(BOUND)
  expect(await writer.call('verify')).toMatchObject({ ok: true })
})

test('four processes that write at once keep the WAL within its bound', async () => {
  const path = tempStorePath()
  const tasks = Array.from({ length: 4 }, (_, n) => {
    return { path, name: `w${n}`, count: COMMITS / 4 }
  })
  const workers = await startAll('append', tasks)
  const largest = await watching(path, async () => {
    for (const worker of workers) worker.tell('go')
    return Promise.all(workers.map(({ result }) => result))
  })
  expect(largest).toBeGreaterThan(0)
  expect(largest).toBeLessThan(BOUND)
})

function walBytes(path: string): number {
  return statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0
}

async function watching(path: string, run: () => Promise<unknown>): Promise<number> {
  let largest = 0
  const timer = setInterval(() => {
    largest = Math.max(largest, walBytes(path))
  }, 10)
  await run().finally(() => clearInterval(timer))
  return largest
}
