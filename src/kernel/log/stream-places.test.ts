import { expect, test } from 'vitest'
import { notes, READ, read, removed, SAVED, saved } from '../../../test/support/sample-module.ts'
import { storeForTest } from '../../../test/support/test-store.ts'

function filled(count: number) {
  const test = storeForTest({ notes: notes() })
  test.store.write((tx) => {
    for (let n = 0; n < count; n++) tx.append(...read(`n${n % 3}`))
  })
  return test
}

const versionsOf = (log: ReturnType<typeof filled>['store']['log'], after: number, limit = 100) =>
  log.readStream('notes.note/n0', { after, limit }).map(({ version }) => version)
const range = (first: number, count: number) => Array.from({ length: count }, (_, n) => first + n)

test('a long stream is read page by page, also while others append to it', () => {
  const test = filled(3_000)
  const other = test.open()
  const seen: number[] = []
  for (;;) {
    const page = versionsOf(test.store.log, seen.length)
    if (page.length === 0) break
    seen.push(...page)
    if (seen.length === 500) for (let n = 0; n < 30; n++) other.log.append(...read('n0'))
  }
  expect(seen).toEqual(range(1, 1_030))
  expect(versionsOf(test.store.log, 1_020)).toEqual(range(1_021, 10))
  expect(versionsOf(test.store.log, 10)).toEqual(range(11, 100))
  other.close()
})

test('a page stays full when events that were places of it are superseded', () => {
  const test = storeForTest({ notes: notes() })
  const { log } = test.store
  log.append(...saved('n0', 'first'))
  for (let n = 0; n < 40; n++) log.append(...read('n0'))
  expect(versionsOf(log, 0, 10)).toEqual(range(1, 10))
  test.open().log.append(...saved('n0', 'second'))
  expect(versionsOf(log, 0, 10)).toEqual(range(2, 10))
  expect(versionsOf(log, 39, 10)).toEqual([40, 41, 42])
})

test('what a transaction appended and undid is not there', () => {
  const { store } = filled(600)
  const undone = () =>
    store.write((tx) => {
      for (let n = 0; n < 20; n++) tx.append(...read('n0'))
      tx.append(...read('new'))
      expect(versionsOf(store.log, 150, 1_000)).toEqual(range(151, 70))
      expect(store.log.streamVersion('notes.note/new')).toBe(1)
      throw new Error('undo')
    })
  expect(versionsOf(store.log, 0)).toEqual(range(1, 100))
  expect(undone).toThrow('undo')
  // The sequences of what was undone are given again.
  for (let n = 0; n < 30; n++) store.log.append(...read('later'))
  expect(versionsOf(store.log, 150, 1_000)).toEqual(range(151, 50))
  expect(store.log.readStream('notes.note/new')).toEqual([])
  expect(store.log.streamVersion('notes.note/new')).toBe(0)
  store.log.append(...saved('other', 'x'))
  expect(store.log.readStream('notes.note/other').map(({ type }) => type)).toEqual([SAVED])
})

test('versions and newest events are known beyond the tail, from another connection', () => {
  const test = filled(3)
  const reader = test.open({ mode: 'read' })
  expect(reader.log.streamVersion('notes.note/n0')).toBe(1)
  test.store.write((tx) => {
    for (let n = 0; n < 5_000; n++) tx.append(...read(`many${n % 900}`))
  })
  for (let n = 0; n < 3; n++) test.store.log.append(...read('n0'))
  expect(reader.log.streamVersion('notes.note/n0')).toBe(4)
  expect(reader.log.readStream('notes.note/n0').map(({ type }) => type)).toEqual([
    READ,
    READ,
    READ,
    READ,
  ])
  test.store.log.append(...removed('n0'))
  expect(reader.log.streamVersion('notes.note/n0')).toBe(5)
  expect(reader.log.readStream('notes.note/many7')).toHaveLength(6)
  reader.close()
})
