/** What to do next, from what a store's status says. */
import type { StoreStatus } from '../../index.ts'
import type { PresetFault } from '../faults.ts'

const LARGE_WAL_BYTES = 64 * 1024 * 1024

/** One sentence each, the most pressing first; never none. */
export function adviceOn(
  status: StoreStatus & { readonly faults: readonly PresetFault[] },
): string[] {
  if (!status.attached) return ['bring your files in: holdfast import <folder>']
  const advice: string[] = []
  const [unreadable] = status.unreadable
  if (unreadable) {
    advice.push(`see what is damaged, from event ${unreadable.sequence} on: holdfast verify`)
  }
  if (status.quarantined.length > 0) {
    advice.push('see which events could not be folded: holdfast verify')
  }
  if (status.modules.some(({ behindFrom }) => behindFrom !== null)) {
    advice.push('bring the tables up to date: holdfast rebuild')
  }
  for (const { preset, rows } of status.faults) {
    const ask = `holdfast query --preset ${preset}`
    const isAsked = rows !== null
    advice.push(isAsked ? `see which: ${ask}, and what to do: holdfast doctor` : `see why: ${ask}`)
  }
  if (status.rejects > 0) {
    advice.push('see what imports could not take: holdfast query --preset rejects')
  }
  if (status.walBytes > LARGE_WAL_BYTES) {
    advice.push('the write-ahead log cannot be cut while somebody reads: close old readers')
  }
  const dead = status.leases.find(({ liveness }) => liveness === 'dead')
  if (dead) advice.push(`lease '${dead.name}' outlived its owner; it ends by itself`)
  if (status.events === 0) advice.push('the log is empty: holdfast import <folder>')
  if (advice.length === 0)
    advice.push('watch it: holdfast tail --follow, or prove it right: holdfast verify')
  return advice
}
