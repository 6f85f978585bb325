/** Mirrors that cannot be written, or that nobody writes. */
import type { Finding } from '../log/finding.ts'
import { readLogHead } from '../log/heads.ts'
import type { Kernel } from './kernel.ts'
import { readCheckpoints } from './status.ts'

// Whoever has a mirror says several times a second how far it has come.
const LATE_MS = 60_000

/** The findings of mirrors. */
export function checkMirrors(kernel: Kernel, nowMs: number): Finding[] {
  const { sequence: head } = readLogHead(kernel.connection)
  return readCheckpoints(kernel).mirrors.flatMap(
    ({ path, sequence, updatedAtMs, problem }): Finding[] => {
      if (problem !== null) {
        const hint = 'what is missing is written when that has passed; events are kept for a week'
        return [{ kind: 'mirror-stopped', severity: 'fault', what: problem, hint }]
      }
      if (sequence >= head || nowMs - updatedAtMs < LATE_MS) return []
      const what = `the mirror ${path} lacks events from ${sequence + 1} on: nobody writes it`
      const hint = `write what is missing: holdfast mirror ${path}; if nobody reads it, forget it with --forget`
      return [{ kind: 'mirror-late', severity: 'note', what, hint }]
    },
  )
}
