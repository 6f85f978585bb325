/** Reading option values; what cannot be read is wrong usage. */
import { InvalidArgumentError } from 'commander'
import type { LogPlace } from '../index.ts'

/** A whole number from 0 up. */
export function wholeNumber(text: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value
  throw new InvalidArgumentError('Expected a whole number from 0 up.')
}

/** A whole number of a range, its ends included. */
export function wholeNumberFrom(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = wholeNumber(text)
    if (value >= least && value <= most) return value
    throw new InvalidArgumentError(`Expected ${least} to ${most}.`)
  }
}

/** A port; 0 for any that is free. */
export function portNumber(text: string): number {
  const port = wholeNumber(text)
  if (port <= 65_535) return port
  throw new InvalidArgumentError('Expected a port, from 0 to 65535.')
}

/** A sequence, or a place of a certain log. */
export function logPlace(text: string): number | LogPlace {
  if (/^[\w-]+:\d{1,15}$/.test(text)) return text as LogPlace
  return wholeNumber(text)
}

/** Collects `name=value` options; a value that reads as a JSON number or null is one. */
export function nameAndValue(
  text: string,
  before: Readonly<Record<string, string | number | null>> = {},
): Record<string, string | number | null> {
  const place = text.indexOf('=')
  if (place < 1) throw new InvalidArgumentError('Expected name=value.')
  const name = text.slice(0, place).replace(/^[:@$]/, '')
  return { ...before, [name]: readValue(text.slice(place + 1)) }
}

function readValue(text: string): string | number | null {
  if (text === 'null') return null
  // Leading zeros and blanks are a text's: an issue '007' is not 7.
  return /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text) && Number.isFinite(Number(text))
    ? Number(text)
    : text
}

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** A length of time such as `30d`, `12h`, `90m` or `10s`, in milliseconds. */
export function duration(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  if (digits === '') throw new InvalidArgumentError('Expected an age such as 30d, 12h or 90m.')
  return Number(digits) * (UNIT_MS[unit] ?? 0)
}

/** Collects `file=kind` options of an import. */
export function importAs(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  // A file may have the sign in its name: a kind must follow.
  const place = text.search(/=(events|collection|document|skip)\b/)
  if (place < 1) {
    throw new InvalidArgumentError('Expected file=events, =collection, =document or =skip.')
  }
  return { ...before, [text.slice(0, place)]: text.slice(place + 1) }
}
