/**
 * Checks the kernel's rows that stand beside the log against what the log says: the store's
 * identity, ended streams, checkpoints, modules, receipts and fencing tokens. Wrong ones damage no
 * event, but make somebody skip events, write twice, or think that there is nothing.
 */
import type { Connection } from '../connection/connection.ts'
import { moduleOf } from '../log/registry.ts'
import { type BodyPlace, textOf } from '../log/stored-body.ts'
import { readModules } from '../migrations/ledger.ts'
import type { Problems } from './problems.ts'

const MAX_SHOWN = 100

const IDENTITY = /* sql */ `
  SELECT value FROM store WHERE key = 'logId' AND typeof(value) = 'text' AND value <> ''`
// Only dropping its last event empties a stream, and superseding never drops that one. Which stream
// a drop has emptied is not noted: where prune was at work, as many may be empty as it has dropped.
const EMPTIED = /* sql */ `
  SELECT name FROM streams
  WHERE head_version > 0 AND head_sequence IS NULL
    AND id NOT IN (SELECT stream_id FROM events)
  LIMIT 1 OFFSET (
    SELECT ifnull(sum(dropped_count), 0) FROM prune_ranges WHERE reason <> 'superseded')`
// That a removal is not noted says nothing: who wrote the head may not have had the module's code.
const REMOVED = /* sql */ `
  SELECT streams.name FROM streams JOIN events ON events.sequence = streams.head_sequence
  WHERE removed_at_ms <> recorded_at_ms LIMIT ${MAX_SHOWN}`
const BEYOND_HEAD = /* sql */ `
  SELECT consumer, sequence FROM checkpoints
  WHERE sequence > (SELECT ifnull(max(sequence), 0) FROM events) LIMIT ${MAX_SHOWN}`
const NAMES = /* sql */ `
  SELECT name FROM event_types UNION SELECT DISTINCT module FROM migrations`
const RECEIPTS = /* sql */ `
  SELECT key FROM receipts
  WHERE iif(json_valid(outcome), json_type(outcome), '') NOT IN ('object', 'array') LIMIT ${MAX_SHOWN}`
// The newest event of a lease has its highest token: it rises with each change of owner.
const LEASES = /* sql */ `
  SELECT substr(streams.name, 16) AS name, payload_id AS payloadId, data, leases.fencing_token AS found
  FROM streams JOIN events ON events.sequence = streams.head_sequence
    LEFT JOIN leases ON leases.name = substr(streams.name, 16)
  WHERE streams.name >= 'holdfast.lease/' AND streams.name < 'holdfast.lease0'`

interface LeaseRow extends BodyPlace {
  readonly name: string
  readonly found: number | null
}

/** Checks what the log lets be checked of the kernel's other tables. */
export function verifyBookkeeping(connection: Connection, problems: Problems): void {
  const wrong = (what: string) => problems.add({ kind: 'bookkeeping', what })
  if (!connection.get(IDENTITY)) wrong('the store has lost the identity of its log')
  verifyEnds(connection, problems)
  for (const { consumer, sequence } of connection.all<{ consumer: string; sequence: number }>(
    BEYOND_HEAD,
  )) {
    wrong(`consumer '${consumer}' has handled event ${sequence}, which the log does not have yet`)
  }
  for (const name of modulesWithoutRow(connection)) wrong(`module '${name}' has lost its row`)
  for (const { key } of connection.all<{ key: string }>(RECEIPTS)) {
    wrong(`the answer given to '${key}' cannot be read`)
  }
  verifyTokens(connection, wrong)
}

function verifyTokens(connection: Connection, wrong: (what: string) => void): void {
  let shown = 0
  for (const row of connection.all<LeaseRow>(LEASES)) {
    const token = tokenIn(connection, row)
    if (token <= (row.found ?? 0)) continue
    wrong(
      `lease '${row.name}' has fencing token ${row.found ?? 'none'}, and ${token} was given out`,
    )
    if (++shown === MAX_SHOWN) return
  }
}

// 0 where the event cannot be read, of which the check of the log says more.
function tokenIn(connection: Connection, place: BodyPlace): number {
  try {
    const { fencingToken } = JSON.parse(textOf(connection, place)) as { fencingToken?: unknown }
    return typeof fencingToken === 'number' ? fencingToken : 0
  } catch {
    return 0
  }
}

function verifyEnds(connection: Connection, problems: Problems): void {
  const emptied = connection.get<{ name: string }>(EMPTIED)
  if (emptied) {
    const what = `stream '${emptied.name}' has no events, and prune has not dropped them`
    problems.add({ kind: 'stream-head', what, stream: emptied.name })
  }
  for (const { name } of connection.all<{ name: string }>(REMOVED)) {
    const what = `stream '${name}' was not removed when the store says`
    problems.add({ kind: 'stream-head', what, stream: name })
  }
}

function modulesWithoutRow(connection: Connection): string[] {
  const rows = readModules(connection)
  const named = new Set(connection.all<{ name: string }>(NAMES).map(({ name }) => moduleOf(name)))
  return [...named].filter((name) => !rows.has(name))
}
