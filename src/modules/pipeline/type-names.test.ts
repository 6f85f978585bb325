import { expect, test } from 'vitest'
import { nameOf, typeOf } from './type-names.ts'

test('a usual name gets the prefix of the module and nothing else', () => {
  expect(typeOf('stage.completed')).toEqual({
    type: 'pipeline.stage.completed',
    metadata: undefined,
  })
  expect(typeOf('pipeline.completed').type).toBe('pipeline.pipeline.completed')
  expect(typeOf('legacy_event').type).toBe('pipeline.legacy_event')
})

test('names of the module’s own records cannot be taken from outside', () => {
  expect(typeOf('record.budget-saved').type).toBe('pipeline.escaped.record-2ebudget-2dsaved')
  expect(typeOf('escaped.-none').type).not.toBe(typeOf(undefined).type)
})

const ODD = [
  '',
  ' ',
  '.',
  'a..b',
  'A',
  'a',
  'a-41',
  'Deploy OK!',
  'écrit',
  '😀',
  '\ud83d',
  '\ude00',
  '\0',
  'a\nb',
  'x'.repeat(120),
  'x'.repeat(121),
  'x'.repeat(122),
  `${'x'.repeat(40)}--`,
  'escaped.a',
  'record.a',
  '-none',
  '-empty',
]

test('every name has a type of its own, valid and of bounded length', () => {
  const types = [...ODD.map((name) => typeOf(name).type), typeOf(undefined).type]
  expect(new Set(types).size).toBe(types.length)
  for (const type of types) expect(type).toMatch(/^pipeline(\.[a-z0-9_-]+)+$/)
  expect(Math.max(...types.map(({ length }) => length))).toBeLessThan(500)
})

test('every name can be had back', () => {
  for (const name of ODD) {
    const { type, metadata } = typeOf(name)
    expect(nameOf(type, metadata ?? null)).toBe(name.toWellFormed())
  }
})

test('a record without a name has none afterwards', () => {
  for (const none of [undefined, null, 7, {}, ['a']]) {
    const { type } = typeOf(none)
    expect(nameOf(type, null)).toBeUndefined()
  }
})
