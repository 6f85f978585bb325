/**
 * Whether the process of a row still runs.
 *
 * A pid alone proves nothing: it is given again within minutes, and it may be of a container or
 * another machine. So a row gets the whole identity of its process when it is written here, and one
 * that has only a pid, from an older file, is never called dead.
 */
import {
  currentProcessIdentity,
  formatIdentity,
  isProcessAlive,
  type Liveness,
  type ProcessProbe,
  parseIdentity,
} from '../../index.ts'
import type { FarmRow } from './types.ts'

/** What is known of a row's process; `'none'` where the row names none. */
export type RowLiveness = Liveness | 'none'

/** Says whether the process of a row runs. */
export function livenessOf(
  row: Pick<FarmRow, 'pid' | 'process'>,
  probe: ProcessProbe,
): RowLiveness {
  if (row.process !== '') {
    const identity = parseIdentity(row.process)
    return identity ? isProcessAlive(identity, probe) : 'unknown'
  }
  // 0 and less are no process: signalling them would reach a whole group.
  return row.pid !== null && row.pid > 0 ? 'unknown' : 'none'
}

/** The identity of the process that has this pid now; empty when it cannot be told. */
export function identityOfPid(pid: number | null, probe: ProcessProbe): string {
  if (pid === null || pid <= 0) return ''
  const own = currentProcessIdentity(probe)
  if (pid === own.pid) return formatIdentity(own)
  const seen = probe.look(pid)
  return seen && seen.startTime !== ''
    ? formatIdentity({ ...own, pid, startTime: seen.startTime })
    : ''
}
