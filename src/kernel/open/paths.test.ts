import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { resolveStorePath, resolveUserStorePath } from './paths.ts'

const refused = expect.objectContaining({ code: 'PATH_REFUSED' })
let cwd: string
beforeEach(() => {
  cwd = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-paths-')))
})
afterEach(() => rmSync(cwd, { recursive: true, force: true }))

function makeRepository(): void {
  mkdirSync(join(cwd, '.git', 'objects'), { recursive: true })
  mkdirSync(join(cwd, '.git', 'refs'))
  writeFileSync(join(cwd, '.git', 'HEAD'), 'ref: refs/heads/main\n')
}

describe('the order', () => {
  const env = { HOLDFAST_STORE: '/stores/env.db' }
  test('an explicit path wins, from the folder of work', () => {
    makeRepository()
    expect(resolveStorePath({ cwd, env, explicit: '.mytool/state.db' })).toEqual({
      path: join(cwd, '.mytool', 'state.db'),
      kind: 'explicit',
      why: 'the caller named it',
    })
  })
  test('then the environment', () => {
    makeRepository()
    expect(resolveStorePath({ cwd, env })).toMatchObject({
      path: '/stores/env.db',
      kind: 'environment',
      why: expect.stringContaining('HOLDFAST_STORE'),
    })
  })
  test('then the project, from any subfolder', () => {
    makeRepository()
    mkdirSync(join(cwd, 'src'))
    expect(resolveStorePath({ cwd: join(cwd, 'src'), env: { HOLDFAST_STORE: '' } })).toEqual({
      path: join(cwd, '.holdfast', 'state.db'),
      kind: 'project',
      why: 'in the git repository',
    })
  })
  test('then the user', () => {
    const store = resolveStorePath({ cwd, env: {}, platform: 'linux', home: '/home/ada' })
    expect(store).toMatchObject({ path: '/home/ada/.local/share/holdfast/user.db', kind: 'user' })
    expect(store.why).toContain('no git repository')
  })
  test("git's own variables do not choose another store", () => {
    makeRepository()
    const gitEnv = { GIT_DIR: '/elsewhere/.git', GIT_WORK_TREE: '/elsewhere' }
    expect(resolveStorePath({ cwd, env: gitEnv }).path).toBe(join(cwd, '.holdfast', 'state.db'))
  })
})

describe('paths that cannot be a store', () => {
  test.each([
    '',
    'a\0b.db',
    'file:state.db?mode=ro',
    'folder/',
    ':other:',
    'state.db-wal',
    'state.db-shm',
    'state.db-journal',
  ])('%j is refused', (explicit) => {
    expect(() => resolveStorePath({ cwd, env: {}, explicit })).toThrow(refused)
  })
  test.each(['state.db', '~/state.db', './x/state.db'])('the relative variable %j', (path) => {
    expect(() => resolveStorePath({ cwd, env: { HOLDFAST_STORE: path } })).toThrow(refused)
    expect(() => resolveUserStorePath({ env: { HOLDFAST_USER_STORE: path } })).toThrow(refused)
  })
})

describe('the user store', () => {
  const at = (platform: NodeJS.Platform, home: string, env: Record<string, string> = {}) =>
    resolveUserStorePath({ platform, home, env }).path
  test('lies in the data folder of each platform', () => {
    expect(at('linux', '/home/ada')).toBe('/home/ada/.local/share/holdfast/user.db')
    expect(at('linux', '/home/ada', { XDG_DATA_HOME: '/data' })).toBe('/data/holdfast/user.db')
    expect(at('darwin', '/Users/ada', { XDG_DATA_HOME: '/data' })).toBe(
      '/Users/ada/Library/Application Support/holdfast/user.db',
    )
    expect(at('win32', 'C:\\Users\\ada', { LOCALAPPDATA: 'D:\\Local' })).toBe(
      'D:\\Local\\holdfast\\Data\\user.db',
    )
    expect(at('win32', 'C:\\Users\\ada')).toBe(
      'C:\\Users\\ada\\AppData\\Local\\holdfast\\Data\\user.db',
    )
  })
  test('a relative XDG_DATA_HOME is ignored', () => {
    const path = at('linux', '/home/ada', { XDG_DATA_HOME: 'data' })
    expect(path).toBe('/home/ada/.local/share/holdfast/user.db')
  })
  test('HOLDFAST_USER_STORE names another file', () => {
    const env = { HOLDFAST_USER_STORE: '/stores/user.db' }
    expect(resolveUserStorePath({ env })).toMatchObject({ path: '/stores/user.db' })
  })
  test('a user without a home folder is told so', () => {
    expect(() => at('linux', '')).toThrow(refused)
  })
})

describe('under a test runner', () => {
  const home = { platform: 'linux', home: '/home/ada' } as const
  const real = '/home/ada/.local/share/holdfast/user.db'
  const runners = [
    { VITEST: 'true' },
    { NODE_TEST_CONTEXT: 'child-v8' },
    { JEST_WORKER_ID: '1' },
    { BUN_TEST: '1' },
    { NODE_ENV: 'test' },
  ]
  test.each(runners)('%j refuses the real user store, however it is named', (env) => {
    expect(() => resolveUserStorePath({ ...home, env })).toThrow(refused)
    const named = { ...env, HOLDFAST_USER_STORE: real }
    expect(() => resolveUserStorePath({ ...home, env: named })).toThrow(refused)
    expect(() => resolveStorePath({ ...home, cwd, env })).toThrow(refused)
    expect(() => resolveStorePath({ ...home, cwd, env, explicit: real })).toThrow(refused)
    const store = { ...env, HOLDFAST_STORE: `/home/ada/x/../.local/share/holdfast/user.db` }
    expect(() => resolveStorePath({ ...home, cwd, env: store })).toThrow(refused)
  })
  test.each(runners)('%j accepts a file of its own', (env) => {
    const named = { ...env, HOLDFAST_USER_STORE: '/tmp/test/user.db' }
    expect(resolveUserStorePath({ ...home, env: named }).path).toBe('/tmp/test/user.db')
    expect(resolveStorePath({ ...home, cwd, env, explicit: 'a.db' }).path).toBe(join(cwd, 'a.db'))
  })
  test('no runner is seen in other values of these variables', () => {
    const env = { NODE_ENV: 'production', VITEST: '' }
    expect(resolveUserStorePath({ ...home, env }).path).toBe(real)
  })
})
