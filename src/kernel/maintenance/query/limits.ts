/** The limits of a query: what it gets unless it asks, and what it never gets. */
import { StoreError } from '../../errors.ts'
import type { QueryOptions } from './types.ts'

const MEGABYTE: number = 1024 * 1024

type Limit = 'timeoutMs' | 'maxRows' | 'maxBytes'

const LIMITS: Readonly<Record<Limit, { readonly usual: number; readonly most: number }>> = {
  timeoutMs: { usual: 2000, most: 30_000 },
  maxRows: { usual: 1000, most: 100_000 },
  maxBytes: { usual: 5 * MEGABYTE, most: 64 * MEGABYTE },
}

/** Fills in what was not asked for; throws `ARGUMENT_INVALID` for more than anybody gets. */
export function settleLimits(options: QueryOptions): Record<Limit, number> {
  return {
    timeoutMs: settle('timeoutMs', options.timeoutMs),
    maxRows: settle('maxRows', options.maxRows),
    maxBytes: settle('maxBytes', options.maxBytes),
  }
}

function settle(name: Limit, asked: number | undefined): number {
  const { usual, most } = LIMITS[name]
  if (asked === undefined) return usual
  if (Number.isInteger(asked) && asked >= 1 && asked <= most) return asked
  throw new StoreError('ARGUMENT_INVALID', `${name} is ${asked}, expected 1 to ${most}`, {
    hint: `left out, it is ${usual}`,
  })
}
