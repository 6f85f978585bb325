/** What is remembered of a repository: what the API takes and gives. Times are epoch milliseconds. */

/** A failure to be remembered. */
export interface NewFailure {
  /** What makes it the same failure: compared exactly. */
  readonly pattern: string
  /** The stage that failed. */
  readonly stage?: string
  /** What kind of failure it is. */
  readonly category?: string
  /** Why it happens, in words. */
  readonly rootCause?: string
  /** What helps against it, in words. */
  readonly fix?: string
}

/** A failure of a repository, with how often it was seen. */
export interface Failure {
  readonly repo: string
  readonly pattern: string
  readonly stage: string | null
  readonly category: string | null
  readonly rootCause: string | null
  readonly fix: string | null
  readonly occurrences: number
  readonly fixesApplied: number
  readonly fixesResolved: number
  readonly effectivenessPct: number | null
  readonly lastSeenAtMs: number
}

/** One thing that is known of a repository. */
export interface Pattern {
  readonly kind: string
  readonly key: string
  readonly value: string
}

/** What is usual in a repository. */
export interface Metric {
  readonly name: string
  readonly value: number
  readonly updatedAtMs: number
}

/** A decision to be remembered. */
export interface NewDecision {
  /** What it is about. */
  readonly kind: string
  /** The decision in a sentence. */
  readonly summary: string
  /** What led to it. */
  readonly detail?: string
}

/** A decision and when it was made. */
export interface Decision {
  readonly id: number
  readonly kind: string | null
  readonly summary: string | null
  readonly detail: string | null
  readonly recordedAtMs: number
}

/** Something that holds beyond one repository. */
export interface Learning {
  readonly id: number
  readonly kind: string
  readonly summary: string | null
  readonly repo: string | null
  readonly category: string | null
  readonly recordedAtMs: number
}
