import { readdirSync, rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { testConnection } from '../../../test/support/test-connection.ts'
import { Checkpointer } from './checkpointer.ts'
import { WalSync } from './wal-sync.ts'

test('a full commit is acknowledged when the WAL was flushed, a normal one without', () => {
  const connection = testConnection()
  const flushed: string[] = []
  connection.walSync.sync = () => {
    flushed.push('flush')
  }
  connection.write(() => connection.exec('CREATE TABLE t (n)'))
  expect(flushed).toEqual([])
  connection.write(() => connection.run('INSERT INTO t VALUES (1)'), 'full')
  expect(flushed).toEqual(['flush'])
})

test('a flush that fails says that the commit is there, and what to do', () => {
  const connection = testConnection()
  connection.write(() => connection.exec('CREATE TABLE t (n)'))
  const sync = new WalSync(`${connection.path}-elsewhere`)
  connection.walSync.sync = () => sync.sync()
  const write = () => connection.write(() => connection.run('INSERT INTO t VALUES (1)'), 'full')
  expect(write).toThrow(expect.objectContaining({ code: 'IO' }))
  expect(write).toThrow(/committed to, but not flushed/)
  expect(connection.get('SELECT count(*) AS n FROM t')).toEqual({ n: 2 })
})

test('flushes the file of the connection, and lets go of it', () => {
  const connection = testConnection()
  connection.write(() => connection.exec('CREATE TABLE t (n)'))
  const sync = new WalSync(connection.path)
  expect(() => sync.sync()).not.toThrow()
  sync.close()
  rmSync(`${connection.path}-wal`)
  expect(() => sync.sync()).toThrow(expect.objectContaining({ code: 'IO' }))
})

test('a flush that was begun is waited for by nobody, not even by close', async (context) => {
  context.skip(process.platform !== 'linux', 'only Linux lists open files')
  const connection = testConnection()
  connection.write(() => connection.exec('CREATE TABLE t (n)'))
  const sync = new WalSync(connection.path)
  const open = () => readdirSync('/proc/self/fd').length
  const before = open()
  for (let flush = 0; flush < 20; flush++) sync.begin()
  sync.close()
  await expect.poll(open).toBeLessThanOrEqual(before)
  expect(() => new WalSync(`${connection.path}-elsewhere`).begin()).not.toThrow()
})

test('a WAL that grows is flushed on the way', () => {
  const connection = testConnection()
  const begun: number[] = []
  connection.walSync.begin = () => {
    begun.push(1)
  }
  const checkpointer = new Checkpointer(connection, () => undefined)
  connection.hooks = { ...connection.hooks, afterCommit: () => checkpointer.afterCommit() }
  connection.write(() => connection.exec('CREATE TABLE t (n)'))
  const commit = () =>
    connection.write(() => connection.run('INSERT INTO t VALUES (zeroblob(40000))'))
  for (let commits = 0; commits < 320; commits++) commit()
  checkpointer.stop()
  // Some thirteen frames each, and a flush for each thousand.
  expect(begun.length).toBeGreaterThanOrEqual(3)
  expect(begun.length).toBeLessThanOrEqual(5)
})
