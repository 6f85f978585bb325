/**
 * Long work in short transactions: others wait for the write lock no longer than one slice, and
 * what was done stays done when the process is killed.
 */
import { sleepSync } from '../connection/busy-wait.ts'
import type { Connection } from '../connection/connection.ts'
import type { Durability } from '../connection/pragmas.ts'

/** What one transaction may take; well under the deadline of those who wait. */
export const SLICE_MS = 100
// Between slices the lock is free this long, or a waiter that sleeps would never meet it.
const BREATH_MS = 3

/** Tells a slice whether it should come to its end. */
export type IsTimeUp = () => boolean

/** Options of {@link runInSlices}. */
export interface SliceOptions {
  readonly durability?: Durability | undefined
  /** Told after each commit, while the lock is free. */
  readonly onCommitted?: (() => void) | undefined
}

/**
 * Runs `step` in one transaction after another until it returns `true`. `step` does a piece of work,
 * leaves off when `isTimeUp()` says so, and says whether all is done.
 */
export function runInSlices(
  connection: Connection,
  step: (isTimeUp: IsTimeUp) => boolean,
  { durability, onCommitted }: SliceOptions = {},
): void {
  for (;;) {
    const isDone = connection.write(() => {
      const startedAt = performance.now()
      return step(() => performance.now() - startedAt >= SLICE_MS)
    }, durability)
    onCommitted?.()
    if (isDone) return
    sleepSync(BREATH_MS)
  }
}
