/** Counting what becomes of items. */
import type { ImportCounts } from './types.ts'

/** Counts that rise. */
export type Tally = { -readonly [Name in keyof ImportCounts]: number }

/** A tally of nothing. */
export function newTally(): Tally {
  return {
    read: 0,
    stored: 0,
    salvaged: 0,
    duplicate: 0,
    rejected: 0,
    kept: 0,
    quarantined: 0,
  }
}

/** Adds `more` to `tally`. */
export function addTally(tally: Tally, more: ImportCounts): void {
  for (const name of Object.keys(tally) as (keyof ImportCounts)[]) tally[name] += more[name]
}
