/** JSON documents: sound, mended, cut off and hopeless. */

import { expect, test } from 'vitest'
import { type JsonFileResult, readJsonBytes, readJsonFile } from './json-reader.ts'

const FIXTURES = '../shared/fixtures'

function read(text: string | Buffer): JsonFileResult {
  return readJsonBytes(Buffer.from(text))
}

test('gives a sound document as it is', () => {
  expect(read('\ufeff{"a": 1.00}\r\n')).toMatchObject({
    kind: 'value',
    value: { a: 1 },
    text: '{"a": 1.00}',
    salvaged: false,
    rejects: [],
  })
  expect(read('null')).toMatchObject({ kind: 'value', value: null, salvaged: false })
})

test('mends commas, numbers and control characters', () => {
  expect(read('{"a":[1,2,],\r\n"n":NaN,"s":"x\ty\0",}')).toMatchObject({
    value: { a: [1, 2], n: null, s: 'x\ty\0' },
    salvaged: true,
    repairs: ['trailing-comma', 'not-a-number', 'control-character'],
    rejects: [],
  })
})

test('keeps the complete elements of a torn array, and the tail as a reject', () => {
  expect(read('[{"a":1},\n{"a":2},\n{"a":')).toMatchObject({
    value: [{ a: 1 }, { a: 2 }],
    rejects: [{ reason: 'torn', line: 2, raw: ',\n{"a":' }],
  })
  expect(read('[{"a":1},{"a":2}')).toMatchObject({ value: [{ a: 1 }, { a: 2 }], rejects: [] })
})

test('never passes half a record for a whole one', () => {
  expect(read('{"one":{"id":1},"two":{"id":2,"port":42')).toMatchObject({
    value: { one: { id: 1 } },
    rejects: [{ raw: ',"two":{"id":2,"port":42' }],
  })
  expect(read('{"list":[{"id":1,"tags":["a","b')).toMatchObject({
    value: { list: [] },
    rejects: [{ raw: '{"id":1,"tags":["a","b' }],
  })
  expect(read('{"v":1,"n":12')).toMatchObject({ value: { v: 1 }, rejects: [{ raw: ',"n":12' }] })
})

test('keeps the complete members of a torn map', () => {
  expect(read('{"v":1,"entries":{"/a":{"port":1},"/b":{"port":2')).toMatchObject({
    value: { v: 1, entries: { '/a': { port: 1 } } },
    rejects: [{ raw: ',"/b":{"port":2' }],
  })
})

test('salvages the torn files of two tools', () => {
  expect(readJsonFile(`${FIXTURES}/agent-farm/json/state-corrupt-truncated.json`)).toMatchObject({
    value: { architect: { port: 4201 }, builders: [] },
    rejects: [{ reason: 'torn', line: 10 }],
  })
  const report = readJsonFile(`${FIXTURES}/vizzly/from-tests/report-data.torn.json`)
  expect(report).toMatchObject({ kind: 'value', rejects: [{ reason: 'torn' }] })
})

test('keeps what stands behind a complete document', () => {
  expect(read('{"a":1}}')).toMatchObject({
    value: { a: 1 },
    rejects: [{ reason: 'not JSON', raw: '}' }],
  })
  expect(read('{"a":1}\0\0')).toMatchObject({ value: { a: 1 }, rejects: [{ reason: 'NUL bytes' }] })
})

test('rejects with the whole text what has no complete part', () => {
  expect(read('{"a":')).toEqual({
    kind: 'rejected',
    reason: 'torn',
    line: 1,
    raw: '{"a":',
    rawBase64: undefined,
  })
  expect(read('hello')).toMatchObject({ kind: 'rejected', raw: 'hello' })
  expect(read('')).toMatchObject({ kind: 'rejected', reason: 'torn', raw: '' })
})

test('keeps the part before a mistake in the middle', () => {
  expect(read('[{"a":1},{"a":oops},{"a":3}]')).toMatchObject({
    value: [{ a: 1 }],
    rejects: [{ reason: 'not JSON', raw: ',{"a":oops},{"a":3}]' }],
  })
})

test('does not fall over deep nesting', () => {
  const deep = '['.repeat(100_000)
  expect(read(deep)).toMatchObject({ kind: 'rejected', reason: 'nested too deeply', raw: deep })
  expect(read(deep + ']'.repeat(100_000))).toMatchObject({ reason: 'nested too deeply' })
})

test('reads UTF-16 and keeps the bytes of what is no text', () => {
  expect(read(Buffer.from('\ufeff{"a":"é\ud800"}', 'utf16le'))).toMatchObject({
    value: { a: 'é\ud800' },
    text: '{"a":"é\\ud800"}',
  })
  const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xe9]), Buffer.from('",')])
  expect(read(bytes)).toMatchObject({
    repairs: ['replaced-bytes'],
    rejects: [{ rawBase64: bytes.toString('base64') }],
  })
})

test('takes no more than the limit', () => {
  expect(readJsonBytes(Buffer.from('[1,2,3]'), { maxBytes: 6 })).toMatchObject({
    reason: 'too long',
  })
  expect(() => readJsonFile('nowhere.json')).toThrow("cannot read 'nowhere.json'")
})

test('a __proto__ key stays a plain key', () => {
  const result = read('{"__proto__":{"polluted":1},}')
  expect(result.kind === 'value' && Object.keys(result.value as object)).toEqual(['__proto__'])
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
})
