import { rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { testConnection } from '../../../test/support/test-connection.ts'
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
