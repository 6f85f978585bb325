import { expect, test } from 'vitest'
import { clean, cleanJson } from './clean.ts'

test('control characters, C1 and marks of direction are spelled out on one line', () => {
  expect(clean('a\u001b[2J\u0007\n\t\r\u009b\u009f\u200e\u202ez é 漢')).toBe(
    'a\\u001b[2J\\u0007\\n\\t\\r\\u009b\\u009f\\u200e\\u202ez é 漢',
  )
})

test('cleaned JSON means the same', () => {
  const value = { text: 'a\u001b\u007f\u0085\u202e' }
  const json = cleanJson(JSON.stringify(value))
  expect(json).not.toMatch(/[\u007f-\u009f\u202e]/)
  expect(JSON.parse(json)).toEqual(value)
})
