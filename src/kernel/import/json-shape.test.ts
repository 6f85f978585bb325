import { expect, test } from 'vitest'
import { rowOf, shapeOf } from './json-shape.ts'
import { JsonDocument } from './readers/json-document.ts'

const documentOf = (value: unknown) =>
  new JsonDocument(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)))

function rowsOf(text: string, key: string) {
  return [...documentOf(text).members()].map((part) => {
    if (part.kind === 'reject') return part.reason
    const { id, text: item } = rowOf(part, key)
    return [id, item]
  })
}

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
  ['"text"', 'document', undefined],
  [[], 'empty', undefined],
  [{}, 'empty', undefined],
  ['[{"id":9007199254740993},{"id":9007199254740992}]', 'collection', 'id'],
  ['{"a":{"v":1},"a":{"v":2}}', 'collection', 'id'],
])('%j becomes a %s by %s', (value, kind, key) => {
  expect(shapeOf(documentOf(value))).toMatchObject(key === undefined ? { kind } : { kind, key })
})

test('gives an item of a map the name of its property, unless it says it', () => {
  expect(rowsOf('{"a": {"x": 1}, "b": {"id":"other"}, "c": 3, "d":{}}', 'id')).toEqual([
    ['a', '{"id":"a","x":1}'],
    ['other', '{"id":"other"}'],
    [undefined, '3'],
    ['d', '{"id":"d"}'],
  ])
})

test('an item keeps its digits and its repeated keys, and its id all of them', () => {
  expect(rowsOf('[{"id": 9007199254740993, "n":1.00,"n":2},{"id":1.0}]', 'id')).toEqual([
    ['9007199254740993', '{"id":9007199254740993,"n":1.00,"n":2}'],
    ['1', '{"id":1.0}'],
  ])
})
