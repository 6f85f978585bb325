/** `prune_ranges`: what prune has dropped, a row a module, reason and day. */
import type { Connection } from '../../connection/connection.ts'
import type { PruneReason } from './types.ts'

const DAY_MS = 24 * 3_600_000

const EXTEND = /* sql */ `
  UPDATE prune_ranges SET
    first_sequence = min(first_sequence, :first), last_sequence = max(last_sequence, :last),
    dropped_count = dropped_count + :count, dropped_sum = dropped_sum + :sum
  WHERE id = (
    SELECT max(id) FROM prune_ranges
    WHERE module = :module AND reason = :reason AND pruned_at_ms > :since AND pruned_at_ms <= :nowMs)`
const ADD = /* sql */ `
  INSERT INTO prune_ranges
    (module, reason, first_sequence, last_sequence, dropped_count, dropped_sum, pruned_at_ms)
  VALUES (:module, :reason, :first, :last, :count, :sum, :nowMs)`

interface Range {
  readonly module: string
  readonly reason: PruneReason
  first: number
  last: number
  count: number
  sum: number
}

/** Gathers what one transaction drops, and notes it in that transaction. */
export class DroppedRanges {
  readonly #ranges = new Map<string, Range>()

  get last(): number {
    return Math.max(0, ...Array.from(this.#ranges.values(), ({ last }) => last))
  }

  add(dropped: {
    readonly module: string
    readonly reason: PruneReason
    readonly sequence: number
    readonly checksum: number
  }): void {
    const { module, reason, sequence, checksum } = dropped
    const key = `${module} ${reason}`
    const range = this.#ranges.get(key)
    if (range) {
      range.first = Math.min(range.first, sequence)
      range.last = Math.max(range.last, sequence)
      range.count++
      range.sum += checksum
    } else {
      this.#ranges.set(key, {
        module,
        reason,
        first: sequence,
        last: sequence,
        count: 1,
        sum: checksum,
      })
    }
  }

  save(connection: Connection, nowMs: number): void {
    for (const range of this.#ranges.values()) {
      const { changes } = connection.run(EXTEND, { ...range, nowMs, since: nowMs - DAY_MS })
      if (changes === 0) connection.run(ADD, { ...range, nowMs })
    }
  }
}
