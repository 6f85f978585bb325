/** The error of a registry that is full: it says who has the ports. */
import { StoreError } from '../errors.ts'
import type { PortBlockStatus, SettledLayout } from './ports-types.ts'

// As many as can be read; all of them are in `list()`.
const NAMED = 10

/** `PORTS_EXHAUSTED`, naming the holders. */
export function portsExhausted(
  { base, size, count, reserved }: SettledLayout,
  blocks: readonly PortBlockStatus[],
): StoreError {
  const last = base + size * count - 1
  const here = blocks.filter((block) => block.base <= last && block.base + block.size > base)
  const named = here
    .slice(0, NAMED)
    .map((block) => `${block.base} ${block.key} (${stateOf(block)})`)
  const more = here.length > NAMED ? `, and ${here.length - NAMED} more` : ''
  const kept = reserved.filter((port) => port >= base && port <= last)
  const left = kept.length > 0 ? `; never given: ${kept.join(', ')}` : ''
  return new StoreError(
    'PORTS_EXHAUSTED',
    `none of the ${count} blocks of ${size} ports from ${base} to ${last} is free: ${named.join(', ')}${more}${left}`,
    { hint: 'see which are stale: holdfast farm ports; or configure more blocks' },
  )
}

function stateOf({ state, liveness, pathExists }: PortBlockStatus): string {
  if (state !== 'active') return state
  if (pathExists === false) return 'path missing'
  return liveness === 'none' ? 'no process' : liveness
}
