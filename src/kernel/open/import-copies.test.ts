/** Copies of one log: what is known of the first when the others come. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempFolder } from '../../../test/support/temp-folder.ts'
import { openStore } from './open-store.ts'

const line = (number: number, more = '') =>
  `{"ts":"2026-01-01T00:00:00Z","number":${number}, "more":"${more}"}\n`

function setUp() {
  const folder = tempFolder()
  mkdirSync(join(folder, 'in'))
  const path = (name: string) => join(folder, 'in', name)
  const write = (name: string, lines: readonly string[]) => {
    writeFileSync(path(name), lines.join(''))
    return path(name)
  }
  const open = () => openStore(join(folder, 'state.db'))
  return { write, open }
}

const HASHES = /* sql */ `SELECT length(hashes) AS bytes FROM import_records ORDER BY id`

test('a copy of a log that was imported alone adds only what that has not', () => {
  const { write, open } = setUp()
  using store = open()
  // The second has a body of its own, being long; the third is mended.
  const first = [line(1), line(2, 'x'.repeat(9000)), line(3, 'tab\t'), line(4), line(4)]
  store.import([write('a.jsonl', first)])
  expect(store.sql.all(HASHES)).toEqual([{ bytes: 0 }])
  const second = [
    line(1),
    line(4),
    line(3, 'tab\t'),
    line(4),
    line(4),
    line(5),
    ...first.slice(1, 2),
  ]
  expect(store.import([write('b.jsonl', second)])).toMatchObject({ stored: 2, duplicate: 5 })
  expect(store.sql.all(HASHES)).toEqual([{ bytes: 5 * 12 }, { bytes: 7 * 12 }])
  expect(store.import([write('c.jsonl', first)])).toMatchObject({ stored: 0, duplicate: 5 })
})

test('a log that was imported alone goes on beside its copy', () => {
  const { write, open } = setUp()
  using store = open()
  const first = [line(1), line(2)]
  const path = write('a.jsonl', first)
  store.import([path])
  store.import([write('b.jsonl', [...first, line(3)])])
  write('a.jsonl', [...first, line(3), line(3)])
  expect(store.import([path])).toMatchObject({ stored: 1, duplicate: 1 })
})

test('a reject among the records does not keep their events from saying the hashes', () => {
  const { write, open } = setUp()
  using store = open()
  store.import([write('a.jsonl', [line(1), '[]\n', line(2)])])
  expect(store.sql.all(HASHES)).toEqual([{ bytes: 0 }])
  expect(store.import([write('b.jsonl', [line(1), '[]\n', line(2), line(2)])])).toMatchObject({
    stored: 1,
    rejected: 1,
  })
})

test('a log that was imported alone is retired against its events', () => {
  const { write, open } = setUp()
  using store = open()
  const path = write('a.jsonl', [line(1), line(2, 'x'.repeat(9000))])
  const [report] = store.import([path], { retire: true }).sources
  expect(report?.retiredTo).toBe(`${path}.1.bak`)
})
