/** Which part of the log was recorded by a time. `recorded_at_ms` never falls, so it is bisected. */
import type { Connection } from '../connection/connection.ts'

const FIRST_FROM = /* sql */ `
  SELECT sequence, recorded_at_ms AS recordedAtMs FROM events
  WHERE sequence >= ? ORDER BY sequence LIMIT 1`
const LAST = /* sql */ `SELECT ifnull(max(sequence), 0) AS sequence FROM events`

/** Sequence of the newest event recorded at or before `atMs`; 0 when there is none. */
export function sequenceAt(connection: Connection, atMs: number): number {
  const last = connection.get<{ sequence: number }>(LAST)?.sequence ?? 0
  let found = 0
  // Every event up to `found` is early enough, every one from `above` on is not.
  for (let above = last + 1; found + 1 < above; ) {
    const middle = found + Math.ceil((above - found) / 2)
    const row = connection.get<{ sequence: number; recordedAtMs: number }>(FIRST_FROM, [middle])
    // Between the middle and the next row there is a gap: nothing to decide there.
    if (!row || row.sequence >= above || row.recordedAtMs > atMs) above = middle
    else found = row.sequence
  }
  return found
}
