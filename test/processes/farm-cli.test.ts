/**
 * `holdfast farm`.
 *
 * Invariants: looking changes nothing and makes no file; what has ended is shown before it is settled;
 * the text of mail is shown to who asks for it.
 */
import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { currentProcessIdentity, formatIdentity, openStore } from '../../dist/index.js'
import { farm } from '../../dist/modules/farm/index.js'
import { holdfast } from '../support/holdfast.ts'
import { tempFolder } from '../support/temp-folder.ts'

const ENDED = formatIdentity({ ...currentProcessIdentity(), pid: 2_147_483_646 })

function place() {
  const root = realpathSync(tempFolder())
  const path = join(root, 'state.db')
  const env = { HOLDFAST_STORE: path, HOLDFAST_USER_STORE: join(root, 'user.db') }
  using store = openStore(path, { farm })
  const here = store.farm.in(root)
  here.builders.put({ id: 'B001', port: 4210, branch: 'builder/login', pid: process.pid })
  here.utils.put({ id: 'U001', pid: 2_147_483_646, process: ENDED })
  here.mail.send({ to: 'B001', from: 'main', body: 'the secret plan' })
  const run = (...args: string[]) => holdfast(['farm', ...args], { env })
  return { ...{ root, path, env, run }, user: env.HOLDFAST_USER_STORE }
}

test('ps lists what runs, and says of what has ended that it has', () => {
  const { run } = place()
  const { code, stdout, stderr } = run('ps')
  expect(code).toBe(0)
  expect(stdout).toMatch(/builder +B001 +spawning +alive +\d+ +4210 +builder\/login/)
  expect(stdout).toMatch(/util +U001 +dead/)
  expect(stderr).toContain("util 'U001': process 2147483646 has ended")
  expect(JSON.parse(run('ps', '--json').stdout).processes).toHaveLength(2)
})

test('ports lists the blocks of the machine, and makes no user store', () => {
  const { run, user, root } = place()
  expect(run('ports').stdout).toBe('no port blocks are given\n')
  expect(existsSync(user)).toBe(false)
  using store = openStore(user)
  store.ports.allocate(root)
  expect(run('ports').stdout).toMatch(new RegExp(`4200-4299 +active +alive +\\S+ +${root}\n`))
})

test('mail is listed without its text unless that is asked for', () => {
  const { run } = place()
  expect(run('mail').stdout).toContain('[15 characters]')
  expect(run('mail', '--json').stdout).not.toContain('secret')
  expect(run('mail', '--bodies').stdout).toContain('the secret plan')
})

test('reap shows first, and settles with --yes', () => {
  const { run, user } = place()
  using store = openStore(user)
  store.ports.allocate('worker-1')
  const shown = run('reap')
  expect(shown.stdout).toMatch(/util U001 +remove +process-ended/)
  expect(shown.stderr).toContain('nothing was changed')
  expect(JSON.parse(run('reap', '--json').stdout)).toMatchObject({
    isDone: false,
    rows: [{ id: 'U001' }],
    ports: [],
  })
  expect(run('reap', '--yes').stdout).toContain('1 thing settled')
  expect(JSON.parse(run('ps', '--json').stdout).processes).toHaveLength(1)
})

test('a store without a farm says so', () => {
  const path = join(tempFolder(), 'state.db')
  expect(holdfast(['farm', 'ps', '--store', path])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('there is no farm in'),
  })
  expect(existsSync(path)).toBe(false)
})
