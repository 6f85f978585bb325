import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { tempStorePath } from '../../../test/support/temp-folder.ts'
import { testConnection } from '../../../test/support/test-connection.ts'
import { chooseDriver } from '../driver/choose.ts'
import type { DriverFactory } from '../driver/driver.ts'
import { openConnection } from './open-connection.ts'
import { APPLICATION_ID, readPragma } from './pragmas.ts'

describe('a new file', () => {
  test('has the settings that cannot be changed later', () => {
    const { driver } = testConnection()
    driver.exec('CREATE TABLE t (n)')
    expect(readPragma(driver, 'application_id')).toBe(APPLICATION_ID)
    expect(readPragma(driver, 'page_size')).toBe(4096)
    expect(readPragma(driver, 'auto_vacuum')).toBe(2)
    expect(driver.prepare('PRAGMA journal_mode').values()).toEqual([['wal']])
  })

  test('is opened with foreign keys, no busy handler and no trust in its schema', () => {
    const { driver } = testConnection()
    expect(readPragma(driver, 'foreign_keys')).toBe(1)
    expect(readPragma(driver, 'trusted_schema')).toBe(0)
    expect(readPragma(driver, 'busy_timeout')).toBe(0)
    expect(readPragma(driver, 'synchronous')).toBe(1)
  })
})

test('an empty file is taken for new by a writer, and for not made yet by a reader', () => {
  const path = tempStorePath()
  writeFileSync(path, '')
  expect(() => testConnection({ path, isReadOnly: true })).toThrow(
    expect.objectContaining({ code: 'STORE_MISSING' }),
  )
  expect(readPragma(testConnection({ path }).driver, 'application_id')).toBe(APPLICATION_ID)
})

test('a store that another process makes between two looks is not taken for somebody else’s', () => {
  const path = tempStorePath()
  writeFileSync(path, '')
  const chosen = chooseDriver()
  const open: DriverFactory['open'] = (file, options) => {
    const driver = chosen.open(file, options)
    const prepare = driver.prepare.bind(driver)
    let isMade = false
    driver.prepare = (sql) => {
      if (sql.includes('sqlite_schema') && !isMade) {
        isMade = true
        testConnection({ path }).exec('CREATE TABLE t (n)')
      }
      return prepare(sql)
    }
    return driver
  }
  const wait = { path, timeoutMs: 20, random: Math.random }
  const connection = openConnection({ ...chosen, open }, path, { isReadOnly: false, wait })
  expect(connection.get('SELECT count(*) AS n FROM t')).toEqual({ n: 0 })
  connection.close()
})

test('a file that is not there is missing to a reader', () => {
  expect(() => testConnection({ isReadOnly: true })).toThrow(
    expect.objectContaining({ code: 'STORE_MISSING' }),
  )
})

test('another program’s database is refused and left as it is', () => {
  const path = tempStorePath()
  const foreign = chooseDriver().open(path)
  foreign.exec('CREATE TABLE theirs (n)')
  foreign.close()
  expect(() => testConnection({ path })).toThrow(expect.objectContaining({ code: 'NOT_A_STORE' }))
  const again = chooseDriver().open(path)
  expect(readPragma(again, 'application_id')).toBe(0)
  again.close()
})

test('what is no database at all is refused', () => {
  const path = tempStorePath()
  writeFileSync(path, 'not a database, but long enough to be looked at as one. '.repeat(100))
  expect(() => testConnection({ path })).toThrow(expect.objectContaining({ code: 'NOT_A_STORE' }))
})
