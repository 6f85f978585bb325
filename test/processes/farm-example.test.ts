/**
 * The example orchestrator, as a new user tries it.
 *
 * Invariants: what was spawned is in the status, also when several were at once; what is killed is
 * told from what runs; a second start finds what was there; a spawn that fails leaves nothing behind.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { tempFolder } from '../support/temp-folder.ts'

const PROGRAM = join(import.meta.dirname, '../../examples/agent-farm/agent-farm.mjs')

interface Row {
  readonly kind: string
  readonly id: string
  readonly status: string
  readonly process: string
  readonly pid: number
  readonly port: number
  readonly mail: number
}

function project() {
  const root = realpathSync(tempFolder())
  spawnSync('git', ['init', '-q', root])
  const env = { ...process.env, HOLDFAST_USER_STORE: join(root, 'user', 'user.db') }
  const options = { cwd: root, env, encoding: 'utf8' as const }
  const af = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], options)
    return { code: status, out: stdout, err: stderr }
  }
  const rows = (): Row[] => JSON.parse(af('status', '--json').out)
  onTestFinished(() => {
    for (const { pid, process: liveness } of rows()) {
      if (liveness === 'alive') process.kill(pid, 'SIGKILL')
    }
  })
  return {
    ...{ root, af, rows, row: (id: string) => rows().find((row) => row.id === id) },
    atOnce: (...args: string[]) =>
      new Promise<number | null>((resolve) =>
        spawn(process.execPath, [PROGRAM, ...args], { cwd: root, env, stdio: 'ignore' }).once(
          'close',
          resolve,
        ),
      ),
  }
}

test('start, spawn of several at once, status, mail, kill, start again, cleanup, stop', async () => {
  const { root, af, rows, row, atOnce } = project()
  expect(af('status')).toMatchObject({ code: 0, out: expect.stringContaining('nothing runs') })
  expect(af('start').out).toMatch(/architect main runs as process \d+, ports 4200-4299/)
  expect(af('start').out).toContain('runs already')
  const ids = ['login', 'search', 'mobile', 'billing']
  expect(await Promise.all(ids.map((id) => atOnce('spawn', id)))).toEqual([0, 0, 0, 0])
  const builders = rows().filter(({ kind }) => kind === 'builder')
  expect(builders.map(({ id }) => id).sort()).toEqual([...ids].sort())
  expect(
    builders.every(({ status, process }) => status === 'implementing' && process === 'alive'),
  ).toBe(true)
  expect(builders.map(({ port }) => port).sort()).toEqual([4210, 4211, 4212, 4213])

  const inbox = join(root, '.builders', 'login', 'inbox-login.txt')
  af('send', 'login', 'use the new form')
  await expect.poll(() => readFileSync(inbox, 'utf8')).toBe('you: use the new form\n')
  await expect.poll(() => row('login')?.mail).toBe(0)

  process.kill(row('main')?.pid ?? 0, 'SIGKILL')
  process.kill(row('search')?.pid ?? 0, 'SIGKILL')
  await expect.poll(() => row('main')?.process).toBe('dead')
  expect(af('start').code).toBe(0)
  expect(row('main')?.process).toBe('alive')
  expect([row('search')?.process, row('login')?.process]).toEqual(['dead', 'alive'])
  expect(af('cleanup').out).toContain('builder search: forget-process')
  af('send', 'search', 'are you there?')
  expect(row('search')?.mail).toBe(1)
  expect(af('spawn', 'search').code).toBe(0)
  await expect.poll(() => row('search')?.mail).toBe(0)

  expect(af('cleanup', 'login').code).toBe(0)
  expect([existsSync(inbox), row('login')]).toEqual([false, undefined])
  expect(af('spawn', 'mobile')).toMatchObject({
    code: 1,
    err: expect.stringContaining('is running'),
  })
  expect(af('db', 'reset', '--force')).toMatchObject({
    code: 1,
    err: expect.stringContaining('[error]'),
  })
  expect(JSON.parse(af('db', 'query', 'SELECT count(*) AS n FROM builders').out)).toEqual([
    { n: 3 },
  ])
  expect(af('stop').out.match(/was stopped/g)).toHaveLength(4)
}, 120_000)

test('state of an older tool is there from the first command on', () => {
  const { root, af, row } = project()
  mkdirSync(join(root, '.agent-farm'))
  const builders = [{ id: 'B001', name: 'one', port: 4210, pid: 1, status: 'blocked' }]
  writeFileSync(join(root, '.agent-farm', 'state.json'), JSON.stringify({ builders }))
  expect(row('B001')).toMatchObject({ status: 'blocked', process: 'unknown' })
  expect(JSON.parse(af('db', 'dump').out).builders).toMatchObject([
    { id: 'B001', status: 'blocked' },
  ])
})

test('a spawn that fails leaves neither a row nor a folder', () => {
  const { root, af, rows } = project()
  writeFileSync(join(root, '.builders'), 'a file where a folder should be')
  expect(af('spawn', 'login').code).toBe(1)
  expect(rows()).toEqual([])
})

test('a reset asks on a terminal, and does nothing unless it is told yes', (context) => {
  const probe = spawnSync('script', ['-qec', 'true', '/dev/null'])
  context.skip(probe.status !== 0, 'there is no program here that gives a terminal')
  const { root, af } = project()
  mkdirSync(join(root, '.agent-farm'))
  const builders = [{ id: 'B001', name: 'one', port: 4210, pid: 1, status: 'blocked' }]
  writeFileSync(join(root, '.agent-farm', 'state.json'), JSON.stringify({ builders }))
  const rows = () => JSON.parse(af('db', 'dump').out).builders.length
  af('status')
  const answer = (input: string) => {
    const env = { ...process.env, HOLDFAST_USER_STORE: join(root, 'user', 'user.db') }
    const command = `'${process.execPath}' '${PROGRAM}' db reset`
    const options = { cwd: root, env, input, encoding: 'utf8' as const }
    return spawnSync('script', ['-qec', command, '/dev/null'], options).stdout
  }
  expect(answer('n\n')).toMatch(/This will delete[\s\S]*Delete it\?/)
  expect(rows()).toBe(1)
  expect(answer('y\n')).toContain('Local database reset complete')
  expect(rows()).toBe(0)
})
