/** What a doctor finds, in the kernel or in a module. */

/** How to put something right. */
export interface FindingRepair {
  /** What it does, in a sentence. */
  readonly does: string
  /** Judges anew, and does it if it is still needed; the store must be open for writing. */
  readonly run: () => void
}

/** Something that is wrong, or worth knowing. */
export interface Finding {
  /** In words with dashes: `lease-stale`. */
  readonly kind: string
  /** `'damage'`: data is lost or wrong. `'fault'`: to be put right. `'note'`: worth knowing. */
  readonly severity: 'damage' | 'fault' | 'note'
  /** A sentence. */
  readonly what: string
  /** What to do. */
  readonly hint: string
  /** Left out where only a person can decide. */
  readonly repair?: FindingRepair
}
