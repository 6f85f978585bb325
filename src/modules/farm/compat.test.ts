import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import * as compat from './compat.ts'

function project() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-compat-')))
  mkdirSync(join(root, '.git'))
  writeFileSync(join(root, '.git', 'HEAD'), 'ref: refs/heads/main\n')
  for (const folder of ['objects', 'refs']) mkdirSync(join(root, '.git', folder))
  const before = process.cwd()
  process.chdir(root)
  vi.stubEnv('HOLDFAST_USER_STORE', join(root, 'user', 'user.db'))
  onTestFinished(() => {
    compat.closeAllDbs()
    process.chdir(before)
    vi.unstubAllEnvs()
    rmSync(root, { recursive: true, force: true })
  })
  return root
}

const BUILDER: compat.BuilderState = {
  ...{ id: 'B001', name: 'one', port: 4210, pid: 0, status: 'implementing', phase: 'init' },
  ...{ worktree: '/tmp/w', branch: 'b', type: 'spec', taskText: 'Fix the bug' },
}

test('the functions without a handle work on the store of the project', () => {
  const root = project()
  expect(compat.getDbPath()).toBe(join(root, '.holdfast', 'state.db'))
  compat.setArchitect({ pid: 0, port: 4201, cmd: 'agent', startedAt: '2024-01-01T00:00:00.000Z' })
  compat.upsertBuilder(BUILDER)
  compat.upsertBuilder({ ...BUILDER, id: 'B002', port: 0, status: 'blocked' })
  expect(compat.loadState()).toEqual({
    architect: { pid: 0, port: 4201, cmd: 'agent', startedAt: '2024-01-01T00:00:00.000Z' },
    builders: [BUILDER, { ...BUILDER, id: 'B002', port: 0, status: 'blocked' }],
    utils: [],
    annotations: [],
  })
  expect(compat.getBuildersByStatus('blocked').map(({ id }) => id)).toEqual(['B002'])
  expect(compat.lookupBuilderSpawningArchitect('B003')).toBeUndefined()
  compat.setArchitect(null)
  expect(compat.getArchitect()).toBeNull()
})

test('a second terminal on a port is refused by one function and thrown by the other', () => {
  project()
  const util = { id: 'U001', name: 'u', port: 4230, pid: 0 }
  compat.addUtil(util)
  expect(compat.tryAddUtil({ ...util, id: 'U002' })).toBe(false)
  try {
    compat.addUtil({ ...util, id: 'U002' })
    expect.unreachable()
  } catch (error) {
    expect(compat.isPortConflictError(error)).toBe(true)
  }
  compat.updateUtil('U001', { name: 'renamed', tmuxSession: 's' })
  expect(compat.getUtils()).toEqual([{ ...util, name: 'renamed', tmuxSession: 's' }])
})

test('clearing takes this project only, and the runtime only its builders', () => {
  project()
  compat.setArchitect({ pid: 0, port: 0, cmd: 'agent', startedAt: '2024-01-01T00:00:00.000Z' })
  compat.upsertBuilder(BUILDER)
  compat.clearRuntime()
  expect([compat.getBuilders().length, compat.getArchitects().length]).toEqual([0, 1])
  compat.clearState()
  expect(compat.loadState().architect).toBeNull()
})

test('older state of the project is taken over when the store is first opened', () => {
  const root = project()
  mkdirSync(join(root, '.agent-farm'))
  writeFileSync(join(root, '.agent-farm', 'state.json'), JSON.stringify({ builders: [BUILDER] }))
  expect(compat.getBuilder('B001')).toEqual(BUILDER)
})

test('a project keeps its block of ports, divided as it always was', () => {
  const root = project()
  expect(compat.getPortBlock(root)).toBe(4200)
  expect(compat.getProjectPorts(root)).toMatchObject({
    architectPort: 4201,
    builderPortRange: [4210, 4229],
  })
  mkdirSync(join(root, 'two'))
  expect(compat.getPortBlock(join(root, 'two'))).toBe(4300)
  expect(compat.listAllocations()).toMatchObject([
    { path: root, basePort: 4200, exists: true, pid: process.pid, pidAlive: true },
    { path: join(root, 'two'), basePort: 4300 },
  ])
  expect(compat.removeAllocation(root)).toBe(true)
  expect(compat.getPortBlock(root)).toBe(4200)
})
