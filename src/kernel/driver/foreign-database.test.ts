import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { chooseDriver } from './choose.ts'
import { openForeignDatabase } from './foreign-database.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-foreign-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function rowsOf(create: string, places: readonly number[]) {
  const path = join(folder, 'other.db')
  const made = chooseDriver().open(path)
  made.exec(create)
  const insert = made.prepare(`INSERT INTO "a ""table" VALUES (?, ?)`)
  made.exec('BEGIN')
  for (const place of places) insert.run([place, `row ${place}`])
  made.exec('COMMIT')
  made.close()
  const database = openForeignDatabase(path)
  const rows = [...database.rows('a "table')].map((row) => Object.values(row)[1])
  database.close()
  return rows
}

const places = (count: number, step = 1) =>
  Array.from({ length: count }, (_, n) => (n - 700) * step)
const texts = (numbers: readonly number[]) => numbers.map((place) => `row ${place}`)

test.each([
  [
    'with a key of its own, holes and negative numbers',
    '(sequence INTEGER PRIMARY KEY, text TEXT)',
    3,
  ],
  ['without a key', '(place INTEGER, text TEXT)', 1],
  ['whose column is called rowid', '(rowid TEXT, text TEXT)', 1],
  ['whose columns hide the rowid', '(rowid TEXT, oid TEXT)', 1],
  ['without rowid', '(place INTEGER PRIMARY KEY, text TEXT) WITHOUT ROWID', 7],
])('every row of a table %s comes once, in order', (_, columns, step) => {
  const numbers = places(1_731, step)
  expect(rowsOf(`CREATE TABLE "a ""table" ${columns}`, numbers)).toEqual(texts(numbers))
})

test('a table of one full page, and an empty one, come to their end', () => {
  expect(rowsOf('CREATE TABLE "a ""table" (a INTEGER, b TEXT)', places(500))).toHaveLength(500)
  rmSync(join(folder, 'other.db'))
  expect(rowsOf('CREATE TABLE "a ""table" (a INTEGER, b TEXT)', [])).toEqual([])
})

test('a table whose columns take all names of the rowid is read by offset', () => {
  const path = join(folder, 'hidden.db')
  const made = chooseDriver().open(path)
  made.exec('CREATE TABLE hidden (rowid TEXT, oid TEXT, _rowid_ TEXT)')
  const insert = made.prepare('INSERT INTO hidden VALUES (?, ?, ?)')
  made.exec('BEGIN')
  for (let n = 0; n < 1_200; n++) insert.run(['x', 'x', String(n)])
  made.exec('COMMIT')
  made.close()
  const database = openForeignDatabase(path)
  expect([...database.rows('hidden')].map((row) => row['_rowid_'])).toEqual(
    Array.from({ length: 1_200 }, (_, n) => String(n)),
  )
  database.close()
})
