import { expect, test } from 'vitest'
import { OverlayMap } from './overlay-map.ts'

function inTransaction(): OverlayMap<string, number> {
  const map = new OverlayMap<string, number>({ maxEntries: 3 })
  map.set('committed', 1)
  map.begin()
  return map
}

test('what a transaction sets is seen inside it and stays after COMMIT', () => {
  const map = inTransaction()
  map.set('new', 2)
  expect(map.get('new')).toBe(2)
  map.commit()
  expect([map.get('new'), map.get('committed')]).toEqual([2, 1])
})

test('what a transaction sets is gone after ROLLBACK', () => {
  const map = inTransaction()
  map.set('new', 2)
  map.set('committed', 9)
  map.rollback()
  expect([map.get('new'), map.get('committed')]).toEqual([undefined, 1])
})

test('a savepoint that is rolled back takes only its own entries along', () => {
  const map = inTransaction()
  map.set('outer', 2)
  map.savepoint()
  map.set('outer', 3)
  map.set('inner', 4)
  map.rollbackTo()
  expect([map.get('outer'), map.get('inner')]).toEqual([2, undefined])
  map.commit()
  expect([map.get('outer'), map.get('inner')]).toEqual([2, undefined])
})

test('a savepoint that is released goes with the transaction it is in', () => {
  const map = inTransaction()
  map.savepoint()
  map.set('inner', 4)
  map.release()
  expect(map.get('inner')).toBe(4)
  map.rollback()
  expect(map.get('inner')).toBeUndefined()
})

test('a release keeps the innermost of several values', () => {
  const map = inTransaction()
  map.set('a', 1)
  map.set('b', 2)
  map.savepoint()
  map.set('a', 3)
  map.release()
  map.commit()
  expect([map.get('a'), map.get('b')]).toEqual([3, 2])
})

test('another connection’s commit empties it, unless its facts cannot change', () => {
  const mutable = new OverlayMap<string, number>({ maxEntries: 3 })
  const immutable = new OverlayMap<string, number>({ maxEntries: 3, isImmutable: true })
  for (const map of [mutable, immutable]) {
    map.set('a', 1)
    map.invalidate()
  }
  expect([mutable.get('a'), immutable.get('a')]).toEqual([undefined, 1])
  immutable.clear()
  expect(immutable.get('a')).toBeUndefined()
})

test('it never holds more than its bound', () => {
  const map = new OverlayMap<number, number>({ maxEntries: 3 })
  for (let key = 0; key < 4; key++) map.set(key, key)
  expect([0, 1, 2, 3].filter((key) => map.get(key) !== undefined)).toEqual([3])
})
