/**
 * Files that are not the store one hoped for.
 *
 * Invariants: each is refused with a typed error and a hint, in every mode; not a byte of it changes
 * and nothing is left beside it; a store of a newer kernel is still read.
 */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { isStoreError, type OpenOptions, openStore, type StoreError } from '../../dist/index.js'
import { chooseDriver } from '../../dist/kernel/driver/choose.js'
import { tempFolder, tempStorePath } from '../support/temp-folder.ts'
import { tally } from '../support/workers/tally.mjs'

const MODES = ['write', 'read', 'exclusive'] as const

const CONTENTS = {
  'a text file': 'remember the milk\n'.repeat(100),
  'a short text file': 'milk',
  'a JSON file': JSON.stringify({ tasks: Array.from({ length: 200 }, (_, id) => ({ id })) }),
  'random bytes': Buffer.from(Array.from({ length: 9000 }, (_, n) => (n * 7919) % 251)),
  zeros: Buffer.alloc(8192),
}

for (const mode of MODES) {
  test.each(Object.entries(CONTENTS))(`%s is not opened as a store in mode ${mode}`, (_, bytes) => {
    const path = tempStorePath()
    writeFileSync(path, bytes)
    expect(refusal(path, { mode })).toMatchObject({ code: 'NOT_A_STORE', hint: expect.any(String) })
    expectUntouched(path, Buffer.from(bytes))
  })

  test(`another program's SQLite file is not opened as a store in mode ${mode}`, () => {
    const path = tempStorePath()
    const other = chooseDriver().open(path)
    other.exec('CREATE TABLE milk (id INTEGER PRIMARY KEY); INSERT INTO milk VALUES (1)')
    other.close()
    const before = readFileSync(path)
    expect(refusal(path, { mode })).toMatchObject({
      code: 'NOT_A_STORE',
      hint: expect.stringContaining('import'),
    })
    expectUntouched(path, before)
  })
}

test('a store whose first page was cut off is refused and left as it is', () => {
  const path = tempStorePath()
  const before = readFileSync(smallStore()).subarray(4096)
  writeFileSync(path, before)
  expect(refusal(path)).toMatchObject({ code: 'NOT_A_STORE', hint: expect.any(String) })
  expectUntouched(path, before)
})

test('a folder and a symbolic link are refused as a store', () => {
  const folder = tempFolder()
  mkdirSync(join(folder, 'state.db'))
  expect(refusal(join(folder, 'state.db'))).toMatchObject({ code: 'PATH_REFUSED' })
  const path = smallStore()
  symlinkSync(path, join(folder, 'link.db'))
  expect(refusal(join(folder, 'link.db'))).toMatchObject({
    code: 'PATH_REFUSED',
    hint: expect.stringContaining('points to'),
  })
})

test('a store of a newer kernel refuses writes with STORE_NEWER and is read', () => {
  const path = smallStore()
  const newer = chooseDriver().open(path)
  newer.exec("UPDATE modules SET version = version + 1 WHERE name = 'holdfast'")
  newer.exec('PRAGMA user_version = 1000')
  newer.close()
  using store = openStore(path, { tally: tally() })
  expect(() => store.tally.add('a')).toThrow(
    expect.objectContaining({ code: 'STORE_NEWER', hint: expect.stringContaining('update') }),
  )
  expect(store.tally.rows()).toEqual([{ name: 'a', entries: 1, total: 1 }])
  using reader = openStore(path, { tally: tally() }, { mode: 'read' })
  expect(reader.log.read()).toHaveLength(1)
})

test('a SQLite that can lose commits is refused before it touches the file', () => {
  const path = tempStorePath()
  // As much of the library as is asked for its version.
  class Old {
    prepare() {
      return { raw: () => ({ all: () => [['3.51.2']] }) }
    }
    close() {}
  }
  expect(refusal(path, { driver: Old as never })).toMatchObject({
    code: 'DRIVER_UNSAFE',
    hint: expect.stringContaining('better-sqlite3'),
  })
  expect(readdirSync(dirname(path)).filter((name) => name !== basename(path))).toEqual([])
})

test('a missing store is no error for a reader until it asks, and attaches when it appears', () => {
  const path = tempStorePath()
  using reader = openStore(path, { tally: tally() }, { mode: 'read' })
  expect(reader.attached).toBe(false)
  expect(() => reader.tally.rows()).toThrow(expect.objectContaining({ code: 'STORE_MISSING' }))
  expect(readdirSync(dirname(path))).toEqual([])
  using writer = openStore(path, { tally: tally() })
  writer.tally.add('a')
  expect(reader.tally.rows()).toHaveLength(1)
})

test('a store that lacks a module is read without it, and says STORE_OLDER for it', () => {
  const path = tempStorePath()
  openStore(path).close()
  using reader = openStore(path, { tally: tally() }, { mode: 'read' })
  expect(reader.log.read()).toEqual([])
  expect(() => reader.tally.rows()).toThrow(expect.objectContaining({ code: 'STORE_OLDER' }))
})

test('a store that its maker has marked and not filled is not there yet for a reader', () => {
  const path = tempStorePath()
  const maker = chooseDriver().open(path)
  maker.exec('PRAGMA journal_mode = WAL; PRAGMA application_id = 0x486f6c64')
  using reader = openStore(path, { tally: tally() }, { mode: 'read' })
  expect(reader.attached).toBe(false)
  expect(() => reader.log.head()).toThrow(expect.objectContaining({ code: 'STORE_MISSING' }))
  maker.close()
  using writer = openStore(path, { tally: tally() })
  writer.tally.add('a')
  expect(reader.tally.rows()).toHaveLength(1)
})

function refusal(path: string, options: OpenOptions = {}): StoreError {
  try {
    openStore(path, { tally: tally() }, options).close()
  } catch (error) {
    if (isStoreError(error)) return error
    throw error
  }
  throw new Error(`${path} was opened`)
}

function expectUntouched(path: string, before: Buffer): void {
  expect(readFileSync(path).equals(before)).toBe(true)
  expect(readdirSync(dirname(path))).toEqual([basename(path)])
}

function smallStore(): string {
  const path = tempStorePath()
  using store = openStore(path, { tally: tally() })
  store.tally.add('a')
  return path
}
