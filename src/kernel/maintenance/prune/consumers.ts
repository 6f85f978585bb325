/** How far durable consumers let prune go, and the gaps of those that have stood still too long. */
import type { Connection } from '../../connection/connection.ts'

/** A consumer that has not moved for so long holds nothing back any more. */
export const IDLE_MS: number = 7 * 24 * 3_600_000

const LIST = /* sql */ `
  SELECT consumer, sequence, updated_at_ms <= :idleBefore AS isIdle FROM checkpoints
  WHERE sequence < (SELECT max(sequence) FROM events) ORDER BY consumer`
const SET_GAP = /* sql */ `
  UPDATE checkpoints SET gap_through = max(ifnull(gap_through, 0), :through)
  WHERE updated_at_ms <= :idleBefore AND sequence < :through`

/** Whom prune waits for. */
export interface ConsumerLimit {
  /** Events up to this sequence may go. */
  readonly through: number
  readonly idle: readonly string[]
}

/** The smallest checkpoint of the consumers at work; without any, everything. */
export function readConsumerLimit(connection: Connection, nowMs: number): ConsumerLimit {
  const idle: string[] = []
  let through = Number.MAX_SAFE_INTEGER
  const rows = connection.all<{ consumer: string; sequence: number; isIdle: number }>(LIST, {
    idleBefore: nowMs - IDLE_MS,
  })
  for (const { consumer, sequence, isIdle } of rows) {
    if (isIdle === 1) idle.push(consumer)
    else through = Math.min(through, sequence)
  }
  return { through, idle }
}

/** Notes for idle consumers that events up to `through` went unseen, in the transaction that drops. */
export function markGaps(connection: Connection, through: number, nowMs: number): void {
  connection.run(SET_GAP, { through, idleBefore: nowMs - IDLE_MS })
}
