/**
 * Leases across processes.
 *
 * Invariants: at no moment do two processes have a lease that `ensure` accepts; tokens only rise; a
 * holder that slept past its expiry is refused; the lease of a dead process is taken at once, that
 * of a living one not because a clock jumped.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Lease } from '../../dist/index.js'
import { openSession, type Session } from '../support/session.ts'
import { tempStorePath } from '../support/temp-folder.ts'
import { race } from '../support/worker-process.ts'

const NAME = 'deploy'

test('of eight processes that take and give back one lease, no two ever have it at once', async () => {
  const path = tempStorePath()
  const tasks = Array.from({ length: 8 }, () => ({ path, name: NAME, count: 25 }))
  const tokens = (await race<number[]>('take-leases', tasks)).flat()
  expect(tokens).toHaveLength(8 * 25)
  expect(new Set(tokens).size).toBe(tokens.length)
})

test('a holder that was stopped past its expiry is refused when it goes on', async () => {
  const path = tempStorePath()
  const [sleeper, other] = [await openSession(path), await openSession(path)]
  const long = await sleeper.call<Lease>('acquire', { name: NAME, ttlMs: 60_000 })
  await sleeper.call('ensure', long)
  const old = await sleeper.call<Lease>('acquire', { name: NAME, ttlMs: 300 })
  expect(old.fencingToken).toBe(long.fencingToken)
  sleeper.signal('SIGSTOP')
  expect(await other.failing('acquire', { name: NAME, ttlMs: 300 })).toMatchObject({
    code: 'LEASE_HELD',
  })
  const taken = await takeWhenFree(other, 60_000)
  expect(taken.fencingToken).toBe(old.fencingToken + 1)
  sleeper.signal('SIGCONT')
  expect(await sleeper.failing('ensure', old)).toMatchObject({ code: 'LEASE_LOST' })
  expect(await sleeper.failing('renew', old)).toMatchObject({ code: 'LEASE_LOST' })
  // Giving back what was lost must not free the new holder's.
  await sleeper.call('release', old)
  await other.call('ensure', taken)
  expect(await sleeper.failing('acquire', { name: NAME, ttlMs: 700 })).toMatchObject({
    code: 'LEASE_HELD',
  })
})

test('a lease that expired while its holder was stopped is refused even if nobody took it', async () => {
  const session = await openSession(tempStorePath())
  const lease = await session.call<Lease>('acquire', { name: NAME, ttlMs: 150 })
  session.signal('SIGSTOP')
  await sleep(300)
  session.signal('SIGCONT')
  expect(await session.failing('ensure', lease)).toMatchObject({ code: 'LEASE_LOST' })
})

test('the lease of a killed process is taken at once, long before it expires', async () => {
  const path = tempStorePath()
  const [victim, heir] = [await openSession(path), await openSession(path)]
  const old = await victim.call<Lease>('acquire', { name: NAME, ttlMs: 3_600_000 })
  await victim.kill()
  const taken = await heir.call<Lease>('acquire', { name: NAME, ttlMs: 3_600_000 })
  expect(taken.fencingToken).toBe(old.fencingToken + 1)
})

test('a clock that is an hour ahead does not take a lease that its holder keeps renewing', async () => {
  const path = tempStorePath()
  const holder = await openSession(path)
  const ahead = await openSession(path, { clockOffsetMs: 3_600_000 })
  let lease = await holder.call<Lease>('acquire', { name: NAME, ttlMs: 60_000 })
  for (let look = 0; look < 6; look++) {
    expect(await ahead.failing('acquire', { name: NAME, ttlMs: 60_000 })).toMatchObject({
      code: 'LEASE_HELD',
    })
    await sleep(50)
    lease = await holder.call<Lease>('renew', lease)
  }
  await holder.call('ensure', lease)
})

// Asks again as a program would; a lease of a living process is only taken at the second look.
async function takeWhenFree(session: Session, ttlMs: number): Promise<Lease> {
  for (;;) {
    try {
      return await session.call<Lease>('acquire', { name: NAME, ttlMs })
    } catch (error) {
      if ((error as { code?: string }).code !== 'LEASE_HELD') throw error
      await sleep(50)
    }
  }
}
