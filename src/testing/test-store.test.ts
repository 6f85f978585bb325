import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { collection } from '../index.ts'
import { TestClock } from './test-clock.ts'
import { createTestStore } from './test-store.ts'

const MODULES = { tasks: collection<{ id: string; n?: number }>() }

test('time stands still until it is moved on', () => {
  const { store, clock, close } = bound()
  store.tasks.put({ id: 'a' })
  clock.advance(1_500)
  store.tasks.put({ id: 'b' })
  const [first, second] = store.log.read().map((event) => event.recordedAtMs)
  expect(new Date(first ?? 0).toISOString()).toBe('2026-01-01T00:00:00.000Z')
  expect(Number(second) - Number(first)).toBe(1_500)
  close()
})

test('ids are the same at every run', () => {
  const ids = () => {
    const { store, close } = bound()
    const made = [store.newId(), store.newId()]
    close()
    return made
  }
  expect(ids()).toEqual(['id-1', 'id-2'])
  expect(ids()).toEqual(['id-1', 'id-2'])
})

test('a store that was reopened has what was written, under the same clock', () => {
  const test = createTestStore(MODULES)
  test.store.tasks.put({ id: 'a', n: 1 })
  test.clock.set(5_000_000_000_000)
  expect(test.reopen().tasks.get('a')).toEqual({ id: 'a', n: 1 })
  expect(test.store.clock()).toBe(5_000_000_000_000)
  test.close()
})

test('further handles are of the same file, in the mode asked for', () => {
  const test = createTestStore(MODULES)
  const reader = test.open({ mode: 'read' })
  test.store.tasks.put({ id: 'a' })
  expect(reader.tasks.list()).toEqual([{ id: 'a' }])
  expect(() => reader.tasks.put({ id: 'b' })).toThrow('open for reading')
  test.close()
})

test('closing closes every handle and leaves no file behind', () => {
  const test = createTestStore(MODULES)
  const other = test.open()
  const { path } = test
  expect(existsSync(path)).toBe(true)
  test[Symbol.dispose]()
  expect(existsSync(path)).toBe(false)
  expect(() => other.tasks.list()).toThrow('was closed')
})

test('a store that cannot be opened leaves no folder behind', () => {
  const clock = new TestClock(0)
  expect(() => createTestStore({ a: { named: () => fail() } }, { clock })).toThrow('no module')
})

function bound() {
  const test = createTestStore(MODULES)
  return { store: test.store, clock: test.clock, close: () => test.close() }
}

function fail(): never {
  throw new Error('no module')
}
