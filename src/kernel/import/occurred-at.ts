/** When a record of an unknown tool happened, as far as it says. */
import type { JsonObject } from './readers/items.ts'

/** Where the time is looked for, in this order. */
export const TIME_FIELDS = ['ts', 'timestamp', 'time', 'at'] as const

const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:Z|[+-]\d{2}:?\d{2})?$/
const ZONE = /[+-]\d{2}:?\d{2}$/
const NUMBER = /^\d{9,19}(?:\.\d+)?$/
// Up to the year 5138 each; in the next finer unit that would be March 1973, before any such file.
const MAX_SECONDS = 1e11
const MAX_MS = 1e14
const MAX_MICROSECONDS = 1e17
// What 64 bits hold of them.
const MAX_NANOSECONDS = 2 ** 63

/** Epoch milliseconds from the first field that is a time; `undefined` when none is. */
export function occurredAtMs(record: JsonObject): number | undefined {
  for (const field of TIME_FIELDS) {
    const found = timeOf(record[field])
    if (found !== undefined) return found
  }
  return undefined
}

/** Reads ISO 8601 text, or epoch seconds, milli-, micro- or nanoseconds as a number or text. */
export function timeOf(value: unknown): number | undefined {
  if (typeof value === 'number') return fromNumber(value)
  if (typeof value !== 'string' || value.length > 40) return undefined
  const usual = utcTimeOf(value)
  if (usual !== undefined) return usual
  if (!ISO.test(value)) return NUMBER.test(value) ? fromNumber(Number(value)) : undefined
  if (!isDay(value)) return undefined
  const time = Date.parse(value.endsWith('Z') && value[10] === 'T' ? value : withZone(value))
  return Number.isNaN(time) ? undefined : time
}

// `2026-01-31T12:00:00Z` and `2026-01-31T12:00:00.000Z`, which nearly all logs write: in a third of
// the time that the pattern and Date.parse take.
function utcTimeOf(text: string): number | undefined {
  const { length } = text
  if (length !== 20 && length !== 24) return undefined
  if (text.charCodeAt(length - 1) !== UPPER_Z || text.charCodeAt(10) !== UPPER_T) return undefined
  if (text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH) return undefined
  if (text.charCodeAt(13) !== COLON || text.charCodeAt(16) !== COLON) return undefined
  if (length === 24 && text.charCodeAt(19) !== POINT) return undefined
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2)
  const month = twoDigits(text, 5)
  const day = twoDigits(text, 8)
  const hour = twoDigits(text, 11)
  const minute = twoDigits(text, 14)
  const second = twoDigits(text, 17)
  const ms = length === 24 ? twoDigits(text, 20) * 10 + digit(text, 22) : 0
  // The 29th of February, and whatever is no digit, is for Date.parse to judge.
  const isUsual = year >= 1000 && month >= 1 && day >= 1 && day <= (DAYS[month - 1] ?? 0)
  if (!isUsual || !(hour <= 23 && minute <= 59 && second <= 59 && ms >= 0)) return undefined
  return Date.UTC(year, month - 1, day, hour, minute, second, ms)
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const UPPER_T = 84
const UPPER_Z = 90
const DASH = 45
const COLON = 58
const POINT = 46

function twoDigits(text: string, at: number): number {
  return digit(text, at) * 10 + digit(text, at + 1)
}

function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - 48
  return value >= 0 && value <= 9 ? value : Number.NaN
}

// Without a zone it would mean another time on each machine.
function withZone(value: string): string {
  const hasZone = value.length <= 10 || value.endsWith('Z') || ZONE.test(value)
  return (hasZone ? value : `${value}Z`).replace(' ', 'T')
}

function fromNumber(value: number): number | undefined {
  if (!(value > 0) || value > MAX_NANOSECONDS) return undefined
  if (value < MAX_SECONDS) return Math.round(value * 1000)
  if (value < MAX_MS) return Math.round(value)
  return Math.floor(value / (value < MAX_MICROSECONDS ? 1e3 : 1e6))
}

// Date.parse makes the 2nd of March of the 30th of February.
function isDay(text: string): boolean {
  const [month, day] = [twoDigits(text, 5), twoDigits(text, 8)]
  if (month === 2 && day === 29) return isLeapYear(Number(text.slice(0, 4)))
  return day <= (DAYS[month - 1] ?? 0)
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}
