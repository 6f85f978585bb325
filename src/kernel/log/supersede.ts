/**
 * Superseding: a complete newer state makes the older one of its stream worthless, so it goes in
 * the same transaction. What was dropped is counted and summed on the stream's row, so that
 * `verify` can tell it from damage.
 */
import type { Connection } from '../connection/connection.ts'
import { addChecksums } from './checksum.ts'
import type { StateEvent, StreamHead } from './heads.ts'

// A stream has one state event unless consumers lag; looking this far back finds it behind the
// patches that came after it. An older one is left to prune.
const LOOK_BACK = 64

const RECENT = /* sql */ `
  SELECT sequence, version, checksum, type_id AS typeId, payload_id AS payloadId
  FROM events WHERE stream_id = ? ORDER BY sequence DESC LIMIT ?`
const DROP = /* sql */ `DELETE FROM events WHERE sequence = ?`
const SMALLEST_CHECKPOINT = /* sql */ `SELECT min(sequence) AS sequence FROM checkpoints`

/** The stream's latest event that `isState`. */
export function findState(
  connection: Connection,
  streamId: number,
  isState: (typeId: number) => boolean,
): StateEvent | null {
  const recent = connection.all<StateEvent>(RECENT, [streamId, LOOK_BACK])
  return recent.find((row) => isState(row.typeId)) ?? null
}

/** Sequence up to which every durable consumer has handled the log; none: everything. */
export function smallestCheckpoint(connection: Connection): number {
  const row = connection.get<{ sequence: number | null }>(SMALLEST_CHECKPOINT)
  return row?.sequence ?? Number.MAX_SAFE_INTEGER
}

/** Drops one event; returns the head that accounts for it. */
export function dropEvent(
  connection: Connection,
  head: StreamHead,
  event: { readonly sequence: number; readonly checksum: number },
): StreamHead {
  connection.run(DROP, [event.sequence])
  return {
    ...head,
    droppedCount: head.droppedCount + 1,
    droppedSum: addChecksums(head.droppedSum, event.checksum),
    isStored: false,
  }
}
