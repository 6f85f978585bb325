/**
 * What of the past is still known. Superseding drops states that once were the newest; a gap in the
 * versions of a stream tells that it did, and from which sequence on that no longer matters
 * (docs/design/growth.md, "at").
 */
import type { Connection } from '../connection/connection.ts'
import type { Module } from '../log/module.ts'
import { moduleOf } from '../log/registry.ts'
import type { ModuleRow } from '../migrations/ledger.ts'

const PAGE = 2000

const TYPES = /* sql */ `SELECT id, name FROM event_types`
const EVENTS = /* sql */ `
  SELECT e.sequence, e.stream_id AS streamId, e.version, e.type_id AS typeId,
    ifnull(p.sequence, 0) AS beforeSequence, ifnull(p.version, 0) AS beforeVersion
  FROM events e LEFT JOIN events p ON p.sequence = e.previous
  WHERE e.sequence > :after AND e.type_id IN (SELECT value FROM json_each(:types))
  ORDER BY e.sequence LIMIT ${PAGE}`
const LAST_REMOVAL = /* sql */ `
  SELECT ifnull(max(last_sequence), 0) AS sequence FROM prune_ranges
  WHERE module = :module AND reason = 'removed'`

interface EventRow {
  readonly sequence: number
  readonly streamId: number
  readonly version: number
  readonly typeId: number
  readonly beforeSequence: number
  readonly beforeVersion: number
}

/** Why a module's tables at a sequence cannot be told. */
export interface Unknowable {
  readonly why: string
  /** They can from this sequence on. */
  readonly knownFrom: number
}

/** Says why the module's tables as of `sequence` are not known; `undefined` when they are. */
export function findUnknowable(
  connection: Connection,
  module: Module,
  row: Pick<ModuleRow, 'horizon'>,
  sequence: number,
): Unknowable | undefined {
  if (sequence < row.horizon) {
    return { why: 'lie below its horizon', knownFrom: row.horizon }
  }
  const removal = connection.get<{ sequence: number }>(LAST_REMOVAL, { module: module.name })
  const removedThrough = removal?.sequence ?? 0
  if (sequence < removedThrough) {
    return { why: 'held rows whose removal was dropped', knownFrom: removedThrough }
  }
  const knownFrom = supersededUntil(connection, module, row.horizon, sequence)
  if (knownFrom === undefined) return undefined
  return { why: 'held states that were superseded and dropped', knownFrom }
}

// The end of the last stretch around `sequence` in which a stream's newest state may be gone.
function supersededUntil(
  connection: Connection,
  module: Module,
  horizon: number,
  sequence: number,
): number | undefined {
  const { types, superseding } = typesOf(connection, module)
  if (superseding.size === 0) return undefined
  // By stream: the sequence before the first gap since its last state.
  const gaps = new Map<number, number>()
  let until: number | undefined
  // From the log's beginning: a gap below the horizon may reach beyond it.
  for (let after = 0; ; ) {
    const page = connection.all<EventRow>(EVENTS, { after, types: JSON.stringify(types) })
    for (const event of page) {
      const { streamId } = event
      if (event.version > event.beforeVersion + 1 && !gaps.has(streamId)) {
        // The base may itself lack a state that was gone when it was made.
        gaps.set(streamId, Math.max(event.beforeSequence, horizon - 1))
      }
      if (!superseding.has(event.typeId)) continue
      const from = gaps.get(streamId)
      gaps.delete(streamId)
      if (from !== undefined && from < sequence && sequence < event.sequence) until = event.sequence
    }
    if (page.length < PAGE) return until
    after = page.at(-1)?.sequence ?? after
  }
}

function typesOf(
  connection: Connection,
  module: Module,
): { types: number[]; superseding: Set<number> } {
  const types: number[] = []
  const superseding = new Set<number>()
  for (const { id, name } of connection.all<{ id: number; name: string }>(TYPES)) {
    if (moduleOf(name) !== module.name) continue
    types.push(id)
    const definition = module.events.get(name) ?? module.open
    if (definition?.isState || definition?.removes) superseding.add(id)
  }
  return { types, superseding }
}
