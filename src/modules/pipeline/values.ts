/**
 * Reading values as tools write them: numbers as text, times in three notations, `true` in quotes.
 *
 * Every function answers `null` for what it cannot read and never throws, since projections are
 * given whatever a log of years holds; none of them depends on clock or locale.
 */
import { timeOf as readTime } from '../../index.ts'

/** An event's data, of which nothing is certain. */
export type LegacyData = { readonly [field: string]: unknown }

const MAX_TEXT = 4_000
const NUMBER = /^\s*[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?\s*$/i
const SPAN = /^\s*(?:(\d+)\s*h)?\s*(?:(\d+)\s*m)?\s*(?:(\d+)\s*s)?\s*$/

/** The value itself if it is an object, else an empty one. */
export function fieldsOf(value: unknown): LegacyData {
  return isObject(value) ? value : {}
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is LegacyData {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Objects among the elements of an array; none where it is no array. */
export function objectsOf(value: unknown): LegacyData[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

/** Text, also of a number or boolean; `null` for empty text. Long texts are cut. */
export function textOf(value: unknown): string | null {
  const isPlain = typeof value === 'number' || typeof value === 'boolean'
  const text = typeof value === 'string' ? value : isPlain ? String(value) : ''
  return text === '' ? null : text.slice(0, MAX_TEXT).toWellFormed()
}

/** A number, also as text. */
export function numberOf(value: unknown): number | null {
  const isNumeric = typeof value === 'string' && value.length < 40 && NUMBER.test(value)
  const number = typeof value === 'number' ? value : isNumeric ? Number(value) : Number.NaN
  return Number.isFinite(number) ? number : null
}

/** The nearest whole number that a column and a number can both hold. */
export function integerOf(value: unknown): number | null {
  return safe(numberOf(value))
}

/** US dollars in millionths, so that sums are exact. */
export function usdMicrosOf(value: unknown): number | null {
  const usd = numberOf(value)
  return usd === null ? null : safe(usd * 1e6)
}

/** Epoch milliseconds from ISO 8601 text (UTC where it names no zone), or epoch seconds or ms. */
export function timeOf(value: unknown): number | null {
  return readTime(value) ?? null
}

/**
 * When an event happened. `ts_epoch` decides, as it does in every figure that was ever made from
 * such logs; `ts` adds its milliseconds where the two agree.
 */
export function eventTimeOf(data: LegacyData): number | null {
  const epoch = timeOf(data['ts_epoch'])
  const iso = timeOf(data['ts'])
  if (epoch === null) return iso ?? timeOf(data['received_at'])
  return iso !== null && Math.floor(iso / 1000) === Math.floor(epoch / 1000) ? iso : epoch
}

/** Milliseconds from `duration_s`, `duration_secs`, or a span such as `5m 30s`. */
export function durationOf(data: LegacyData): number | null {
  const seconds = numberOf(data['duration_s']) ?? numberOf(data['duration_secs'])
  if (seconds !== null) return seconds < 0 ? null : safe(seconds * 1000)
  const { duration } = data
  if (typeof duration !== 'string' || duration.trim() === '') return null
  const span = SPAN.exec(duration.slice(0, 40))
  if (!span) return null
  const [, hours = 0, minutes = 0, rest = 0] = span
  return safe((Number(hours) * 3600 + Number(minutes) * 60 + Number(rest)) * 1000)
}

/** The issue's name: numbers and text that name the same issue are the same text; 0 names none. */
export function issueOf(value: unknown): string | null {
  const text = textOf(value)?.slice(0, 200) ?? null
  return text === '0' ? null : text
}

function safe(value: number | null): number | null {
  if (value === null || Math.abs(value) > Number.MAX_SAFE_INTEGER) return null
  const rounded = Math.round(value)
  return rounded === 0 ? 0 : rounded
}
