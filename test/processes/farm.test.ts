/**
 * Farms of many processes.
 *
 * Invariants: no row is lost when many write at once; no port is with two holders at any moment; a
 * kill between the commits of two stores leaves a reservation that is seen, names who made it and can
 * be taken again; a stopped owner loses nothing to others until its time is over, and is refused
 * afterwards; nothing that has ended keeps anything from starting.
 */
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { currentProcessIdentity, formatIdentity, openStore } from '../../dist/index.js'
import { farm } from '../../dist/modules/farm/index.js'
import { rounds } from '../support/soak.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { race, startAll, startWorker } from '../support/worker-process.ts'

function places() {
  const root = realpathSync(tempFolder())
  return { root, path: join(root, 'state.db'), userPath: join(root, 'user.db') }
}

test('ten processes that put builders at once lose none', async () => {
  const { root, path } = places()
  const count = 20
  const tasks = Array.from({ length: 10 }, (_, n) => ({
    ...{ action: 'upsert', path, workspace: root, name: `p${n}`, count },
  }))
  await race('farm', tasks)
  using store = openStore(path, { farm })
  expect(store.farm.in(root).builders.list()).toHaveLength(10 * count)
  expect(store.verify().problems).toEqual([])
})

test('of 32 processes that take and give back blocks no two have one at once, and each gets all of its own', {
  timeout: 900_000,
}, async () => {
  const { root, userPath } = places()
  openStore(userPath).close()
  const count = rounds(8, 1000)
  const tasks = Array.from({ length: 32 }, (_, n) => ({
    ...{ action: 'take', path: userPath, key: `agent-${n}` },
    ...{ count, witness: join(root, 'witness') },
  }))
  // How long they wait is a figure of bench/cases/25-port-blocks.mjs.
  expect(await race('ports', tasks)).toEqual(Array(32).fill(count))
  using store = openStore(userPath)
  expect(store.ports.list()).toEqual([])
})

test.each(['builder reserved', 'port reserved', 'port activated'])(
  'a spawner killed after "%s" leaves what can be seen and taken again',
  async (pausesAt) => {
    const { root, userPath } = places()
    const count = rounds(2, 8)
    const projects = Array.from({ length: count }, (_, n) => join(root, `project-${n}`))
    for (const project of projects) mkdirSync(project)
    // One port each: whoever comes again needs those of the killed.
    const layout = { registry: 'agents', base: 4300, size: 1, count: 8 * count, reserved: [] }
    const task = (project: string, n: number, isKilled: boolean) => ({
      ...{ action: 'spawn', userPath, path: join(project, 'state.db'), workspace: project, layout },
      ...{ id: `B00${n}`, ...(isKilled && { pausesAt }) },
    })
    const isKilled = (n: number) => n % 2 === 1
    const all = projects.flatMap((project) => Array.from({ length: 8 }, (_, n) => ({ project, n })))
    const workers = await startAll(
      'farm',
      all.map(({ project, n }) => task(project, n, isKilled(n))),
    )
    for (const worker of workers) worker.tell('go')
    const ports = await Promise.all(
      workers.map((worker, place) =>
        worker.noted(isKilled(all[place]?.n ?? 0) ? 'paused' : 'spawned'),
      ),
    )
    const killed = workers.filter((_, place) => isKilled(all[place]?.n ?? 0))
    await Promise.all(killed.map((worker) => worker.kill()))
    const alive = ports.filter((port) => port !== undefined)
    expect(new Set(alive).size).toBe(4 * count)

    const [project = ''] = projects
    using seen = openStore(join(project, 'state.db'), { farm })
    const rows = seen.farm.processes()
    expect(
      rows.filter(({ status }) => status === 'reserved').map(({ liveness }) => liveness),
    ).toEqual(Array(4).fill('dead'))
    // The same agents again, in a second try: each gets its id and a port of its own.
    const again = await startAll(
      'farm',
      all.filter(({ n }) => isKilled(n)).map(({ project, n }) => task(project, n, false)),
    )
    for (const worker of again) worker.tell('go')
    const more = await Promise.all(again.map((worker) => worker.noted('spawned')))
    expect(new Set([...alive, ...more]).size).toBe(8 * count)
    expect(seen.farm.processes().map(({ status }) => status)).toEqual(Array(8).fill('implementing'))
    await Promise.all([...workers, ...again].map((worker) => worker.kill()))
  },
  150_000,
)

test('a stopped owner keeps its reservation for its time, and is refused when it wakes after it', async () => {
  const { userPath } = places()
  const owner = await startWorker('ports', { action: 'reserve', path: userPath, key: 'agent-1' })
  owner.tell('go')
  const block = (await owner.noted('reserved')) as { base: number; fencingToken: number }
  owner.signal('SIGSTOP')
  using now = openStore(userPath)
  expect(() => now.ports.reserve('agent-1')).toThrow(
    expect.objectContaining({ code: 'LEASE_HELD' }),
  )
  expect(now.ports.list()).toMatchObject([{ state: 'reserved', liveness: 'alive' }])
  using later = openStore(userPath, {}, { clock: () => Date.now() + 61_000 })
  const taken = later.ports.allocate('agent-2')
  expect(taken).toMatchObject({ base: block.base, fencingToken: block.fencingToken + 1 })
  owner.signal('SIGCONT')
  owner.tell('activate')
  await expect(owner.result).rejects.toMatchObject({ code: 'LEASE_LOST' })
  expect(now.ports.get('agent-2')?.base).toBe(block.base)
})

test('a row whose pid is given to another process does not keep its successor from starting', async () => {
  const { root, path } = places()
  const other = await startWorker('farm', { action: 'hold', path, workspace: root })
  using store = openStore(path, { farm })
  const { architects, builders } = store.farm.in(root)
  // Of this boot and this pid, and yet another process: it started at another time.
  const process = formatIdentity({ ...currentProcessIdentity(), pid: other.pid, startTime: '1' })
  architects.put({ id: 'main', pid: other.pid, process, cmd: 'agent' })
  builders.put({ id: 'B001', pid: other.pid, process })
  expect(store.farm.processes().map(({ liveness }) => liveness)).toEqual(['dead', 'dead'])
  expect(architects.start({ id: 'main', pid: globalThis.process.pid }).cmd).toBe('agent')
  expect(builders.reserve({ id: 'B001' }).builder.state).toBe('reserved')
})

test('a reader is not held up by a writer that keeps the lock', async () => {
  const { root, path } = places()
  openStore(path, { farm }).close()
  const until = join(root, 'until')
  const writer = await startWorker('farm', { action: 'hold', path, workspace: root, until })
  using store = openStore(path, { farm }, { mode: 'read' })
  store.farm.processes()
  writer.tell('go')
  await writer.noted('holding')
  // The writer goes on only when this has been read: a reader that waits for it does so in vain.
  expect(store.farm.in(root).builders.list()).toEqual([])
  writeFileSync(until, '')
  await writer.result
  expect(store.farm.in(root).builders.list()).toHaveLength(1)
})

test('sixteen processes that open a project with older state for the first time import it once', async () => {
  const { root, path } = places()
  const legacy = join(root, '.agent-farm')
  mkdirSync(legacy)
  const builders = Array.from({ length: 50 }, (_, n) => ({
    id: `B${n}`,
    port: 4210 + n,
    status: 'blocked',
  }))
  writeFileSync(join(legacy, 'state.json'), JSON.stringify({ architect: null, builders }))
  const tasks = Array.from({ length: 16 }, () => ({ action: 'open', path, legacy }))
  expect(await race('farm', tasks)).toEqual(Array(16).fill(50))
  using store = openStore(path, { farm })
  const events = [...store.log.pages()].flat().filter(({ type }) => type === 'farm.builder.saved')
  expect(events).toHaveLength(50)
})
