/**
 * Pruning on the way: a cursor that goes on through the log, a little after each thousandth append.
 * Nobody runs a command that keeps a log small, so it must stay small by itself.
 *
 * Invariant: of a stream's superseded events the oldest go first (docs/design/growth.md, 1), so a
 * stream is walked to its beginning, from the newest state that the cursor passes.
 */
import { raiseGeneration } from '../../connection/generation.ts'
import type { Link } from '../../log/chain.ts'
import { moduleOf } from '../../log/registry.ts'
import { dropUnreferencedPayloads } from '../../payloads/payloads.ts'
import { markGaps, readConsumerLimit } from './consumers.ts'
import { DroppedRanges } from './ranges.ts'
import { obstacle } from './rules.ts'
import type { PruneContext } from './types.ts'

/** Appends from one run to the next. */
export const APPENDS_BETWEEN_RUNS = 1000
/** The same while a run leaves work to the next: each append supersedes one event at most. */
export const APPENDS_WHILE_BEHIND = 250

const MAX_DROPPED = 500
const MAX_MS = 5
// Sequences a run. More than are appended between two, so that the cursor keeps up.
const MAX_SCANNED = 4000
// A longer stream is left to prune, which finds its events in one pass over the log.
const MAX_STEPS_BACK = 2000

const CURSOR = /* sql */ `SELECT value FROM store WHERE key = 'pruneCursor'`
const SET_CURSOR = /* sql */ `
  INSERT INTO store (key, value) VALUES ('pruneCursor', ?)
  ON CONFLICT (key) DO UPDATE SET value = excluded.value`
const LINK_COLUMNS = `sequence, version, previous, type_id AS typeId, payload_id AS payloadId,
  stream_id AS streamId, checksum`
// Most logs hold few states: what cannot supersede anything never leaves SQLite.
const PAGE = /* sql */ `
  SELECT ${LINK_COLUMNS} FROM events
  WHERE sequence > :after AND sequence <= :through AND previous IS NOT NULL
    AND type_id IN (SELECT value FROM json_each(:types))
  ORDER BY sequence`
const TYPES = /* sql */ `SELECT id, name FROM event_types`
const FIND = /* sql */ `SELECT ${LINK_COLUMNS} FROM events WHERE sequence = ?`
const DROP = /* sql */ `DELETE FROM events WHERE sequence = ?`
const RELINK = /* sql */ `UPDATE events SET previous = ? WHERE sequence = ?`
const BLOCKED = /* sql */ `SELECT DISTINCT stream_id AS streamId FROM quarantine`

interface Row extends Link {
  readonly streamId: number
  readonly checksum: number
}

/** Goes on from the cursor; inside a write transaction. True when there was more to do. */
export function pruneOnTheWay(context: PruneContext): boolean {
  const { connection, heads, states } = context
  const startedAt = performance.now()
  const nowMs = context.clock()
  states.refresh()
  const { through } = readConsumerLimit(connection, nowMs)
  const from = connection.get<{ value: number }>(CURSOR)?.value ?? 0
  const end = Math.min(through, heads.log().sequence, from + MAX_SCANNED)
  const types = supersedingTypes(context)
  const page =
    types.length === 0
      ? []
      : connection.all<Row>(PAGE, { after: from, through: end, types: JSON.stringify(types) })
  let cursor = end
  const ranges = new DroppedRanges()
  const payloads: number[] = []
  let dropped = 0
  for (const row of newestStates(context, page)) {
    const room = MAX_DROPPED - dropped
    if (room === 0 || performance.now() - startedAt > MAX_MS) {
      cursor = row.sequence - 1
      break
    }
    const gone = dropBefore(context, row, room)
    for (const link of gone) {
      const module = moduleOf(typeName(context, link.typeId))
      ranges.add({ ...link, module, reason: 'superseded' })
      if (link.payloadId !== null) payloads.push(link.payloadId)
    }
    dropped += gone.length
    if (gone.length === room) {
      cursor = row.sequence - 1
      break
    }
  }
  if (dropped > 0) {
    dropUnreferencedPayloads(connection, payloads)
    ranges.save(connection, nowMs)
    markGaps(connection, ranges.last, nowMs)
    raiseGeneration(connection)
    heads.clear()
  }
  if (cursor > from) connection.run(SET_CURSOR, [cursor])
  return cursor < end
}

function supersedingTypes({ connection, registry }: PruneContext): number[] {
  const ids: number[] = []
  for (const { id, name } of connection.all<{ id: number; name: string }>(TYPES)) {
    const definition = registry.find(name)?.definition
    if (definition?.isState || definition?.removes) ids.push(id)
  }
  return ids
}

// The newest state or removal of each stream in the page, in the order of the log.
function newestStates(context: PruneContext, page: readonly Row[]): Row[] {
  if (page.length === 0) return []
  const blocked = new Set(
    context.connection.all<{ streamId: number }>(BLOCKED).map(({ streamId }) => streamId),
  )
  const newest = new Map<number, Row>()
  for (const row of page) if (!blocked.has(row.streamId)) newest.set(row.streamId, row)
  return [...newest.values()].sort((a, b) => a.sequence - b.sequence)
}

// Drops what `row` supersedes, `room` events at most, the oldest first, and links the rest past it.
function dropBefore(context: PruneContext, row: Row, room: number): Row[] {
  const { connection, registry, states } = context
  const module = registry.find(typeName(context, row.typeId))?.module
  const state = module && states.row(module.name)
  if (!state || obstacle(state, module) !== undefined) return []
  const isInBase = row.streamId <= state.baseStream
  const links = linksBefore(context, row)
  const isSuperseded = ({ sequence, typeId }: Row): boolean => {
    const type = registry.find(typeName(context, typeId))
    if (type?.module !== module || type.definition.keep !== 'latest') return false
    return !isInBase || sequence <= state.horizon
  }
  const gone = links.filter(isSuperseded).slice(0, room)
  if (gone.length === 0) return []
  const isGone = new Set(gone)
  let previous: number | null = null
  for (const link of [...links, row]) {
    if (isGone.has(link)) {
      connection.run(DROP, [link.sequence])
      continue
    }
    if (link.previous !== previous) connection.run(RELINK, [previous, link.sequence])
    previous = link.sequence
  }
  return gone
}

// Oldest first; none where the stream is too long for a little work, or its chain is broken.
function linksBefore({ connection }: PruneContext, row: Row): Row[] {
  const links: Row[] = []
  for (let next = row.previous; next !== null; ) {
    const link = connection.get<Row>(FIND, [next])
    if (!link || links.length >= MAX_STEPS_BACK) return []
    links.push(link)
    next = link.previous
  }
  return links.reverse()
}

function typeName({ reader }: PruneContext, typeId: number): string {
  return reader.context.typeOf(typeId).name
}
