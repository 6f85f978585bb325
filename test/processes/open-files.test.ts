/**
 * Who opens the files of a store.
 *
 * Invariant: in a process that holds a connection only SQLite opens the database and its `-shm`.
 * Closing any other descriptor on them drops SQLite's locks (fcntl(2)), and another process may then
 * write in the middle of a transaction. The `-wal` has no locks; it is opened to be flushed.
 */
import { spawnSync } from 'node:child_process'
import { constants, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { tempFolder } from '../support/temp-folder.ts'
import { runWorker } from '../support/worker-process.ts'

const WATCH = fileURLToPath(new URL('../support/workers/watch-fs.mjs', import.meta.url))
const OPENED = /openat?2?\((?:AT_FDCWD, )?"([^"]+)", ([A-Z_|]+)/

test('node:fs opens none of the files of a store, but makes a missing one and flushes the WAL', async () => {
  const folder = tempFolder()
  const path = join(folder, 'state.db')
  const log = join(folder, 'opened')
  const options = { nodeArgs: ['--import', WATCH], env: { WATCH_FS: log } }
  expect(await runWorker('everything', { path }, options)).toEqual({ held: true, head: 3009 })
  const calls = readFileSync(log, 'utf8').trim().split('\n')
  const flags = constants.O_RDWR | constants.O_NOFOLLOW
  const [made, ...flushed] = calls.map((call) => JSON.parse(call))
  // Exclusively, so that it cannot be one that somebody has open.
  expect(made).toEqual(['openSync', path, 'wx', 0o600])
  expect(flushed.length).toBeGreaterThan(0)
  for (const call of flushed) expect(call).toEqual(['openSync', `${path}-wal`, flags])
})

test('the system sees only SQLite open the files of a store', async (context) => {
  const probe = spawnSync('strace', ['-o', '/dev/null', 'true'])
  context.skip(probe.status !== 0, 'strace is not here or may not trace')
  const folder = tempFolder()
  const [path, log] = [join(folder, 'state.db'), join(folder, 'trace')]
  const prefix = ['strace', '-f', '-e', 'trace=open,openat,openat2', '-o', log]
  expect(await runWorker('everything', { path }, { prefix })).toMatchObject({ held: true })
  const opened = readFileSync(log, 'utf8')
    .split('\n')
    .map((line) => OPENED.exec(line))
    .filter((match) => match?.[1]?.startsWith(path) && !match[1].endsWith('-bell'))
    .map((match) => ({ file: match?.[1] ?? '', flags: match?.[2]?.split('|') ?? [] }))
  expect(opened.filter(({ file }) => file === path).length).toBeGreaterThan(3)
  expect(opened.some(({ file }) => file === `${path}-shm`)).toBe(true)
  // A backup's draft is made before SQLite has it, and synced when SQLite has let go of it.
  const ofStore = opened.filter(({ file }) => !file.includes('.unfinished-'))
  // SQLite opens with O_NOFOLLOW, node:fs does not unless told so.
  const others = ofStore.filter(({ flags }) => !flags.includes('O_NOFOLLOW'))
  expect(others).toEqual([{ file: path, flags: expect.arrayContaining(['O_CREAT', 'O_EXCL']) }])
  expect(existsSync(path)).toBe(true)
})

test('a full write has flushed the WAL when it returns, and a normal one has not', async (context) => {
  const probe = spawnSync('strace', ['-o', '/dev/null', 'true'])
  context.skip(probe.status !== 0, 'strace is not here or may not trace')
  const folder = tempFolder()
  const flushes = async (durability: string) => {
    const log = join(folder, durability)
    const prefix = ['strace', '-f', '-e', 'trace=fdatasync', '-o', log]
    await runWorker(
      'append',
      { path: join(folder, `${durability}.db`), count: 50, name: 'a', options: { durability } },
      { prefix },
    )
    return readFileSync(log, 'utf8').split('fdatasync(').length - 1
  }
  expect(await flushes('full')).toBeGreaterThanOrEqual(50)
  expect(await flushes('normal')).toBeLessThan(5)
})
