/** What has been committed of a source, for the report: also of one that fails on its way. */
import { addTally, newTally, type Tally } from './counts.ts'
import type { Reject } from './rejects.ts'

/** Rejects that a report shows. */
export const MAX_SHOWN_REJECTS = 20

/** Counts that rise, and the first rejects. */
export interface SourceProgress {
  readonly tally: Tally
  readonly rejects: Reject[]
}

/** What one transaction has done. */
export interface Taken {
  readonly tally: Readonly<Tally>
  readonly rejects: readonly Reject[]
}

/** Of a transaction that has done nothing. */
export const NOTHING_TAKEN: Taken = { tally: newTally(), rejects: [] }

/** Progress of a source that nobody has begun. */
export function newProgress(): SourceProgress {
  return { tally: newTally(), rejects: [] }
}

/** Adds what one transaction has done. */
export function addTaken({ tally, rejects }: SourceProgress, taken: Taken): void {
  addTally(tally, taken.tally)
  rejects.push(...taken.rejects.slice(0, MAX_SHOWN_REJECTS - rejects.length))
}
