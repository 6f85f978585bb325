import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { currentProcessIdentity, formatIdentity } from '../../index.ts'
import { assertPrunable } from '../../testing/assert-prunable.ts'
import { assertReplayable } from '../../testing/assert-replayable.ts'
import { createTestStore } from '../../testing/test-store.ts'
import { farm, farmModule } from './index.ts'

function opened() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-farm-')))
  const test = createTestStore({ farm })
  onTestFinished(() => {
    test.close()
    rmSync(root, { recursive: true, force: true })
  })
  return { ...{ root, clock: test.clock, test, store: test.store }, here: test.store.farm.in(root) }
}

const refused = (code: string) => expect.objectContaining({ code })
const DEAD = formatIdentity({ ...currentProcessIdentity(), pid: 2_147_483_646 })

test('a builder is put whole, keeps when it started and who spawned it, and takes all else', () => {
  const { here, clock } = opened()
  const first = here.builders.put({
    id: 'B001',
    status: 'blocked',
    phase: 'plan',
    spawnedBy: 'main',
  })
  clock.advance(5000)
  const second = here.builders.put({ id: 'B001', status: 'implementing' })
  expect(second).toMatchObject({ phase: '', spawnedBy: 'main', startedAtMs: first.startedAtMs })
  expect(here.builders.get('B001')).toEqual(second)
  expect(here.builders.list({ status: 'implementing' })).toEqual([second])
  expect(here.builders.list({ status: 'blocked' })).toEqual([])
})

test('update reads and writes at once, and delete says whether there was something', () => {
  const { here } = opened()
  here.builders.put({ id: 'B001', phase: 'plan' })
  expect(here.builders.update('B001', ({ phase }) => ({ phase: `${phase}!` })).phase).toBe('plan!')
  expect(() => here.builders.update('B002', () => ({}))).toThrow(refused('NOT_FOUND'))
  expect([here.builders.delete('B001'), here.builders.delete('B001')]).toEqual([true, false])
})

test('a changed pid is another process, and a cleared one is none', () => {
  const { here } = opened()
  const before = here.builders.put({ id: 'B001', pid: 2_147_483_646, process: DEAD })
  expect(here.builders.update('B001', () => ({ phase: 'x' })).process).toBe(before.process)
  const own = formatIdentity(currentProcessIdentity())
  expect(here.builders.update('B001', () => ({ pid: process.pid })).process).toBe(own)
  expect(here.builders.update('B001', () => ({ pid: null }))).toMatchObject({
    pid: null,
    process: '',
  })
})

test('what prune drops changes no table', () => {
  const row = (id: string, status: string, port = 0) => ({
    ...{ workspace: '/p', id, pid: null, process: '', port, terminal: null, startedAtMs: 1 },
    ...{ name: id, status, phase: '', worktree: '', branch: '', type: 'spec', taskText: null },
    ...{ protocolName: null, issue: null, spawnedBy: null, state: 'active', expiresAtMs: null },
    ...{ note: null, updatedAtMs: 1 },
  })
  const saved = (id: string, status: string, port?: number) => ({
    ...{ stream: `farm.builder/${id}@/p`, type: 'farm.builder.saved' },
    data: row(id, status, port),
  })
  const removed = (id: string) => ({
    ...{ stream: `farm.builder/${id}@/p`, type: 'farm.builder.removed' },
    data: { workspace: '/p', id },
  })
  const history = [
    ...[saved('a', 'spawning', 4210), saved('b', 'idle'), saved('a', 'blocked', 4210)],
    ...[removed('a'), saved('b', 'busy', 4210), saved('a', 'pr'), saved('c', 'idle', 4211)],
  ]
  assertReplayable(farm, history)
  assertPrunable(farm, [history, history.slice(2)])
})

test('putting the same again adds nothing to the log', () => {
  const { here, store } = opened()
  here.builders.put({ id: 'B001' })
  const head = store.log.head()
  here.builders.put({ id: 'B001' })
  expect(store.log.head()).toBe(head)
})

test('ports above 0 are unique in a workspace and kind; any number of rows has none', () => {
  const { here, store, root } = opened()
  for (const id of ['a', 'b']) here.builders.put({ id, port: 0 })
  here.builders.put({ id: 'c', port: 4210 })
  expect(() => here.builders.put({ id: 'd', port: 4210 })).toThrow(refused('CONSTRAINT'))
  expect(here.utils.tryPut({ id: 'u', port: 4210 })?.port).toBe(4210)
  expect(here.utils.tryPut({ id: 'v', port: 4210 })).toBeUndefined()
  mkdirSync(join(root, 'other'))
  expect(store.farm.in(join(root, 'other')).builders.put({ id: 'c', port: 4210 }).port).toBe(4210)
})

test('statuses and types outside the vocabulary are refused until a farm knows them', () => {
  const { here, root, test } = opened()
  expect(() => here.builders.put({ id: 'B001', status: 'dancing' })).toThrow(
    /no status of a builder/,
  )
  expect(() => here.builders.put({ id: 'B001', type: 'opera' })).toThrow(
    refused('ARGUMENT_INVALID'),
  )
  const wide = test.openWith({ farm: farmModule({ statuses: ['dancing'], types: ['opera'] }) })
  wide.farm.in(root).builders.put({ id: 'B001', status: 'dancing', type: 'opera' })
  // A farm that has never heard of the word may still change the rest of the row.
  expect(here.builders.update('B001', () => ({ phase: 'x' })).status).toBe('dancing')
})

test('a link to a workspace is the workspace, and nothing is seen from another one', () => {
  const { here, store, root } = opened()
  here.architects.put({ id: 'main', cmd: 'agent' })
  mkdirSync(join(root, 'other'))
  symlinkSync(root, join(root, 'other', 'link'))
  expect(store.farm.in(join(root, 'other', 'link')).architects.list()).toHaveLength(1)
  expect(store.farm.in(join(root, 'other')).architects.list()).toEqual([])
})

test('clearing is of one workspace; everything goes only by the call that says so', () => {
  const { here, store, root } = opened()
  mkdirSync(join(root, 'other'))
  const other = store.farm.in(join(root, 'other'))
  for (const farm of [here, other]) {
    farm.builders.put({ id: 'B001' })
    farm.architects.put({ id: 'main' })
  }
  expect(here.clear({ kinds: ['builder'] })).toBe(1)
  expect(here.architects.list()).toHaveLength(1)
  expect(here.clear()).toBe(1)
  expect(other.builders.list()).toHaveLength(1)
  expect(store.farm.clearEverything()).toBe(2)
  expect(store.farm.workspaces()).toEqual([])
})

test('a reserved builder is seen by all, and becomes active with what is then known', () => {
  const { here } = opened()
  const reservation = here.builders.reserve({ id: 'B001', port: 4210, taskText: 'login' })
  expect(here.builders.get('B001')).toMatchObject({ state: 'reserved', pid: process.pid })
  expect(() => here.builders.reserve({ id: 'B001' })).toThrow(refused('LEASE_HELD'))
  const active = here.builders.activate(reservation, { pid: process.pid, worktree: '/w' })
  expect(active).toMatchObject({
    state: 'active',
    expiresAtMs: null,
    taskText: 'login',
    port: 4210,
  })
  expect(() => here.builders.reserve({ id: 'B001' })).toThrow(/running as process/)
})

test('a reservation can be abandoned, but not one that another has taken over', () => {
  const { here, clock } = opened()
  const mine = here.builders.reserve({ id: 'B001' })
  clock.advance(60_000)
  const theirs = here.builders.reserve({ id: 'B001' })
  expect(here.builders.abandon(mine)).toBe(false)
  expect(() => here.builders.activate(mine, {})).toThrow(refused('LEASE_LOST'))
  expect(here.builders.abandon(theirs)).toBe(true)
  expect(here.builders.get('B001')).toBeUndefined()
})

test('what an ended process reserved or ran does not keep anything from starting', () => {
  const { here } = opened()
  here.builders.put({
    id: 'B001',
    pid: 2_147_483_646,
    process: DEAD,
    state: 'reserved',
    expiresAtMs: 9e15,
  })
  expect(here.builders.reserve({ id: 'B001' }).builder.pid).toBe(process.pid)
  here.architects.put({
    id: 'main',
    pid: 2_147_483_646,
    process: DEAD,
    cmd: 'old',
    sessionId: 's1',
  })
  expect(here.architects.start({ id: 'main', pid: process.pid })).toMatchObject({ sessionId: 's1' })
  expect(() => here.architects.start({ id: 'main', pid: 1 })).toThrow(refused('LEASE_HELD'))
})

test('a builder of an older file, of which only a pid is known, can be spawned again', () => {
  const { here } = opened()
  const unknown = here.builders.put({ id: 'B002', pid: 2_147_483_646, process: '' })
  expect(unknown.process).toBe('')
  expect(here.builders.reserve({ id: 'B002' }).builder.state).toBe('reserved')
})

test('a row that has only a pid is never called dead, and one without a process runs nothing', () => {
  const { here, store } = opened()
  here.utils.put({ id: 'old', pid: 2_147_483_646, process: '' })
  here.utils.put({ id: 'none', pid: 0 })
  here.utils.put({ id: 'me', pid: process.pid })
  const liveness = store.farm.processes().map(({ row, liveness }) => [row.id, liveness])
  expect(Object.fromEntries(liveness)).toEqual({ old: 'unknown', none: 'none', me: 'alive' })
})

test('reaping shows first; builders and architects lose their process and nothing else', () => {
  const { here, store } = opened()
  const ended = { pid: 2_147_483_646, process: DEAD }
  here.builders.put({ id: 'B001', status: 'complete', ...ended })
  here.builders.put({ id: 'B002', state: 'reserved', expiresAtMs: 9e15, ...ended })
  here.utils.put({ id: 'U001', ...ended })
  here.architects.put({ id: 'main', pid: process.pid })
  const shown = store.farm.reap()
  expect(shown.map(({ id, action }) => `${id} ${action}`)).toEqual([
    'B001 forget-process',
    'B002 remove',
    'U001 remove',
  ])
  expect(store.farm.processes()).toHaveLength(4)
  expect(store.farm.reap({ dryRun: false })).toEqual(shown)
  expect(here.builders.list()).toMatchObject([{ id: 'B001', pid: null, status: 'complete' }])
  expect(store.farm.reap()).toEqual([])
})

test('the reservation of a process that cannot be seen is left alone until its time is over', () => {
  const { here, store, clock } = opened()
  const elsewhere = formatIdentity({ ...currentProcessIdentity(), host: 'elsewhere' })
  const expiresAtMs = clock.now() + 60_000
  here.builders.put({ id: 'B001', process: elsewhere, pid: 7, state: 'reserved', expiresAtMs })
  expect(store.farm.reap()).toEqual([])
  expect(() => here.builders.reserve({ id: 'B001' })).toThrow(refused('LEASE_HELD'))
  clock.advance(60_000)
  expect(store.farm.reap()).toMatchObject([{ id: 'B001', reason: 'reservation-expired' }])
})

test('the owner of a builder is a name, null where nobody knows, undefined where there is none', () => {
  const { here } = opened()
  here.builders.put({ id: 'B001', spawnedBy: 'sibling' })
  here.builders.put({ id: 'B002' })
  const owners = ['B001', 'B002', 'B003'].map((id) => here.builders.ownerOf(id))
  expect(owners).toEqual(['sibling', null, undefined])
})

test('diagnosis names ended processes, lost worktrees and missing workspaces', () => {
  const { here, store, root } = opened()
  here.builders.put({ id: 'B001', worktree: join(root, 'gone'), pid: 2_147_483_646, process: DEAD })
  store.farm.in(join(root, 'nowhere')).utils.put({ id: 'U001' })
  expect(store.farm.diagnose().map(({ kind }) => kind)).toEqual([
    'farm-stale',
    'farm-orphan',
    'farm-workspace-missing',
  ])
})

test('every table equals its history, after restarts and removals too', () => {
  const { here, store } = opened()
  here.architects.put({ id: 'main', cmd: 'agent' })
  here.builders.activate(here.builders.reserve({ id: 'B001', port: 4210 }), { pid: process.pid })
  here.builders.put({ id: 'B002', port: 4211 })
  here.builders.delete('B002')
  here.builders.put({ id: 'B003', port: 4211 })
  here.utils.put({ id: 'U001' })
  here.annotations.put({ id: 'A001', file: 'a.ts', parentType: 'builder', parentId: 'B001' })
  const { id } = here.mail.send({ to: 'B001', body: 'hello', supersedeKey: 'k' })
  here.mail.delivered(id)
  expect(store.verify().problems).toEqual([])
})
