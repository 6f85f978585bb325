/**
 * What may be taken from whom. Only what is certain: a process that cannot be seen is not dead, a
 * folder that is missing may be on a disk that comes back, and another machine knows its own.
 */
import { isRemoteKey } from './ports-key.ts'
import type { PortBlockStatus, PortReaping } from './ports-types.ts'

/** Says what is to be done with a block, or `undefined` when it stays as it is. */
export function judge(
  block: PortBlockStatus,
  { nowMs, graceMs }: { readonly nowMs: number; readonly graceMs: number },
): PortReaping | undefined {
  const { base, key, state, liveness, pathExists, expiresAtMs, lastUsedAtMs } = block
  const free = (reason: PortReaping['reason']): PortReaping => ({
    base,
    key,
    action: 'free',
    reason,
  })
  const isExpired = expiresAtMs !== null && expiresAtMs <= nowMs
  if (state === 'occupied') return isExpired ? free('occupation-expired') : undefined
  if (state === 'reserved') {
    if (isExpired) return free('reservation-expired')
    return liveness === 'dead' ? free('process-ended') : undefined
  }
  if (isRemoteKey(key)) return undefined
  if (pathExists === false && liveness !== 'alive') {
    return nowMs - lastUsedAtMs >= graceMs ? free('path-missing') : undefined
  }
  if (liveness !== 'dead') return undefined
  // A name has nothing but its process; a project keeps its block between two runs.
  if (pathExists === null) return free('process-ended')
  return { base, key, action: 'forget-process', reason: 'process-ended' }
}
