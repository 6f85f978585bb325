import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { type BetterSqlite3, betterSqlite3 } from './better-sqlite3.ts'
import { addonClass } from './better-sqlite3-addon.ts'

const require = createRequire(import.meta.url)
const Library = require('better-sqlite3') as BetterSqlite3 & {
  readonly SqliteError: new () => Error
}

const load = (file: string): unknown => require(`better-sqlite3/${file}`)

describe('the addon of better-sqlite3 alone', () => {
  test('is used in the releases that were read, and in no other', () => {
    expect(addonClass('12.11.1', load)).toBeDefined()
    for (const version of ['12.10.0', '12.12.0', '13.0.0', '12.11.1-beta']) {
      expect(addonClass(version, load)).toBeUndefined()
    }
  })

  test('is left to the library where it is not in its place', () => {
    const nothing = () => {
      throw new Error('not found')
    }
    expect(addonClass('12.11.1', nothing)).toBeUndefined()
  })

  test('is shared with a program that uses the library, and its errors are of one class', () => {
    const mine = betterSqlite3().open(':memory:')
    const theirs = new Library(':memory:')
    expect(() => theirs.prepare('SELECT nonsense')).toThrow(Library.SqliteError)
    const failed = (() => {
      try {
        mine.prepare('SELECT nonsense')
        return undefined
      } catch (error) {
        return (error as Error).cause
      }
    })()
    expect(failed).toBeInstanceOf(Library.SqliteError)
    theirs.close()
    mine.close()
  })
})
