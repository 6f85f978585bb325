import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { crc32From } from './crc32-combine.ts'

test.each(['', 'a', 'some words', 'ü☃'.repeat(1000), 'x'.repeat(70_001)])(
  'is the sum as it would be from any start (%#)',
  (text) => {
    const { length } = Buffer.from(text)
    for (const start of [0, 1, 0x7fffffff, 0x80000000, 0xdeadbeef, 0xffffffff]) {
      expect(crc32From(start, crc32(text), length)).toBe(crc32(text, start))
    }
  },
)
