import { describe, expect, test } from 'vitest'
import { testConnection } from '../../../test/support/test-connection.ts'
import { KERNEL_MIGRATIONS } from '../migrations/kernel-schema.ts'
import { formatIdentity } from './identity.ts'
import { type Lease, type LeaseChange, Leases } from './leases.ts'
import type { ProcessProbe } from './process-probe.ts'

const identity = (pid: number) =>
  formatIdentity({ pid, startTime: '1', bootId: 'boot', pidNamespace: '1', host: 'here' })

/** Two processes on one file, and a machine on which the test says who lives. */
function machine() {
  const state = { nowMs: 1_000_000, living: new Set([1, 2]) }
  const changes: LeaseChange[] = []
  const probe: ProcessProbe = {
    pid: 9,
    bootId: () => 'boot',
    pidNamespace: () => '1',
    host: () => 'here',
    signal: (pid) => (state.living.has(pid) ? 'exists' : 'absent'),
    look: () => ({ startTime: '1', isZombie: false }),
  }
  const first = testConnection()
  for (const { sql } of KERNEL_MIGRATIONS) first.exec(sql)
  const process = (pid: number, connection = testConnection({ path: first.path })) =>
    new Leases({
      connection,
      clock: () => state.nowMs,
      probe,
      process: identity(pid),
      onChange: (change) => void changes.push(change),
    })
  return { state, changes, one: process(1, first), two: process(2), first, process }
}

const REQUEST = { name: 'deploy', ttlMs: 10_000 }
const code = (expected: string) => expect.objectContaining({ code: expected })

describe('acquiring', () => {
  test('gives a lease to this process, until it expires', () => {
    const { one } = machine()
    expect(one.acquire(REQUEST)).toEqual({
      name: 'deploy',
      owner: identity(1),
      fencingToken: 1,
      expiresAtMs: 1_010_000,
    })
  })

  test('of another’s lease is refused, naming the owner and the end', () => {
    const { one, two } = machine()
    const { owner, expiresAtMs } = one.acquire(REQUEST)
    expect(() => two.acquire(REQUEST)).toThrow(
      expect.objectContaining({ code: 'LEASE_HELD', lease: 'deploy', owner, expiresAtMs }),
    )
  })

  test('of one’s own extends it under the same token', () => {
    const { one, state } = machine()
    one.acquire(REQUEST)
    state.nowMs += 4_000
    expect(one.acquire(REQUEST)).toMatchObject({ fencingToken: 1, expiresAtMs: 1_014_000 })
  })

  test('under another owner’s name in the same process is refused', () => {
    const { one } = machine()
    one.acquire({ ...REQUEST, owner: 'agent-7' })
    expect(() => one.acquire({ ...REQUEST, owner: 'agent-8' })).toThrow(code('LEASE_HELD'))
  })

  test('of the lease of a process that has died succeeds at once', () => {
    const { one, two, state, changes } = machine()
    one.acquire(REQUEST)
    state.living.delete(1)
    expect(two.acquire(REQUEST)).toMatchObject({ owner: identity(2), fencingToken: 2 })
    expect(changes.at(-1)).toMatchObject({ kind: 'acquired', previousOwner: identity(1) })
  })

  test('of an expired lease of a living process needs a second look: clocks jump', async () => {
    const { one, two, state } = machine()
    one.acquire({ name: 'deploy', ttlMs: 20 })
    state.nowMs += 21
    expect(() => two.acquire(REQUEST)).toThrow(code('LEASE_HELD'))
    await new Promise((resolve) => setTimeout(resolve, 25))
    expect(two.acquire(REQUEST)).toMatchObject({ fencingToken: 2 })
  })

  test('waits anew when the holder renewed between the looks', async () => {
    const { one, two, state } = machine()
    const lease = one.acquire({ name: 'deploy', ttlMs: 20 })
    state.nowMs += 21
    expect(() => two.acquire(REQUEST)).toThrow(code('LEASE_HELD'))
    one.renew(lease)
    await new Promise((resolve) => setTimeout(resolve, 25))
    state.nowMs += 21
    expect(() => two.acquire(REQUEST)).toThrow(code('LEASE_HELD'))
  })

  test.each([
    { name: '', ttlMs: 1 },
    { name: 'a', ttlMs: 0 },
    { name: 'a', ttlMs: Number.NaN },
    { name: 'a', ttlMs: 31 * 24 * 3_600_000 },
    { name: 'a', ttlMs: 1, owner: '' },
  ])('with %j is refused', (request) => {
    expect(() => machine().one.acquire(request)).toThrow(code('ARGUMENT_INVALID'))
  })
})

describe('the fencing token', () => {
  test('rises with each change of owner and never goes back, not even by a release', () => {
    const { one, two } = machine()
    const tokens: number[] = []
    for (const leases of [one, two, one]) {
      const lease = leases.acquire(REQUEST)
      tokens.push(lease.fencingToken)
      leases.release(lease)
    }
    expect(tokens).toEqual([1, 2, 3])
  })

  test('tells a holder that slept past its expiry from its successor', () => {
    const { one, two, state } = machine()
    const old = one.acquire(REQUEST)
    state.living.delete(1)
    const current = two.acquire(REQUEST)
    expect(() => one.ensure(old)).toThrow(code('LEASE_LOST'))
    expect(() => one.renew(old)).toThrow(code('LEASE_LOST'))
    one.release(old)
    expect(two.get('deploy')).toEqual(current)
    two.ensure(current)
  })
})

describe('a lease', () => {
  test('that has expired protects nothing any more, though nobody has taken it', () => {
    const { one, state } = machine()
    const lease = one.acquire(REQUEST)
    state.nowMs += 9_999
    one.ensure(lease)
    state.nowMs += 1
    expect(() => one.ensure(lease)).toThrow(/has expired/)
    expect(one.get('deploy')).toBeUndefined()
  })

  test('that was released can be taken, and its release is told once', () => {
    const { one, two, changes } = machine()
    const lease = one.acquire(REQUEST)
    one.release(lease)
    one.release(lease)
    expect(() => one.renew(lease)).toThrow(/was released/)
    two.acquire(REQUEST)
    expect(changes.map(({ kind }) => kind)).toEqual(['acquired', 'released', 'acquired'])
  })

  test('is renewed from now, by its own ttl or another, without a word in the log', () => {
    const { one, state, changes } = machine()
    const lease = one.acquire(REQUEST)
    state.nowMs += 5_000
    expect(one.renew(lease).expiresAtMs).toBe(1_015_000)
    expect(one.renew(lease, 1).expiresAtMs).toBe(1_005_001)
    expect(changes).toHaveLength(1)
  })
})

test('the list says who holds what and whether they live', () => {
  const { one, two, state } = machine()
  one.acquire(REQUEST)
  two.acquire({ name: 'build', ttlMs: 1_000 })
  two.acquire({ name: 'agent', ttlMs: 1_000, owner: 'agent-7' })
  const released: Lease = one.acquire({ name: 'gone', ttlMs: 1_000 })
  one.release(released)
  state.living.delete(2)
  const seen = one.list().map(({ name, liveness }) => [name, liveness])
  expect(seen).toEqual([
    ['agent', 'dead'],
    ['build', 'dead'],
    ['deploy', 'alive'],
  ])
})
