/** Counts what a prune has dropped, by type and reason. */
import type { Connection } from '../../connection/connection.ts'
import type { PlannedDrop } from './plan.ts'
import type { PrunedType, PruneReason } from './types.ts'

const NAME = /* sql */ `SELECT name FROM event_types WHERE id = ?`

/** The sums of one prune. */
export class Tally {
  readonly #sums = new Map<
    string,
    { readonly typeId: number; readonly reason: PruneReason; events: number; dataBytes: number }
  >()

  add(dropped: readonly PlannedDrop[]): void {
    for (const { typeId, reason, dataBytes } of dropped) {
      const key = `${typeId} ${reason}`
      const sum = this.#sums.get(key) ?? { typeId, reason, events: 0, dataBytes: 0 }
      this.#sums.set(key, sum)
      sum.events++
      sum.dataBytes += dataBytes
    }
  }

  /** By type and reason, most bytes first. */
  types(connection: Connection): PrunedType[] {
    return Array.from(this.#sums.values(), ({ typeId, ...sum }) => {
      const type = connection.get<{ name: string }>(NAME, [typeId])?.name ?? `type ${typeId}`
      return { type, ...sum }
    }).sort((a, b) => b.dataBytes - a.dataBytes)
  }
}
