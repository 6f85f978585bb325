/**
 * Superseding: a complete newer state makes the older one of its stream worthless, so it goes in
 * the same transaction. What was dropped is counted and summed on the stream's row, so that
 * `verify` can tell it from damage.
 */
import type { Connection } from '../connection/connection.ts'
import { addChecksums } from './checksum.ts'
import type { EventDefinition } from './event-definition.ts'
import type { StateEvent, StateEvents, StreamHead } from './heads.ts'

// All of a stream's superseded events go, or none: a replay of some of them could meet a unique
// value that was another row's at the time. A longer stream is left to prune.
const LOOK_BACK = 256

const RECENT = /* sql */ `
  SELECT sequence, version, checksum, type_id AS typeId, payload_id AS payloadId
  FROM events WHERE stream_id = ? ORDER BY sequence DESC LIMIT ?`
const DROP = /* sql */ `DELETE FROM events WHERE sequence = ?`
const SMALLEST_CHECKPOINT = /* sql */ `SELECT min(sequence) AS sequence FROM checkpoints`

/** The state events and removals of a stream, of the types that `definitionOf` knows as such. */
export function findStates(
  connection: Connection,
  head: StreamHead,
  definitionOf: (typeId: number) => EventDefinition | undefined,
): StateEvents {
  const recent = connection.all<Omit<StateEvent, 'isReplaceable'>>(RECENT, [head.id, LOOK_BACK])
  const events: StateEvent[] = []
  for (const row of recent.reverse()) {
    const definition = definitionOf(row.typeId)
    if (!definition?.isState && !definition?.removes) continue
    events.push({ ...row, isReplaceable: definition.keep === 'latest' })
  }
  return { events, isComplete: head.version - head.droppedCount <= recent.length }
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
