/**
 * Packing: bodies of old events, too short to compress alone, move into payloads that hold many of them
 * (docs/design/growth.md, "Packs").
 *
 * Invariant: only a row that was proven whole moves, and of an event nothing changes but where its body is.
 */
import type { Connection } from '../../connection/connection.ts'
import { raiseGeneration } from '../../connection/generation.ts'
import { INSERT_EVENT } from '../../log/event-inserter.ts'
import { placeInPack } from '../../log/stored-body.ts'
import { dropUnreferencedPayloads, packPayload, putPacked } from '../../payloads/payloads.ts'
import { type IsTimeUp, runInSlices } from '../../projections/slices.ts'
import {
  type BodyGroup,
  forgetPackPlan,
  groupsAfter,
  makePackPlan,
  packPlanTotals,
} from './pack-plan.ts'
import type { PackedBodies, PruneContext, PruneOptions } from './types.ts'

const DELETE = /* sql */ `DELETE FROM events WHERE sequence = ?`

const HOT_EVENTS = 1000
// Some megabytes of pages. With more, the commit takes as long again as the work.
const GROUPS_A_SLICE = 16

const NOTHING: PackedBodies = { events: 0, dataBytes: 0, storedBytes: 0 }

/** What there is to pack. The plan's tables must be there. */
export function packable(
  connection: Connection,
  { pack = true, hotEvents = HOT_EVENTS }: PruneOptions,
): PackedBodies {
  if (!pack) return NOTHING
  makePackPlan(connection, hotEvents)
  const totals = packPlanTotals(connection)
  forgetPackPlan(connection)
  return { ...totals, storedBytes: null }
}

/** Packs what is old and in its row, or in a pack of which little is left; in short transactions. */
export function packOldBodies(
  { connection, reader, heads }: PruneContext,
  { pack = true, hotEvents = HOT_EVENTS, onProgress }: PruneOptions,
): PackedBodies {
  if (!pack) return NOTHING
  const sums = { events: 0, dataBytes: 0, storedBytes: 0 }
  makePackPlan(connection, hotEvents)
  let sequence = 0
  const step = (isTimeUp: IsTimeUp) => {
    const begunAt = sequence
    let isDone = true
    let groups = 0
    for (const group of groupsAfter(reader.context, sequence)) {
      sequence = group.rows.at(-1)?.sequence ?? sequence
      sums.storedBytes += moveToPack(connection, group)
      sums.events += group.rows.length
      sums.dataBytes += group.bytes
      isDone = ++groups < GROUPS_A_SLICE && !isTimeUp()
      if (!isDone) break
    }
    if (sequence > begunAt) {
      // Others remember where the bodies of the newest events are.
      raiseGeneration(connection)
      heads.clear()
    }
    return isDone
  }
  try {
    runInSlices(connection, step, { onCommitted: () => onProgress?.({ step: 'pack', sequence }) })
  } finally {
    if (!connection.isClosed) forgetPackPlan(connection)
  }
  return sums
}

// Returns the bytes that the bodies take now, their places included.
function moveToPack(connection: Connection, { rows, bodies, thinPacks }: BodyGroup): number {
  const packed = packPayload(Buffer.concat(bodies))
  let offset = 0
  const places = bodies.map(({ length }) => {
    const place = placeInPack(offset, length)
    offset += length
    return place
  })
  const payloadId = putPacked(connection, packed)
  // All go before one comes back: SQLite joins pages that deletions empty, but none whose rows have become
  // shorter, and a log of short and middling bodies would not shrink at all.
  for (const { sequence } of rows) connection.run(DELETE, [sequence])
  for (const [index, row] of rows.entries()) {
    connection.run(INSERT_EVENT, { ...row, payloadId, data: places[index] ?? '' })
  }
  dropUnreferencedPayloads(connection, thinPacks)
  return packed.body.length + places.join('').length
}
