/**
 * Writers that are killed while they mirror, and disks that fill up, fail or cannot be written.
 *
 * Invariants: whatever a kill left (a commit without its lines, half a write, a file without its first line,
 * a checkpoint behind the file), the next process makes the file equal to the log, and nothing is in it
 * twice; a full disk under the mirror, one that fails and one that is read-only fail no commit, and when that
 * has passed nothing is missing.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { asLines, mirrored } from '../support/mirror-lines.ts'
import { openSession } from '../support/session.ts'
import { tempFolder, tempStorePath } from '../support/temp-folder.ts'
import { makeReadOnly, makeRoom, makeWritable, tinyDisk } from '../support/tiny-disk.ts'
import { startAll } from '../support/worker-process.ts'
import { tally } from '../support/workers/tally.mjs'

const RUNS = 8
const KIB = 1024

function logOf(path: string) {
  using store = openStore(path, { tally: tally() }, { mode: 'read' })
  return asLines([...store.log.pages()].flat())
}

function catchUp(path: string, mirror: string): void {
  using store = openStore(path, { tally: tally() }, { mirror })
  store.mirror.catchUp()
}

test('writers killed at any moment leave nothing that the next one cannot complete', async () => {
  const path = tempStorePath()
  const mirror = join(dirname(path), 'events.jsonl')
  for (let run = 0; run < RUNS; run++) {
    const tasks = [1, 7, 200].map((perCommit) => {
      return { path, mirror, name: `r${run}`, count: 1_000_000, perCommit, isAcknowledging: true }
    })
    const workers = await startAll('mirror', tasks)
    for (const worker of workers) worker.tell('go')
    await sleep(150 + 40 * run)
    await Promise.all(workers.map((worker) => worker.kill()))
    // Every other time the next writers find what these have left.
    if (run % 2 === 0) continue
    const acknowledged = Math.max(...workers.flatMap(({ lines }) => lines.map(Number)))
    catchUp(path, mirror)
    const lines = mirrored(mirror)
    expect(lines.length).toBeGreaterThanOrEqual(acknowledged)
    expect(lines).toEqual(logOf(path))
  }
})

test('a file that was cut off anywhere is the same again afterwards', () => {
  const path = tempStorePath()
  const mirror = join(dirname(path), 'events.jsonl')
  {
    using store = openStore(path, { tally: tally() }, { mirror })
    for (let n = 0; n < 5; n++) store.tally.add('a', n)
  }
  const whole = readFileSync(mirror)
  const firstLine = whole.indexOf('\n') + 1
  for (let cut = firstLine; cut < whole.length; cut += 13) {
    writeFileSync(mirror, whole.subarray(0, cut))
    catchUp(path, mirror)
    expect(readFileSync(mirror).equals(whole)).toBe(true)
  }
  // Of its first line only half: it is begun again, and goes on where the checkpoint is.
  writeFileSync(mirror, whole.subarray(0, firstLine - 10))
  catchUp(path, mirror)
  expect(mirrored(mirror)).toEqual([])
})

test('a full disk under the mirror fails no commit, and nothing is missing later', async (context) => {
  const disk = tinyDisk(context, '1m')
  const path = join(tempFolder(), 'state.db')
  const mirror = join(disk, 'events.jsonl')
  const ballast = join(disk, 'ballast')
  writeFileSync(ballast, Buffer.alloc(512 * KIB))
  const session = await openSession(path, { options: { mirror } })
  for (let n = 0; n < 200; n++) await session.call('addLarge', 'a', 8 * KIB)
  expect(await session.call('head')).toBe(200)
  const { mirrors } = await session.call<{ mirrors: { problem: string }[] }>('status')
  expect(mirrors[0]?.problem).toMatch(/ENOSPC|space/)
  rmSync(ballast)
  await session.kill()
  // What fitted was written, and that was no whole line.
  expect(readFileSync(mirror, 'utf8').endsWith('\n')).toBe(false)
  // Room for about half of what there is: the next process is stopped by it too, and is not harmed.
  const next = await openSession(path, { options: { mirror } })
  await next.call('add', 'a')
  await next.end()
  expect(statSync(mirror).size).toBeGreaterThan(400 * KIB)
  makeRoom(disk, '8m')
  catchUp(path, mirror)
  expect(mirrored(mirror)).toEqual(logOf(path))
})

test('a disk that fails for a while fails no commit, and nothing is missing later', async (context) => {
  const probe = spawnSync('strace', ['-o', '/dev/null', 'true'])
  context.skip(probe.status !== 0, 'strace is not here or may not trace')
  const path = tempStorePath()
  const mirror = join(dirname(path), 'events.jsonl')
  // Its first line and that of the first event are written; what comes then is refused four times.
  const failing = ['-e', 'trace=write', '-e', 'inject=write:error=EIO:when=3..6']
  const prefix = ['strace', '-f', '-qq', '-o', '/dev/null', '-P', mirror, ...failing]
  const session = await openSession(path, { options: { mirror } }, { prefix, isLeader: true })
  const problem = async () => {
    const { mirrors } = await session.call<{ mirrors: { problem: string | null }[] }>('status')
    return mirrors[0]?.problem
  }
  let appended = 0
  const addUntil = (wanted: RegExp | null) =>
    expect
      .poll(async () => {
        await session.call('add', 'a')
        appended++
        const told = await problem()
        return wanted === null ? told === null : wanted.test(told ?? '')
      })
      .toBe(true)
  await addUntil(/cannot be written: EIO/)
  await addUntil(null)
  expect(await session.call('head')).toBe(appended)
  await session.end()
  expect(mirrored(mirror)).toHaveLength(appended)
  expect(mirrored(mirror)).toEqual(logOf(path))
})

test('a store is opened though its mirror lies on a disk that cannot be written', async (context) => {
  const disk = tinyDisk(context, '1m')
  const path = join(tempFolder(), 'state.db')
  const mirror = join(disk, 'events.jsonl')
  makeReadOnly(disk)
  const session = await openSession(path, { options: { mirror } })
  await session.call('add', 'a')
  const { mirrors } = await session.call<{ mirrors: { problem: string }[] }>('status')
  expect(mirrors[0]?.problem).toContain('EROFS')
  makeWritable(disk)
  await session.call('add', 'b')
  await session.end()
  expect(mirrored(mirror)).toHaveLength(2)
  expect(mirrored(mirror)).toEqual(logOf(path))
})
