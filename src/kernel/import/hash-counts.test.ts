import { expect, test } from 'vitest'
import { HashCounts } from './hash-counts.ts'
import { recordHash } from './record-hash.ts'

test('counts hashes, also after it has grown', () => {
  const counts = new HashCounts()
  const hashes = Array.from({ length: 5000 }, (_, at) => recordHash(`r${at}`))
  for (const hash of hashes) counts.add(hash)
  counts.addAll(Buffer.concat(hashes.slice(0, 10)))
  expect(hashes.map((hash) => counts.get(hash))).toEqual(hashes.map((_, at) => (at < 10 ? 2 : 1)))
  expect(counts.get(recordHash('other'))).toBe(0)
})

test('takes back what was counted', () => {
  const counts = new HashCounts()
  const [one, two] = [recordHash('1'), recordHash('2')]
  expect([counts.add(one), counts.add(one), counts.add(one, 0, -1)]).toEqual([1, 2, 1])
  expect(counts.add(one, 0, -1)).toBe(0)
  expect([counts.get(one), counts.add(two)]).toEqual([0, 1])
})
