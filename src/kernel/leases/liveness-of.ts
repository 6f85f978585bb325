/** Whether the process that a row names still runs. */
import { isProcessAlive, type Liveness, parseIdentity } from './identity.ts'
import type { ProcessProbe } from './process-probe.ts'

/** Says so of an identity as text; `'none'` for an empty one. `own` is this process, known to run. */
export function livenessOf(process: string, own: string, probe: ProcessProbe): Liveness | 'none' {
  if (process === '') return 'none'
  if (process === own) return 'alive'
  const identity = parseIdentity(process)
  return identity ? isProcessAlive(identity, probe) : 'unknown'
}
