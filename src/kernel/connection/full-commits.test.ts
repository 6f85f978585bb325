import { expect, test } from 'vitest'
import { testConnection } from '../../../test/support/test-connection.ts'
import { FullCommits } from './full-commits.ts'
import { readPragma } from './pragmas.ts'
import { WalSync } from './wal-sync.ts'

const NORMAL = 1
const FULL = 2

test('a full commit is flushed after the lock, and inside it while writers crowd', () => {
  const { driver, path } = testConnection()
  const walSync = new WalSync(path)
  let flushes = 0
  walSync.sync = () => {
    flushes++
  }
  const commits = new FullCommits(driver, walSync)
  const settle = (isCrowd: boolean) => {
    commits.prepare(true, isCrowd)
    const setting = readPragma(driver, 'synchronous')
    commits.settle()
    return [setting, flushes]
  }
  expect([settle(false), settle(true), settle(true), settle(false)]).toEqual([
    [NORMAL, 1],
    [FULL, 1],
    [FULL, 1],
    [NORMAL, 2],
  ])
  commits.prepare(true, true)
  commits.prepare(false, true)
  expect(readPragma(driver, 'synchronous')).toBe(NORMAL)
})
