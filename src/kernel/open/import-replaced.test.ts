/** Logs whose records say no time, rewritten in place: what was said again has happened again. */
import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempFolder } from '../../../test/support/temp-folder.ts'
import { openStore } from './open-store.ts'

const START = '{"event":"start"}\n'
const DONE = '{"event":"done"}\n'
const FAILED = '{"event":"done","ok":false}\n'
const dated = (second: number) => `{"ts":"2026-01-01T00:00:0${second}Z","event":"start"}\n`
const numbered = (from: number, through: number) =>
  Array.from({ length: through - from + 1 }, (_, at) => `{"number":${from + at}}\n`).join('')

function setUp() {
  const root = tempFolder()
  mkdirSync(join(root, 'in'))
  const path = join(root, 'in', 'run.jsonl')
  const write = (text: string) => writeFileSync(path, text)
  const open = () => openStore(join(root, 'state.db'))
  return { root, path, write, open }
}

test.each([
  ['truncated and written again', START + DONE, START + FAILED, 2],
  ['truncated and said once more', START + DONE, START, 1],
  ['kept but for its first record', START + DONE, DONE + START, 1],
  ['kept but for its first records', numbered(1, 5000), numbered(2000, 5003), 3],
  ['written again with times', dated(1) + START, dated(1) + START + START, 1],
  ['written again with a time in between', START + dated(1) + DONE, DONE + dated(1) + START, 1],
  ['with its last record in another row', START + DONE + START, START + START, 1],
])('a log that was %s', (_, before, now, stored) => {
  const { path, write, open } = setUp()
  using store = open()
  write(before)
  store.import([path])
  write(now)
  expect(store.import([path]).stored).toBe(stored)
  expect(store.import([path])).toMatchObject({ read: 0, stored: 0 })
  expect(store.verify().problems).toEqual([])
})

test('what a log gains after it was read to its end is new, whatever the one before it ended with', () => {
  const { path, write, open } = setUp()
  using store = open()
  write(START + DONE)
  store.import([path])
  write(START)
  expect(store.import([path])).toMatchObject({ stored: 1 })
  appendFileSync(path, DONE)
  expect(store.import([path])).toMatchObject({ read: 1, stored: 1 })
})

test('a log that is replaced as a whole by another file is compared at its edge too', () => {
  const { path, write, open } = setUp()
  using store = open()
  write(START + DONE + START)
  store.import([path])
  writeFileSync(`${path}.new`, DONE + START + FAILED)
  renameSync(`${path}.new`, path)
  expect(store.import([path])).toMatchObject({ stored: 1, duplicate: 2 })
})

test('logs of one target that are no copies keep all of their records', () => {
  const { root, open } = setUp()
  using store = open()
  for (const name of ['a.jsonl', 'b.jsonl']) writeFileSync(join(root, 'in', name), START + DONE)
  const as = { '*.jsonl': 'events:runs' }
  expect(store.import([join(root, 'in')], { as })).toMatchObject({ stored: 4 })
})

test('copies that begin with the same time merge, with those of their records that have none', () => {
  const { root, open } = setUp()
  using store = open()
  writeFileSync(join(root, 'in', 'a.jsonl'), dated(1) + START + START)
  writeFileSync(join(root, 'in', 'b.jsonl'), dated(1) + START + DONE)
  expect(store.import([join(root, 'in')])).toMatchObject({ stored: 4, duplicate: 2 })
})

test('an import that is broken off is gone on with at the same edge', () => {
  const { path, write, open } = setUp()
  using store = open()
  write(numbered(1, 6000))
  store.import([path])
  write(numbered(1001, 6500))
  const brokenOff = () =>
    store.import([path], {
      onProgress: ({ stored, bytesDone }) => {
        expect(stored).toBe(0)
        if (bytesDone > 0) throw new Error('broken off')
      },
    })
  for (let count = 0; count < 2; count++) {
    expect(brokenOff().sources).toMatchObject([{ outcome: 'failed', problem: 'broken off' }])
  }
  expect(store.import([path])).toMatchObject({ stored: 500 })
  expect(store.import([path])).toMatchObject({ read: 0, stored: 0 })
})
