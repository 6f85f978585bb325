import { expect, test } from 'vitest'
import { rowsOf, shapeOf } from './json-shape.ts'

test.each([
  [[{ id: 1 }, { id: 2 }], 'collection', 'id'],
  [
    [
      { id: 1, name: 'a' },
      { id: 1, name: 'b' },
    ],
    'collection',
    'name',
  ],
  [[{ id: 1 }, { id: '1' }], 'document', undefined],
  [[{ id: 'a' }, 'b'], 'document', undefined],
  [{ a: { x: 1 }, b: {} }, 'collection', 'id'],
  [{ a: { id: 7 }, b: {} }, 'collection', 'key'],
  [{ a: { name: 'a' }, b: { name: 'b' } }, 'collection', 'name'],
  [{ a: {}, version: 1 }, 'document', undefined],
  ['text', 'document', undefined],
  [[], 'empty', undefined],
  [{}, 'empty', undefined],
])('%j becomes a %s by %s', (value, kind, key) => {
  expect(shapeOf(value)).toMatchObject(key === undefined ? { kind } : { kind, key })
})

test('gives an item of a map the name of its property, unless it says it', () => {
  expect(rowsOf({ a: { x: 1 }, b: { id: 'other' }, c: 3 }, 'id')).toEqual([
    { id: 'a', item: { id: 'a', x: 1 } },
    { id: 'other', item: { id: 'other' } },
    { id: undefined, item: { c: 3 } },
  ])
})
