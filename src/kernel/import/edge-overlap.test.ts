/** The overlap at the edge of two logs, against the plain definition of it. */
import { expect, test } from 'vitest'
import { edgeOverlap } from './edge-overlap.ts'
import { recordHash } from './record-hash.ts'

const hashes = (text: string) => [...text].map((letter) => recordHash(letter))
const overlap = (before: string, now: string) =>
  edgeOverlap(hashes(before).reverse().values(), hashes(now))

test.each([
  ['sd', 'ss', 0],
  ['sd', 'sd', 2],
  ['sdsd', 'sd', 2],
  ['abc', 'bcd', 2],
  ['aaaa', 'aa', 2],
  ['ab', 'ba', 1],
  ['', 'a', 0],
  ['a', '', 0],
] as const)('of %s and %s', (before, now, expected) => {
  expect(overlap(before, now)).toBe(expected)
})

test('is the longest end that is a beginning, of any two logs', () => {
  const longest = (before: string, now: string) => {
    for (let count = Math.min(before.length, now.length); count > 0; count--) {
      if (before.endsWith(now.slice(0, count))) return count
    }
    return 0
  }
  const textOf = (bits: number, length: number) =>
    bits.toString(2).padStart(length, '0').slice(-length)
  for (let one = 0; one < 64; one++) {
    for (let other = 0; other < 64; other++) {
      const [before, now] = [textOf(one, 6), textOf(other, 1 + (other % 6))]
      expect(overlap(before, now), `${before} ${now}`).toBe(longest(before, now))
    }
  }
})
