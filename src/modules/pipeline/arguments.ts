/** Checks of what callers give. */
import { StoreError } from '../../index.ts'
import { issueOf, type LegacyData } from './values.ts'

const MAX_LIMIT = 10_000

/** A limit within bounds; throws `ARGUMENT_INVALID`. */
export function limitOf(limit: number | undefined): number {
  const value = limit ?? 100
  if (Number.isInteger(value) && value > 0 && value <= MAX_LIMIT) return value
  throw new StoreError('ARGUMENT_INVALID', `limit ${value} is not from 1 to ${MAX_LIMIT}`, {
    hint: 'read on with the last item of the page before',
  })
}

/** Text that is not empty; throws `ARGUMENT_INVALID`. */
export function nameOf(value: string, what: string): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= 4000) return value
  throw new StoreError('ARGUMENT_INVALID', `${what} has to be text of 1 to 4,000 characters`, {
    hint: `give the ${what} as text`,
  })
}

/** Text that can name a stream as it is, `''` where that may be; throws `ARGUMENT_INVALID`. */
export function idNameOf(value: string, what: string, mayBeEmpty = false): string {
  const isUsable = typeof value === 'string' && value.length <= 200 && !value.includes('\0')
  if (isUsable && value.isWellFormed() && (mayBeEmpty || value !== '')) return value
  throw new StoreError('ARGUMENT_INVALID', `${JSON.stringify(value)} cannot name a ${what}`, {
    hint: 'use at most 200 characters, without NUL',
  })
}

/** An issue's name; throws `ARGUMENT_INVALID`. */
export function issueNameOf(value: string | number): string {
  const issue = issueOf(value)
  if (issue !== null) return issue
  throw new StoreError('ARGUMENT_INVALID', `${JSON.stringify(value)} is no issue`, {
    hint: "give its number, or a name such as 'acme/api:44'",
  })
}

/** The fields that have a value. */
export function present(fields: LegacyData): LegacyData {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

/** Milliseconds as the seconds that events have. */
export function secondsOf(durationMs: number | undefined): number | undefined {
  return durationMs === undefined ? undefined : durationMs / 1000
}
