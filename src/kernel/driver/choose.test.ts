import { expect, test } from 'vitest'
import { StoreError } from '../errors.ts'
import type { BetterSqlite3 } from './better-sqlite3.ts'
import { chooseDriver, isSafeSqlite } from './choose.ts'
import type { DriverName } from './driver.ts'

// Stands in for a better-sqlite3 that was built with some other SQLite.
const libraryWith = (version: string): BetterSqlite3 =>
  class {
    readonly open = true
    readonly inTransaction = false
    prepare() {
      const statement = {
        reader: true,
        readonly: true,
        run: () => ({ changes: 0, lastInsertRowid: 0 }),
        get: () => undefined,
        all: () => [[version]],
        raw: () => statement,
        columns: () => [],
      }
      return statement
    }
    exec() {}
    function() {}
    close() {}
  }

test('versions are compared by number, not as text', () => {
  for (const safe of ['3.51.3', '3.51.10', '3.52.0', '3.100.0', '4.0.0']) {
    expect(isSafeSqlite(safe), safe).toBe(true)
  }
  for (const unsafe of ['3.51.2', '3.50.9', '3.9.9', '2.99.99']) {
    expect(isSafeSqlite(unsafe), unsafe).toBe(false)
  }
})

test('a class of better-sqlite3 that the program passes is used', () => {
  const factory = chooseDriver({ driver: libraryWith('3.60.0') })
  expect(factory).toMatchObject({ name: 'better-sqlite3', sqliteVersion: '3.60.0' })
})

test('a library with an older SQLite is DRIVER_UNSAFE, with the fix as its hint', () => {
  const choose = () => chooseDriver({ driver: libraryWith('3.49.1') })
  expect(choose).toThrow(StoreError)
  expect(choose).toThrow(
    expect.objectContaining({ code: 'DRIVER_UNSAFE', hint: 'npm i better-sqlite3@~12.11' }),
  )
})

test('HOLDFAST_DRIVER names the library, and an option overrules it', () => {
  const environment = { HOLDFAST_DRIVER: 'better-sqlite3' }
  expect(chooseDriver({ environment }).name).toBe('better-sqlite3')
  const overruled = chooseDriver({ environment, driver: libraryWith('3.60.0') })
  expect(overruled.sqliteVersion).toBe('3.60.0')
})

test('a library that this runtime lacks, or that is unknown, is DRIVER_MISSING', () => {
  expect(() => chooseDriver({ driver: 'bun:sqlite' })).toThrow(
    expect.objectContaining({ code: 'DRIVER_MISSING' }),
  )
  expect(() => chooseDriver({ driver: 'sqlite3' as DriverName })).toThrow(
    expect.objectContaining({ code: 'DRIVER_MISSING' }),
  )
})

test('without a wish the driver is a safe one', () => {
  expect(isSafeSqlite(chooseDriver({ environment: {} }).sqliteVersion)).toBe(true)
})

test('a library that was compiled for another Node says for which, and what to do', () => {
  // What Node says, in the constructor: the compiled half is loaded no earlier.
  const text = `The module '/x/better_sqlite3.node'
was compiled against a different Node.js version using
NODE_MODULE_VERSION 147. This version of Node.js requires
NODE_MODULE_VERSION 127. Please try re-compiling or re-installing`
  class Library {
    constructor() {
      throw Object.assign(new Error(text), { code: 'ERR_DLOPEN_FAILED' })
    }
  }
  expect(() => chooseDriver({ driver: Library as unknown as BetterSqlite3 })).toThrow(
    expect.objectContaining({
      code: 'DRIVER_MISSING',
      message: expect.stringMatching(/compiled for ABI 147, and Node \S+ has ABI 127/),
      hint: expect.stringContaining('npm rebuild better-sqlite3'),
    }),
  )
})
