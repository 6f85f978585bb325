import fc from 'fast-check'
import { expect, test } from 'vitest'
import { indentJson } from './indent-json.ts'

test('any value is laid out as JSON.stringify lays it out, however it stood', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'), (value, space) => {
      expect(indentJson(JSON.stringify(value, null, space))).toBe(JSON.stringify(value, null, 2))
    }),
  )
})

test('numbers keep their digits, strings what looks like structure, and keys that repeat stay', () => {
  const text = '{"n":12345678901234567890,"f":[1.0,-0,1e400],"s":"{\\"a\\": [1]}","n":[],"o":{}}'
  expect(indentJson(text)).toBe(
    [
      '{',
      '  "n": 12345678901234567890,',
      '  "f": [',
      '    1.0,',
      '    -0,',
      '    1e400',
      '  ],',
      '  "s": "{\\"a\\": [1]}",',
      '  "n": [],',
      '  "o": {}',
      '}',
    ].join('\n'),
  )
})
