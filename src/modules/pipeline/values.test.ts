import { expect, test } from 'vitest'
import {
  durationOf,
  eventTimeOf,
  integerOf,
  issueOf,
  numberOf,
  textOf,
  timeOf,
  usdMicrosOf,
} from './values.ts'

test.each([
  ['1.50', 1.5],
  [' 7 ', 7],
  ['', null],
  ['1,5', null],
  ['0x10', null],
  [Number.NaN, null],
  [true, null],
  [{}, null],
])('the number of %j is %j', (value, number) => expect(numberOf(value)).toBe(number))

test('whole numbers beyond what a number holds exactly are none', () => {
  expect(integerOf(2 ** 60)).toBeNull()
  expect(integerOf('1e300')).toBeNull()
  expect(Object.is(integerOf(-0.2), 0)).toBe(true)
})

test('dollars become whole millionths', () => {
  expect(usdMicrosOf('0.0033')).toBe(3300)
  expect(usdMicrosOf(0.1 + 0.2)).toBe(300_000)
})

test('text is well formed, bounded, and never empty', () => {
  expect(textOf('')).toBeNull()
  expect(textOf('a\ud83d')).toBe('a\ufffd')
  expect(textOf('x'.repeat(9000))).toHaveLength(4000)
  expect(textOf(7)).toBe('7')
  expect(textOf({})).toBeNull()
})

test('an issue is the same as number and as text, and 0 is none', () => {
  expect(issueOf(42)).toBe(issueOf('42'))
  expect([issueOf(0), issueOf('0'), issueOf(''), issueOf(null)]).toEqual([null, null, null, null])
  expect(issueOf('acme/api:44')).toBe('acme/api:44')
})

test('times are read from seconds, milliseconds, dates and times with a zone', () => {
  const time = Date.parse('2026-02-10T02:17:42Z')
  expect(timeOf(time / 1000)).toBe(time)
  expect(timeOf(time)).toBe(time)
  expect(timeOf(String(time / 1000))).toBe(time)
  expect(timeOf('2026-02-10T03:17:42+01:00')).toBe(time)
  expect(timeOf('2026-02-10')).toBe(Date.parse('2026-02-10T00:00:00Z'))
  expect([timeOf('yesterday'), timeOf(0), timeOf(-5), timeOf(null)]).toEqual([
    null,
    null,
    null,
    null,
  ])
})

test('the epoch of an event decides, and its text adds the milliseconds', () => {
  const at = Date.parse('2026-02-10T02:17:42Z')
  expect(eventTimeOf({ ts: '2026-02-10T02:17:42.250Z', ts_epoch: at / 1000 })).toBe(at + 250)
  expect(eventTimeOf({ ts: '2026-11-20T17:21:48Z', ts_epoch: at / 1000 })).toBe(at)
  expect(eventTimeOf({ ts: '2026-02-10T02:17:42Z' })).toBe(at)
  expect(eventTimeOf({ received_at: '2026-02-10T02:17:42Z' })).toBe(at)
  expect(eventTimeOf({})).toBeNull()
})

test('durations are read from seconds and from words', () => {
  expect(durationOf({ duration_s: '12' })).toBe(12_000)
  expect(durationOf({ duration_secs: 1.5 })).toBe(1500)
  expect(durationOf({ duration: '1h 2m 3s' })).toBe(3_723_000)
  expect(durationOf({ duration: '5m 30s' })).toBe(330_000)
  expect([durationOf({ duration: 'long' }), durationOf({ duration: ' ' })]).toEqual([null, null])
  expect(durationOf({ duration_s: -1 })).toBeNull()
})
