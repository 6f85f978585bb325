/** What `verify` finds wrong, in a list that has an end. */

// Enough to see the pattern; damage that goes on is not worth gigabytes of report.
const MAX_PROBLEMS = 1000

/** The ways in which a store can be wrong. */
export type ProblemKind =
  | 'event-checksum'
  | 'event-unreadable'
  | 'event-missing'
  | 'event-order'
  | 'event-not-folded'
  | 'stream-head'
  | 'payload'
  | 'migration'
  | 'bookkeeping'
  | 'schema'
  | 'row-differs'
  | 'row-missing'
  | 'row-unexplained'
  | 'table-missing'

/** One thing that is wrong. */
export interface VerifyProblem {
  readonly kind: ProblemKind
  /** A sentence for people. */
  readonly what: string
  readonly sequence?: number
  readonly stream?: string
  readonly table?: string
}

/** Collects problems up to a bound. */
export class Problems {
  readonly #list: VerifyProblem[] = []
  #isTruncated = false

  add(problem: VerifyProblem): void {
    if (this.#list.length < MAX_PROBLEMS) this.#list.push(problem)
    else this.#isTruncated = true
  }

  get list(): readonly VerifyProblem[] {
    return this.#list
  }

  get isEmpty(): boolean {
    return this.#list.length === 0
  }

  get isTruncated(): boolean {
    return this.#isTruncated
  }
}
