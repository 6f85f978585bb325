import fc from 'fast-check'
import { expect, test } from 'vitest'
import { occurredAtMs, timeOf } from './occurred-at.ts'

test.each([
  ['2026-02-10T02:17:42Z', 1770689862000],
  ['2026-02-10T02:17:42.250+01:00', 1770686262250],
  ['2026-02-10 02:17:42', 1770689862000],
  ['2026-02-10', 1770681600000],
  [1770689862, 1770689862000],
  [1770689862.5, 1770689862500],
  [1770689862000, 1770689862000],
  ['1770689862', 1770689862000],
  [1770689862000123, 1770689862000],
  ['1770689862999999', 1770689862999],
  ['1770689862000123456', 1770689862000],
  [1_770_689_862 * 1e9, 1770689862000],
  ['2024-02-29', 1709164800000],
])('reads %s as a time, the same on every machine', (value, ms) => {
  expect(timeOf(value)).toBe(ms)
})

test.each([
  ['yesterday'],
  ['2026-13-45T00:00:00Z'],
  ['2026-02-30'],
  ['2026-02-30T10:00:00Z'],
  ['2026-04-31 10:00:00+01:00'],
  ['2100-02-29T00:00:00.000Z'],
  ['99999999999999999999'],
  ['42'],
  [0],
  [-5],
  [Number.NaN],
  [null],
  [{}],
  [1e300],
])('does not take %s for a time', (value) => {
  expect(timeOf(value)).toBeUndefined()
})

test('the usual spelling gives what Date.parse gives, and nothing where that gives nothing', () => {
  fc.assert(
    fc.property(fc.date({ noInvalidDate: true }), fc.nat(), fc.string(), (date, at, other) => {
      const text = date.toISOString()
      const place = at % text.length
      const changed = text.slice(0, place) + other.slice(0, 1) + text.slice(place + 1)
      for (const one of [text, text.replace(/\.\d+/, ''), changed]) {
        // What has not the form goes another way.
        if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/.test(one)) continue
        const parsed = Date.parse(one)
        // Date.parse makes the 2nd of March of the 30th of February.
        const isSame =
          !Number.isNaN(parsed) && new Date(parsed).getUTCDate() === Number(one.slice(8, 10))
        expect(timeOf(one), one).toBe(isSame ? parsed : undefined)
      }
    }),
    { numRuns: 2000 },
  )
})

test('takes the first of ts, timestamp, time and at that is one', () => {
  expect(occurredAtMs({ at: 1770689862, ts: 'n/a', time: '2026-02-10' })).toBe(1770681600000)
  expect(occurredAtMs({ when: 1770689862 })).toBeUndefined()
})
