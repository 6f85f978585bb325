/**
 * Dropping what was planned, in short transactions. Each looks again at everything the plan rested
 * on: rows, modules, consumers and streams may have changed since (docs/design/growth.md).
 */
import type { Connection } from '../../connection/connection.ts'
import { raiseGeneration } from '../../connection/generation.ts'
import type { Heads } from '../../log/heads.ts'
import { dropUnreferencedPayloads } from '../../payloads/payloads.ts'
import type { IsTimeUp } from '../../projections/slices.ts'
import { markGaps, readConsumerLimit } from './consumers.ts'
import type { PlannedDrop } from './plan.ts'
import { DroppedRanges } from './ranges.ts'
import type { PruneContext } from './types.ts'

const ROW = /* sql */ `
  SELECT stream_id AS streamId, previous, checksum, payload_id AS payloadId
  FROM events WHERE sequence = ?`
const PREVIOUS = /* sql */ `SELECT previous FROM events WHERE sequence = ?`
const DROP = /* sql */ `DELETE FROM events WHERE sequence = ?`
const RELINK = /* sql */ `UPDATE events SET previous = ? WHERE sequence = ?`
const END_STREAM = /* sql */ `UPDATE streams SET head_sequence = NULL WHERE id = ?`

/** What one transaction did with the drops it was given. */
export interface SliceResult {
  /** How many of them were looked at; fewer than given when the time was up. */
  readonly done: number
  readonly dropped: readonly PlannedDrop[]
}

/** What the plan rested on, to be compared under the lock. */
export interface PlanBasis {
  /** By module: horizon, base, version, and whether it is behind. */
  readonly modules: ReadonlyMap<string, string>
}

/** The basis of a plan made now. */
export function readBasis({ states }: Pick<PruneContext, 'states'>): PlanBasis {
  return {
    modules: new Map(
      states.rows().map(({ name, horizon, baseStream, version, behindFrom }) => {
        return [name, JSON.stringify([horizon, baseStream, version, behindFrom])]
      }),
    ),
  }
}

/** Drops what of `drops` may still go, until the time is up. Inside a write transaction. */
export function dropSlice(
  context: PruneContext,
  basis: PlanBasis,
  drops: readonly PlannedDrop[],
  isTimeUp: IsTimeUp,
): SliceResult {
  const { connection, heads, states, clock } = context
  const nowMs = clock()
  states.refresh()
  const now = readBasis(context)
  const { through } = readConsumerLimit(connection, nowMs)
  // With the tail empty, `streams` says of every stream where it ends.
  heads.flush()
  const last = heads.log().sequence
  const ranges = new DroppedRanges()
  const dropped: PlannedDrop[] = []
  const payloads: number[] = []
  let done = 0
  for (const drop of drops) {
    if (done > 0 && isTimeUp()) break
    done++
    const { sequence, module } = drop
    if (sequence >= last || sequence > through) continue
    if (now.modules.get(module) !== basis.modules.get(module)) continue
    const payloadId = dropOne(connection, heads, drop)
    if (payloadId === undefined) continue
    if (payloadId !== null) payloads.push(payloadId)
    ranges.add(drop)
    dropped.push(drop)
  }
  if (payloads.length > 0) dropUnreferencedPayloads(connection, payloads)
  if (dropped.length > 0) {
    ranges.save(connection, nowMs)
    markGaps(connection, ranges.last, nowMs)
    raiseGeneration(connection)
    heads.clear()
  }
  return { done, dropped }
}

interface Row {
  readonly streamId: number
  readonly previous: number | null
  readonly checksum: number
  readonly payloadId: number | null
}

// The payload of the row that went; undefined when it stays.
function dropOne(
  connection: Connection,
  heads: Heads,
  drop: PlannedDrop,
): number | null | undefined {
  const { sequence } = drop
  const row = connection.get<Row>(ROW, [sequence])
  // Superseded meanwhile, or another log's event under the same sequence.
  if (!row || row.checksum !== drop.checksum) return undefined
  const successor = successorOf(connection, heads, row.streamId, drop)
  if (successor === undefined) return undefined
  if (successor === null) {
    // The head of a stream names its newest event: while others stay, so does that one.
    if (row.previous !== null) return undefined
    connection.run(END_STREAM, [row.streamId])
  }
  // A removal may go only while nothing comes after it.
  else if (drop.reason === 'removed') return undefined
  else connection.run(RELINK, [row.previous, successor])
  connection.run(DROP, [sequence])
  return row.payloadId
}

// null: the stream ends in it. undefined: the chain is broken, which is for verify to say.
function successorOf(
  connection: Connection,
  heads: Heads,
  streamId: number,
  { sequence, successor }: PlannedDrop,
): number | null | undefined {
  if (successor !== null && previousOf(connection, successor) === sequence) return successor
  const head = heads.stream(streamId)
  if (head.sequence === sequence) return null
  // Others have appended or superseded since the plan was made.
  for (let at = head.sequence; at !== null && at !== undefined && at > sequence; ) {
    const previous = previousOf(connection, at)
    if (previous === sequence) return at
    at = previous ?? null
  }
  return undefined
}

function previousOf(connection: Connection, sequence: number): number | null | undefined {
  return connection.get<{ previous: number | null }>(PREVIOUS, [sequence])?.previous
}
