/**
 * Who opens the files of a store.
 *
 * Invariant: in a process that holds a connection only SQLite opens the database, its `-wal` and
 * its `-shm`. Closing any other descriptor on them drops SQLite's locks (fcntl(2)), and another
 * process may then write in the middle of a transaction.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { tempFolder } from '../support/temp-folder.ts'
import { runWorker } from '../support/worker-process.ts'

const WATCH = fileURLToPath(new URL('../support/workers/watch-fs.mjs', import.meta.url))
const OPENED = /openat?2?\((?:AT_FDCWD, )?"([^"]+)", ([A-Z_|]+)/

test('node:fs opens none of the files of a store, but makes a missing one', async () => {
  const folder = tempFolder()
  const path = join(folder, 'state.db')
  const log = join(folder, 'opened')
  const options = { nodeArgs: ['--import', WATCH], env: { WATCH_FS: log } }
  expect(await runWorker('everything', { path }, options)).toEqual({ held: true, head: 3009 })
  const calls = readFileSync(log, 'utf8').trim().split('\n')
  // Exclusively, so that it cannot be one that somebody has open.
  expect(calls.map((call) => JSON.parse(call))).toEqual([['openSync', path, 'wx', 0o600]])
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
