/** Mirrors that cannot be written, or that nobody writes. */
import type { Finding } from '../log/finding.ts'
import type { Kernel } from './kernel.ts'
import { lateMs, readCheckpoints } from './mirror-statuses.ts'

// Beyond the rest that is taken after a slow write.
const LATE_MS = 60_000

/** The findings of mirrors. */
export function checkMirrors(kernel: Kernel, nowMs: number): Finding[] {
  return readCheckpoints(kernel, nowMs).mirrors.flatMap((mirror): Finding[] => {
    const { path, sequence, problem } = mirror
    if (problem !== null) {
      const hint = 'what is missing is written when that has passed; events are kept for a week'
      return [{ kind: 'mirror-stopped', severity: 'fault', what: problem, hint }]
    }
    const late = lateMs(kernel.connection, mirror, nowMs)
    if (late <= LATE_MS) return []
    const seconds = Math.round(late / 1000)
    const what = `the mirror ${path} lacks events from ${sequence + 1} on, since ${seconds} s ago`
    const hint = `see why, and write what is missing: holdfast mirror ${path}; if nobody reads it, forget it with --forget`
    return [{ kind: 'mirror-late', severity: 'note', what, hint }]
  })
}
