import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createTestStore } from '../../testing/test-store.ts'
import { openConnection } from '../connection/open-connection.ts'
import { chooseDriver } from '../driver/choose.ts'
import { formatIdentity } from './identity.ts'
import { Ports } from './ports.ts'
import { type BindProbe, probeByBinding } from './ports-probe.ts'
import type { PortChange, PortLayout } from './ports-types.ts'

// One machine with processes that live as long as the test says, on one store.
function machine(layout: PortLayout = {}) {
  const store = createTestStore()
  const ended = new Set<number>()
  const changes: PortChange[] = []
  const connection = openConnection(chooseDriver(), store.path, {
    isReadOnly: false,
    wait: { path: store.path, timeoutMs: 1000, random: Math.random },
  })
  onTestFinished(() => {
    connection.close()
    store.close()
  })
  const process = (pid: number, bindProbe: BindProbe = async () => undefined) => {
    const identity = { pid, startTime: `${pid}`, bootId: 'b', pidNamespace: 'n', host: 'h' }
    const probe = {
      pid,
      bootId: () => 'b',
      pidNamespace: () => 'n',
      host: () => 'h',
      signal: (asked: number) => (ended.has(asked) ? ('absent' as const) : ('exists' as const)),
      look: (asked: number) => ({ startTime: `${asked}`, isZombie: false }),
    }
    const options = {
      connection,
      clock: store.clock.now,
      probe,
      process: formatIdentity(identity),
      onChange: (change: PortChange) => void changes.push(change),
      bindProbe,
    }
    return new Ports(options, layout)
  }
  return { clock: store.clock, process, changes, end: (pid: number) => void ended.add(pid) }
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-ports-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const refused = (code: string) => expect.objectContaining({ code })

test('blocks of a hundred ports are given from 4200 on, the same one to the same key', () => {
  const ports = machine().process(1)
  expect(ports.allocate('remote:a').base).toBe(4200)
  expect(ports.allocate('remote:b')).toMatchObject({ base: 4300, size: 100, state: 'active' })
  expect(ports.allocate('remote:a').base).toBe(4200)
})

test('a gap is filled before anything behind it, and with a larger token', () => {
  const ports = machine().process(1)
  const [first, second] = ['a', 'b', 'c'].map((key) => ports.allocate(key))
  expect(second && ports.release(second)).toBe(true)
  expect(ports.allocate('d')).toMatchObject({ base: 4300, fencingToken: 2 })
  expect(ports.allocate('a')).toMatchObject({ base: 4200, fencingToken: first?.fencingToken })
})

test('the block of port 5000 is never given, nor one with a reserved port inside', () => {
  const ports = machine({ base: 4900, count: 3, reserved: [5000, 5150] }).process(1)
  expect(ports.allocate('a').base).toBe(4900)
  expect(() => ports.allocate('b')).toThrow(refused('PORTS_EXHAUSTED'))
})

test('a full registry names its holders and what is left out', () => {
  const { process, end } = machine({ base: 4900, count: 3 })
  process(7).allocate('worker-7')
  process(8).allocate('remote:ann@host:/x')
  end(7)
  expect(() => process(9).allocate('late')).toThrow(
    /4900 worker-7 \(dead\), 5100 remote:ann@host:\/x \(alive\); never given: 5000/,
  )
})

test('blocks of two registries never overlap, whatever their sizes', () => {
  const ports = machine({ base: 4200, count: 4 }).process(1)
  ports.with({ registry: 'single', base: 4250, size: 1, count: 1, reserved: [] }).allocate('dev')
  expect(ports.allocate('a').base).toBe(4300)
  const few = ports.with({ registry: 'few', base: 4290, size: 20, count: 7, reserved: [] })
  expect(few.allocate('a').base).toBe(4410)
})

test('a link and its folder have one block, and remote keys lose the slash at their end', () => {
  const ports = machine().process(1)
  const root = folder()
  mkdirSync(join(root, 'real'))
  symlinkSync(join(root, 'real'), join(root, 'link'))
  const block = ports.allocate(join(root, 'real'))
  expect(ports.allocate(join(root, 'link')).base).toBe(block.base)
  expect(ports.allocate('remote:a@b:/x/').key).toBe('remote:a@b:/x')
  expect(() => ports.allocate('./here')).toThrow(refused('ARGUMENT_INVALID'))
})

test('a reservation lasts a minute, and activating it later is refused once it is another’s', () => {
  const { clock, process } = machine({ count: 1 })
  const mine = process(1).reserve('a')
  clock.advance(59_999)
  expect(() => process(2).allocate('b')).toThrow(refused('PORTS_EXHAUSTED'))
  clock.advance(1)
  expect(process(2).allocate('b').base).toBe(mine.base)
  expect(() => process(1).activate(mine)).toThrow(refused('LEASE_LOST'))
  expect(process(1).release(mine)).toBe(false)
  expect(process(2).get('b')?.state).toBe('active')
})

test('the reservation of an ended process is free at once, that of a living one is not', () => {
  const { process, end } = machine({ count: 1 })
  process(1).reserve('a')
  expect(() => process(2).reserve('a')).toThrow(refused('LEASE_HELD'))
  expect(() => process(2).allocate('b')).toThrow(refused('PORTS_EXHAUSTED'))
  end(1)
  expect(process(2).reserve('a').fencingToken).toBe(2)
  end(2)
  expect(process(3).allocate('b').fencingToken).toBe(3)
})

test('an activated block outlives its minute and its process', () => {
  const { clock, process, end } = machine({ count: 1 })
  const ports = process(1)
  ports.activate(ports.reserve('a'))
  end(1)
  clock.advance(3_600_000)
  expect(() => process(2).allocate('b')).toThrow(refused('PORTS_EXHAUSTED'))
})

test('claimFree passes over blocks in use, marks them, and tries them again after ten minutes', async () => {
  const { clock, process } = machine()
  const inUse = new Set([4210])
  const asked: number[] = []
  const ports = process(1, async (base, size) => {
    asked.push(base)
    return [...inUse].find((port) => port >= base && port < base + size)
  })
  expect(await ports.claimFree('a')).toMatchObject({ base: 4300, state: 'active' })
  expect(ports.list()[0]).toMatchObject({
    base: 4200,
    state: 'occupied',
    key: 'port 4210 is in use',
  })
  expect(ports.allocate('b').base).toBe(4400)
  inUse.clear()
  clock.advance(10 * 60_000)
  expect((await ports.claimFree('c')).base).toBe(4200)
  expect(asked).toEqual([4200, 4300, 4200])
})

test('claimFree gives the block that the key has, and waits for another process that is probing', async () => {
  const { process } = machine()
  let finish = () => {}
  const slow = process(1, () => new Promise((settle) => (finish = () => settle(undefined))))
  const first = slow.claimFree('a')
  const second = process(2, async () => 1).claimFree('a')
  await new Promise((resolve) => setTimeout(resolve, 60))
  finish()
  expect((await second).base).toBe((await first).base)
})

test('a probe that fails leaves no reservation and marks nothing', async () => {
  const { process } = machine()
  const ports = process(1, () => Promise.reject(new Error('no more files')))
  await expect(ports.claimFree('a')).rejects.toThrow('no more files')
  expect(ports.list()).toEqual([])
})

test('a given block is taken over if nobody has ports of it, and only for a key without one', () => {
  const ports = machine().process(1)
  expect(ports.allocateAt('a', 4500)?.base).toBe(4500)
  expect(ports.allocateAt('b', 4500)).toBeUndefined()
  expect(ports.allocateAt('a', 4700)?.base).toBe(4500)
  expect(ports.allocate('c').base).toBe(4200)
})

test('the probe really binds: a listener on the loopback address alone is seen', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as { port: number }
  expect(await probeByBinding(port, 1)).toBe(port)
  await new Promise((resolve) => server.close(resolve))
  expect(await probeByBinding(port, 1)).toBeUndefined()
})

test('reap shows first and changes nothing, then frees only what is certain', () => {
  const { clock, process, end } = machine()
  const here = folder()
  const gone = join(here, 'gone')
  process(1).allocate(here)
  process(2).allocate(gone)
  process(3).allocate('remote:host:/x')
  process(4).allocate('worker-4')
  process(5).reserve('worker-5')
  const ports = process(9)
  for (const pid of [1, 2, 3, 4, 5]) end(pid)
  const shown = ports.reap()
  expect(shown).toEqual([
    { base: 4200, key: here, action: 'forget-process', reason: 'process-ended' },
    { base: 4500, key: 'worker-4', action: 'free', reason: 'process-ended' },
    { base: 4600, key: 'worker-5', action: 'free', reason: 'process-ended' },
  ])
  expect(ports.list()).toHaveLength(5)
  expect(ports.reap({ dryRun: false })).toEqual(shown)
  expect(ports.list().map(({ key }) => key)).toEqual([here, gone, 'remote:host:/x'])
  expect(ports.list()[0]).toMatchObject({ process: '', liveness: 'none', pathExists: true })
  clock.advance(3_600_000)
  expect(ports.reap({ dryRun: false })).toMatchObject([{ key: gone, reason: 'path-missing' }])
})

test('a missing folder whose process is alive keeps its block, however long it is missing', () => {
  const { clock, process } = machine()
  process(1).allocate(join(folder(), 'gone'))
  clock.advance(30 * 24 * 3_600_000)
  expect(process(2).reap()).toEqual([])
})

test('claims and releases are told, reservations and uses are not', () => {
  const { process, changes } = machine()
  const ports = process(1)
  const block = ports.reserve('a')
  expect(changes).toEqual([])
  ports.activate(block)
  ports.allocate('a')
  ports.release(block)
  expect(changes.map(({ kind }) => kind)).toEqual(['claimed', 'released'])
})

test('layouts that no machine has are refused', () => {
  const ports = machine().process(1)
  for (const layout of [{ base: 0 }, { size: 0 }, { size: 1001 }, { base: 65_000, count: 9 }]) {
    expect(() => ports.with(layout)).toThrow(refused('ARGUMENT_INVALID'))
  }
})
