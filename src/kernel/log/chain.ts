/**
 * A stream as a linked list: each event holds the sequence of the one before it. No index is
 * kept, which would be one more page in every commit and a third of the time of a batch.
 *
 * Invariant: an event that goes is unlinked, its successor then pointing past it. So a pointer to a
 * row that is not there is damage, and a gap without one is explained.
 */
import type { Connection } from '../connection/connection.ts'
import type { StreamHead } from './stream-head.ts'

/** One event's place in its stream. */
export interface Link {
  readonly sequence: number
  readonly version: number
  readonly previous: number | null
  readonly typeId: number
  readonly payloadId: number | null
}

const LINK = /* sql */ `
  SELECT sequence, version, previous, type_id AS typeId, payload_id AS payloadId
  FROM events WHERE sequence = ?`
const DROP = /* sql */ `DELETE FROM events WHERE sequence = ?`
const RELINK = /* sql */ `UPDATE events SET previous = ? WHERE sequence = ?`
const SMALLEST_CHECKPOINT = /* sql */ `SELECT min(sequence) AS sequence FROM checkpoints`
// All of a stream's superseded events go, or none: a replay of some of them could meet a unique
// value that was another row's at the time. A longer stream is left to prune.
const LOOK_BACK = 64

/** Which rows a module's base may hold: of streams up to `baseStream`, as they were at `horizon`. */
export interface BaseExtent {
  readonly horizon: number
  readonly baseStream: number
}

const NO_BASE: BaseExtent = { horizon: 0, baseStream: 0 }

/** What a new state takes the place of, and what it then comes after. */
export interface Superseding {
  readonly dropped: readonly Link[]
  /** Sequence of the stream's newest event that stays. */
  readonly previous: number | null
  /** Events that stay and whose predecessor goes: the new predecessor by sequence. */
  readonly relinked: ReadonlyMap<number, number | null>
}

/** Finds the events of a stream that its next state supersedes. */
export function findSuperseded(
  connection: Connection,
  head: StreamHead,
  isReplaceable: (typeId: number) => boolean,
  base: BaseExtent = NO_BASE,
): Superseding {
  const nothing = { dropped: [], previous: head.sequence, relinked: new Map() }
  // Above a base that may hold the stream's row nothing goes: docs/design/growth.md, invariant 3.
  if (head.id <= base.baseStream && (head.sequence ?? 0) > base.horizon) return nothing
  const links = linksOf(connection, head, isReplaceable)
  const dropped = links.filter((link) => isReplaceable(link.typeId))
  if (dropped.length === 0) return nothing
  return { dropped, ...linkPast(links, new Set(dropped)) }
}

/** Drops what was found; the new event must already point past it. */
export function dropSuperseded(connection: Connection, { dropped, relinked }: Superseding): void {
  for (const link of dropped) connection.run(DROP, [link.sequence])
  for (const [sequence, previous] of relinked) connection.run(RELINK, [previous, sequence])
}

/** Sequence up to which every durable consumer has handled the log; without any, everything. */
export function smallestCheckpoint(connection: Connection): number {
  const row = connection.get<{ sequence: number | null }>(SMALLEST_CHECKPOINT)
  return row?.sequence ?? Number.MAX_SAFE_INTEGER
}

// Newest first; none when nothing of the stream may go now, or it is longer than is looked at.
function linksOf(
  connection: Connection,
  head: StreamHead,
  isReplaceable: (typeId: number) => boolean,
): Link[] {
  if (head.sequence === null || head.typeId === null) return []
  const links: Link[] = []
  let isNewest = true
  for (let link: Link = { ...head, sequence: head.sequence, typeId: head.typeId }; ; ) {
    // A durable consumer has yet to see the newest: all of them stay, for prune to drop later.
    if (isNewest && isReplaceable(link.typeId)) {
      isNewest = false
      if (link.sequence > smallestCheckpoint(connection)) return []
    }
    links.push(link)
    if (link.previous === null) return links
    const before = connection.get<Link>(LINK, [link.previous])
    if (!before || links.length >= LOOK_BACK) return []
    link = before
  }
}

function linkPast(
  links: readonly Link[],
  dropped: ReadonlySet<Link>,
): Pick<Superseding, 'previous' | 'relinked'> {
  const relinked = new Map<number, number | null>()
  // From the oldest up: the last one that stays is what the next one comes after.
  let previous: number | null = null
  for (const link of [...links].reverse()) {
    if (dropped.has(link)) continue
    if (link.previous !== previous) relinked.set(link.sequence, previous)
    previous = link.sequence
  }
  return { previous, relinked }
}
