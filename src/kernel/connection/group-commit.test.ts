import { afterEach, expect, test, vi } from 'vitest'
import { testConnection } from '../../../test/support/test-connection.ts'
import type { Connection } from './connection.ts'
import { GroupCommit } from './group-commit.ts'

afterEach(() => vi.restoreAllMocks())

function setUp(timeoutMs = 60_000): {
  connection: Connection
  group: GroupCommit
  commits: () => number
} {
  const connection = testConnection({ timeoutMs })
  connection.exec('CREATE TABLE t (n INTEGER UNIQUE) STRICT')
  let commits = 0
  connection.hooks = {
    beforeWrite: () => undefined,
    foreignCommit: () => false,
    prepareWrite: () => undefined,
    beforeCommit: () => undefined,
    afterCommit: () => void commits++,
  }
  return { connection, group: new GroupCommit(connection), commits: () => commits }
}

const add = (connection: Connection, n: number) => () => {
  connection.run('INSERT INTO t VALUES (?)', [n])
  return n
}
const all = (connection: Connection) =>
  connection.all<{ n: number }>('SELECT n FROM t ORDER BY n').map(({ n }) => n)

test('callers at the same time share one commit, in the order of their calls', async () => {
  const { connection, group, commits } = setUp()
  const results = await Promise.all([1, 2, 3].map((n) => group.write(add(connection, n), 'normal')))
  expect([results, commits()]).toEqual([[1, 2, 3], 1])
})

test('a function that throws rejects its own caller and undoes only itself', async () => {
  const { connection, group } = setUp()
  const results = await Promise.allSettled([
    group.write(add(connection, 1), 'normal'),
    group.write(() => {
      add(connection, 2)()
      throw new Error('no')
    }, 'normal'),
    group.write(add(connection, 3), 'normal'),
  ])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(all(connection)).toEqual([1, 3])
})

test('a function that returns a promise is refused like any other that throws', async () => {
  const { connection, group } = setUp()
  const refused = group.write(async () => add(connection, 1)(), 'normal')
  await expect(refused).rejects.toMatchObject({ code: 'PROMISE_IN_TRANSACTION' })
  expect(all(connection)).toEqual([])
})

test('a commit that fails rejects all who shared it, and nothing is tried again', async () => {
  const { connection, group } = setUp()
  let runs = 0
  connection.hooks = {
    ...connection.hooks,
    beforeCommit: () => {
      throw new Error('disk full')
    },
  }
  const results = await Promise.allSettled(
    [1, 2].map((n) =>
      group.write(() => {
        runs++
        return add(connection, n)()
      }, 'normal'),
    ),
  )
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect([runs, all(connection)]).toEqual([2, []])
})

test('one caller’s full durability is that of its whole group, which is flushed once', async () => {
  const { connection, group } = setUp()
  let flushes = 0
  connection.walSync.sync = () => {
    flushes++
  }
  await Promise.all([group.write(() => 1, 'normal'), group.write(() => 2, 'normal')])
  expect(flushes).toBe(0)
  await Promise.all([group.write(() => 1, 'normal'), group.write(() => 2, 'full')])
  expect(flushes).toBe(1)
})

test('waiting for the lock does not block, and ends when it is free', async () => {
  const { connection, group } = setUp()
  const other = testConnection({ path: connection.path })
  other.driver.exec('BEGIN IMMEDIATE')
  const written = group.write(add(connection, 1), 'normal')
  let ticks = 0
  const timer = setInterval(() => ticks++, 1)
  // The lock is let go only after that: a wait that blocked would never see it free.
  await expect.poll(() => ticks).toBeGreaterThan(10)
  clearInterval(timer)
  other.driver.exec('COMMIT')
  expect(await written).toBe(1)
})

test('a lock that stays taken rejects with BUSY after the deadline', async () => {
  const { connection, group } = setUp(20)
  const other = testConnection({ path: connection.path })
  other.driver.exec('BEGIN IMMEDIATE')
  await expect(group.write(add(connection, 1), 'normal')).rejects.toMatchObject({ code: 'BUSY' })
  other.driver.exec('COMMIT')
  expect(await group.write(add(connection, 2), 'normal')).toBe(2)
  expect(all(connection)).toEqual([2])
})

test('each caller waits for its own deadline, and is told how long it waited', async () => {
  const { connection, group } = setUp(200)
  const other = testConnection({ path: connection.path })
  other.driver.exec('BEGIN IMMEDIATE')
  let nowMs = 1_000
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
  const failures: string[] = []
  const write = (n: number) =>
    group
      .write(add(connection, n), 'normal')
      .catch((error: Error) => void failures.push(`${n}: ${error.message}`))
  const tries = vi.spyOn(connection, 'tryWrite')
  // Some attempts of the queue, at the time it is; one may have begun before.
  const attempts = () => {
    const before = tries.mock.calls.length
    return expect.poll(() => tries.mock.calls.length).toBeGreaterThan(before + 2)
  }
  write(1)
  await attempts()
  nowMs += 150
  write(2)
  write(3)
  await attempts()
  expect(failures).toEqual([])
  nowMs += 50
  await expect.poll(() => failures).toEqual([expect.stringMatching(/^1: .* waited 200 ms/)])
  await attempts()
  nowMs += 149
  await attempts()
  expect(failures).toHaveLength(1)
  nowMs += 1
  await expect
    .poll(() => failures.slice(1))
    .toEqual([
      expect.stringMatching(/^2: .* waited 200 ms/),
      expect.stringMatching(/^3: .* waited 200 ms/),
    ])
  const last = group.write(add(connection, 4), 'normal')
  other.driver.exec('COMMIT')
  expect(await last).toBe(4)
  expect(all(connection)).toEqual([4])
})

test('draining commits what waits, at once', async () => {
  const { connection, group } = setUp()
  const written = group.write(add(connection, 1), 'normal')
  group.drainNow()
  expect(all(connection)).toEqual([1])
  expect(await written).toBe(1)
})
