/** A row of `port_blocks`, and what of it is shown to its holder. */
import type { PortBlock, PortBlockStatus } from './ports-types.ts'

/** A row as the statements give it. */
export type PortRow = Omit<PortBlockStatus, 'liveness' | 'pathExists'>

/** The holder's view of a row. */
export function publicBlock({ process: _, state, ...row }: PortRow): PortBlock {
  return { ...row, state: state === 'active' ? 'active' : 'reserved' }
}
