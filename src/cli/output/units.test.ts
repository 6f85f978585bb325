import { expect, test } from 'vitest'
import { formatAge, formatBytes, formatCount, plural } from './units.ts'

test('bytes, counts and plurals read well', () => {
  expect([0, 1023, 1024, 1536, 250 * 1024, 5 * 1024 ** 3].map(formatBytes)).toEqual([
    '0 B',
    '1023 B',
    '1.0 KB',
    '1.5 KB',
    '250 KB',
    '5.0 GB',
  ])
  expect([0, 999, 1000, 1234567].map(formatCount)).toEqual(['0', '999', '1,000', '1,234,567'])
  expect([plural(1, 'event'), plural(2, 'event'), plural(0, 'entry', 'entries')]).toEqual([
    '1 event',
    '2 events',
    '0 entries',
  ])
  expect([0, 59_999, 60_000, 7_200_000, 2_000 * 86_400_000].map(formatAge)).toEqual([
    '0 s',
    '59 s',
    '1 min',
    '2 h',
    '2,000 d',
  ])
})
