import type { StandardSchemaV1 } from '@standard-schema/spec'
import { describe, expect, test } from 'vitest'
import { comparableText, encodeData, encodeMetadata } from './encode.ts'
import { event } from './event-definition.ts'

const TYPE = 'notes.note.saved'
const plain = event()
const encode = (data: unknown) => encodeData(TYPE, plain, data)

function schema(
  validate: (
    value: unknown,
  ) => StandardSchemaV1.Result<unknown> | Promise<StandardSchemaV1.Result<unknown>>,
): StandardSchemaV1<unknown, unknown> {
  return { '~standard': { version: 1, vendor: 'test', validate } }
}

describe('what JSON cannot hold is refused with its path:', () => {
  class Point {}
  const loop: Record<string, unknown> = {}
  loop['self'] = loop
  test.each([
    ['a Date', { at: new Date(0) }, 'at is a Date'],
    ['a Map', { tags: new Map() }, 'tags is a Map'],
    ['NaN', { list: [1, Number.NaN] }, 'list.1 is NaN'],
    ['Infinity', Number.POSITIVE_INFINITY, 'it is Infinity'],
    ['a bigint', { n: 1n }, 'n is a bigint'],
    ['a function', { f: () => undefined }, 'f is a function'],
    ['a symbol', { s: Symbol('s') }, 's is a symbol'],
    ['undefined itself', undefined, 'it is undefined'],
    ['undefined in a list', [undefined], '0 is undefined'],
    ['a hole in a list', { list: new Array(2) }, 'list.0 is undefined'],
    ['an instance of a class', { deep: { point: new Point() } }, 'deep.point is a Point'],
    ['half of a character', { text: 'a\ud800' }, 'lone surrogate'],
    ['half of a character in a key', { 'a\ud800': 1 }, 'lone surrogate'],
    ['a loop', loop, 'nesting deeper than 200'],
  ])('%s', (_, data, says) => {
    expect(() => encode(data)).toThrow(
      expect.objectContaining({ code: 'EVENT_INVALID', message: expect.stringContaining(says) }),
    )
  })
})

test.each([
  ['text, numbers, booleans and null', { a: 'é😀', b: -1.5e300, c: true, d: null, e: [] }],
  ['an object without a prototype', Object.assign(Object.create(null), { a: 1 })],
  ['a mere number', 7],
])('%s come back as they are', (_, data) => {
  const { text, value } = encode(data)
  expect(value).toBe(data)
  expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(data)))
})

test('what throws when it is read is told as data that cannot be read', () => {
  const cause = new Error('not now')
  const getter = {
    get at() {
      throw cause
    },
  }
  const proxy = new Proxy(
    {},
    {
      ownKeys() {
        throw cause
      },
    },
  )
  for (const data of [getter, { deep: [proxy] }]) {
    const refusal = expect.objectContaining({ code: 'EVENT_INVALID', cause })
    expect(() => encode(data)).toThrow(refusal)
    expect(() => encodeMetadata(TYPE, data as never)).toThrow(refusal)
  }
})

test('projections get the metadata that reading back will give, as of data', () => {
  const { value } = encodeMetadata(TYPE, { actor: undefined, retries: -0 } as never)
  expect(Object.keys(value ?? {})).toEqual(['retries'])
  expect(Object.is(value?.['retries'], 0)).toBe(true)
})

test('projections get what reading back will give: no undefined fields, no negative zero', () => {
  const { value } = encode({ a: undefined, zero: -0, b: 1 })
  expect(value).toEqual({ zero: 0, b: 1 })
  expect(Object.keys(value as object)).toEqual(['zero', 'b'])
  expect(Object.is((value as { zero: number }).zero, 0)).toBe(true)
})

describe('a schema', () => {
  test('decides what is stored: its output', () => {
    const trimming = schema((value) => ({ value: { title: String(value).trim() } }))
    expect(encodeData(TYPE, event(trimming), ' a ').text).toBe('{"title":"a"}')
  })

  test('that refuses is told with type, path and message', () => {
    const refusing = schema(() => ({ issues: [{ message: 'too short', path: ['a', { key: 0 }] }] }))
    expect(() => encodeData(TYPE, event(refusing), {})).toThrow(
      expect.objectContaining({
        code: 'EVENT_INVALID',
        message: `data of '${TYPE}': a.0: too short`,
      }),
    )
  })

  test('that is asynchronous is refused', () => {
    const slow = schema(async () => ({ value: 1 }))
    expect(() => encodeData(TYPE, event(slow), {})).toThrow(
      expect.objectContaining({ code: 'SCHEMA_ASYNC' }),
    )
  })
})

test('redacted fields never reach the text, and absent ones are not made', () => {
  const secret = event(undefined, { redact: ['token', 'absent'] })
  const data = { token: 'x', user: 'ada' }
  expect(encodeData(TYPE, secret, data).text).toBe('{"token":"[redacted]","user":"ada"}')
  expect(data.token).toBe('x')
})

test('volatile fields alone do not make a difference', () => {
  const touched = event(undefined, { volatile: ['at'] })
  const comparable = (data: unknown) => comparableText(touched, encodeData(TYPE, touched, data))
  expect(comparable({ a: 1, at: 1 })).toBe(comparable({ a: 1, at: 2 }))
  expect(comparable({ a: 1, at: 1 })).not.toBe(comparable({ a: 2, at: 1 }))
})

test('metadata is JSON or nothing', () => {
  expect(encodeMetadata(TYPE, undefined)).toEqual({ text: null, value: null })
  const metadata = { actor: 'ada' }
  expect(encodeMetadata(TYPE, metadata).text).toBe('{"actor":"ada"}')
  expect(encodeMetadata(TYPE, metadata).value).toBe(metadata)
  expect(() => encodeMetadata(TYPE, { at: new Date() })).toThrow("metadata of 'notes.note.saved'")
})

test('a schema that throws, or rejects later, is told and ends nothing', async () => {
  const throwing = event(
    schema(() => {
      throw new Error('no')
    }),
  )
  expect(() => encodeData(TYPE, throwing, 1)).toThrow(
    expect.objectContaining({ code: 'EVENT_INVALID', message: expect.stringContaining('threw') }),
  )
  const rejecting = event(schema(() => Promise.reject(new Error('later'))))
  expect(() => encodeData(TYPE, rejecting, 1)).toThrow(
    expect.objectContaining({ code: 'SCHEMA_ASYNC' }),
  )
  await new Promise((resolve) => setTimeout(resolve, 5))
})

test('of what is too deep the beginning is shown', () => {
  const loop: Record<string, unknown> = {}
  loop['self'] = loop
  expect(() => encode(loop)).toThrow(/: (self\.){10}… is nesting/)
})
