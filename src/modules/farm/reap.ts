/**
 * What became of what stands in the rows. Nothing is taken away but reservations, terminals and
 * annotations of ended processes: architects and builders have more than a process (a conversation,
 * a worktree), so they only lose the process.
 */
import type { ProcessProbe } from '../../index.ts'
import { livenessOf } from './liveness.ts'
import type { FarmKind, FarmRow, FarmRows } from './types.ts'

/** What is done with one row. */
export interface FarmReaping {
  readonly kind: FarmKind
  readonly workspace: string
  readonly id: string
  readonly pid: number | null
  readonly action: 'remove' | 'forget-process'
  readonly reason: 'reservation-expired' | 'process-ended'
}

/** Says what is to be done with a row; `undefined` when it stays as it is. */
export function judge<Kind extends FarmKind>(
  kind: Kind,
  row: FarmRows[Kind],
  { nowMs, probe }: { readonly nowMs: number; readonly probe: ProcessProbe },
): FarmReaping | undefined {
  const { workspace, id, pid } = row
  const of = { kind, workspace, id, pid }
  const liveness = livenessOf(row, probe)
  const expiresAtMs = reservedUntil(row)
  if (expiresAtMs !== undefined) {
    if (liveness === 'dead') return { ...of, action: 'remove', reason: 'process-ended' }
    // Its maker runs: it may be slow, and learns from `activate` when another took it.
    if (expiresAtMs > nowMs || liveness === 'alive') return undefined
    return { ...of, action: 'remove', reason: 'reservation-expired' }
  }
  if (liveness !== 'dead') return undefined
  const isTerminal = kind === 'util' || kind === 'annotation'
  return { ...of, action: isTerminal ? 'remove' : 'forget-process', reason: 'process-ended' }
}

function reservedUntil(
  row: FarmRow & { readonly state?: string; readonly expiresAtMs?: number | null },
) {
  return row.state === 'reserved' ? (row.expiresAtMs ?? 0) : undefined
}
