import { realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { tempFolder } from '../../../test/support/temp-folder.ts'
import { resolveStorePath, resolveUserStorePath } from '../../index.ts'
import { agentEnvironment } from './agent-environment.ts'

let folder: string
let store: string
let user: string

beforeEach(() => {
  folder = realpathSync(tempFolder())
  store = join(folder, 'state.db')
  user = join(folder, 'user.db')
  writeFileSync(store, '')
})

const environment = (env: Record<string, string | undefined>, more: { isTold?: boolean } = {}) =>
  agentEnvironment({ cwd: folder, env: { HOLDFAST_USER_STORE: user, ...env }, store, ...more })

test('the stores are named for Holdfast, and an agent finds them from any folder', () => {
  const env = environment({ PATH: '/bin', HOLDFAST_STORE: '/other/state.db', GONE: undefined })
  expect(env).toEqual({ PATH: '/bin', HOLDFAST_STORE: store, HOLDFAST_USER_STORE: user })
  expect(resolveStorePath({ cwd: '/', env }).path).toBe(store)
  expect(resolveUserStorePath({ env }).path).toBe(user)
})

test('no other variable names a store, whatever it is called and however the path is spelled', () => {
  const link = join(folder, 'current')
  symlinkSync(store, link)
  const hidden = {
    SQLITE_DATABASE_PATH: store,
    DATABASE_URL: `sqlite://${store}?mode=rw`,
    DB: 'state.db',
    DB_FILE: 'file:./state.db',
    DB_DOTS: join(folder, 'a', '..', 'state.db').replace('state', './state'),
    WAL: `${store}-wal`,
    BACKUP: `${store}.bak-1`,
    LINK: link,
    REGISTRY: user,
  }
  const kept = { PATH: `/bin:${folder}`, PWD: folder, NOTE: 'state.db is the store', EMPTY: '' }
  for (const isTold of [true, false]) {
    const { HOLDFAST_STORE, HOLDFAST_USER_STORE, ...rest } = environment(
      { ...hidden, ...kept },
      { isTold },
    )
    expect(rest).toEqual(kept)
    expect([HOLDFAST_STORE, HOLDFAST_USER_STORE]).toEqual(
      isTold ? [store, user] : [undefined, undefined],
    )
  }
})

test('an agent that a test starts is no test, and still not on the real user store', () => {
  const runner = { VITEST: 'true', NODE_TEST_CONTEXT: 'child-v8', NODE_ENV: 'test' }
  expect(environment({ ...runner, HOME: '/home/me' })).toEqual({
    HOME: '/home/me',
    HOLDFAST_STORE: store,
    HOLDFAST_USER_STORE: user,
  })
  expect(environment({ ...runner, NODE_ENV: 'production' })).toHaveProperty('NODE_ENV')
  const forgotten = { ...runner, HOME: homedir() }
  const asked = () => agentEnvironment({ cwd: folder, env: forgotten, store })
  expect(asked).toThrow(expect.objectContaining({ code: 'PATH_REFUSED' }))
  // Told of none, it is kept out by the variables themselves.
  const env = agentEnvironment({ cwd: folder, env: forgotten, store, isTold: false })
  expect(env).toEqual(forgotten)
  expect(() => resolveUserStorePath({ env })).toThrow(
    expect.objectContaining({ code: 'PATH_REFUSED' }),
  )
})
