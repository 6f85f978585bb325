import { expect, test } from 'vitest'
import { testConnection } from '../../../test/support/test-connection.ts'
import { StoreError } from '../errors.ts'
import { type BusyWait, retryWhileBusy } from './busy-wait.ts'
import { describeLockHolder, lockHolderPid } from './lock-holder.ts'

const WAIT: BusyWait = { path: '/nowhere/state.db', timeoutMs: 30, random: () => 0.5 }
const busy = () => new StoreError('BUSY', 'locked')

test('what is refused is tried again until it succeeds', () => {
  let attempts = 0
  const result = retryWhileBusy({ ...WAIT, timeoutMs: 60_000 }, () => {
    if (++attempts < 4) throw busy()
    return 'done'
  })
  expect([result, attempts]).toEqual(['done', 4])
})

test('after the deadline the error says who and how long, and keeps the cause', () => {
  const cause = busy()
  const waiting = () =>
    retryWhileBusy(WAIT, () => {
      throw cause
    })
  expect(waiting).toThrow(/nowhere.*is being written by another process; waited \d+ ms/)
  expect(waiting).toThrow(expect.objectContaining({ code: 'BUSY', cause }))
})

test('any other error is not waited for', () => {
  let attempts = 0
  const failing = () =>
    retryWhileBusy(WAIT, () => {
      attempts++
      throw new StoreError('IO', 'disk')
    })
  expect(failing).toThrow('disk')
  expect(attempts).toBe(1)
})

test('the holder of the lock is named while it holds it', () => {
  const connection = testConnection()
  connection.exec('CREATE TABLE t (n)')
  expect(lockHolderPid(connection.path)).toBeUndefined()
  connection.write(() => {
    connection.run('INSERT INTO t VALUES (1)')
    // Only Linux tells.
    const isTold = process.platform === 'linux'
    expect(lockHolderPid(connection.path)).toBe(isTold ? process.pid : undefined)
    const words = isTold
      ? `this process (pid ${process.pid}), by another connection`
      : 'another process'
    expect(describeLockHolder(connection.path)).toBe(words)
  })
})

test('nobody is refused a lock that is free because it is another’s turn', () => {
  const connection = testConnection()
  connection.exec('CREATE TABLE t (n)')
  connection.turns.standsBack = () => true
  connection.write(() => connection.run('INSERT INTO t VALUES (1)'))
  expect(connection.values('SELECT n FROM t')).toEqual([[1]])
  const other = testConnection({ path: connection.path })
  other.turns.standsBack = () => true
  connection.write(() => {
    expect(() => other.write(() => 1)).toThrow(expect.objectContaining({ code: 'BUSY' }))
  })
})
