/** When a record of an unknown tool happened, as far as it says. */
import type { JsonObject } from './readers/items.ts'

/** Where the time is looked for, in this order. */
export const TIME_FIELDS = ['ts', 'timestamp', 'time', 'at'] as const

const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:Z|[+-]\d{2}:?\d{2})?$/
const ZONE = /[+-]\d{2}:?\d{2}$/
const NUMBER = /^\d{9,13}(?:\.\d+)?$/
// Seconds up to the year 5138; in milliseconds that would be March 1973, before any such file.
const MAX_SECONDS = 100_000_000_000
const MAX_MS = 8_640_000_000_000_000

/** Epoch milliseconds from the first field that is a time; `undefined` when none is. */
export function occurredAtMs(record: JsonObject): number | undefined {
  for (const field of TIME_FIELDS) {
    const found = timeOf(record[field])
    if (found !== undefined) return found
  }
  return undefined
}

/** Reads ISO 8601 text, or epoch seconds or milliseconds as a number or text. */
export function timeOf(value: unknown): number | undefined {
  if (typeof value === 'number') return fromNumber(value)
  if (typeof value !== 'string' || value.length > 40) return undefined
  if (!ISO.test(value)) return NUMBER.test(value) ? fromNumber(Number(value)) : undefined
  const time = Date.parse(value.endsWith('Z') && value[10] === 'T' ? value : withZone(value))
  return Number.isNaN(time) ? undefined : time
}

// Without a zone it would mean another time on each machine.
function withZone(value: string): string {
  const hasZone = value.length <= 10 || value.endsWith('Z') || ZONE.test(value)
  return (hasZone ? value : `${value}Z`).replace(' ', 'T')
}

function fromNumber(value: number): number | undefined {
  if (!(value > 0) || value > MAX_MS) return undefined
  return Math.round(value < MAX_SECONDS ? value * 1000 : value)
}
