/** Checks every event row against its checksum, and the rows against the streams' accounts. */
import { eventChecksum } from '../log/checksum.ts'
import type { LogReader } from '../log/log-reader.ts'
import { EVENT_COLUMNS, type EventRow, textOf } from '../log/read-row.ts'
import type { Problems } from './problems.ts'

const PAGE = 1000

const ROWS = /* sql */ `
  SELECT ${EVENT_COLUMNS} FROM events WHERE sequence > :after ORDER BY sequence LIMIT :limit`
const STREAMS = /* sql */ `
  SELECT id, name, head_version AS headVersion, dropped_count AS droppedCount FROM streams`
const DUPLICATE_NAMES = /* sql */ `
  SELECT count(*) AS ids, count(DISTINCT name) AS names FROM event_types`

interface StreamRow {
  readonly id: number
  readonly name: string
  readonly headVersion: number
  readonly droppedCount: number
}

/** What was checked. */
export interface LogCounts {
  readonly head: number
  readonly events: number
}

interface Tally {
  count: number
  version: number
}

/** Checks the whole log as it stands in the reader's view. */
export function verifyLog(reader: LogReader, problems: Problems): LogCounts {
  const { connection } = reader.context
  const tallies = new Map<number, Tally>()
  let events = 0
  let after = 0
  let recordedAtMs = 0
  for (;;) {
    const page = connection.all<EventRow>(ROWS, { after, limit: PAGE })
    for (const row of page) {
      verifyRow(reader, row, problems)
      verifyPlace(row, tallies, problems)
      if (row.recordedAtMs < recordedAtMs) {
        problems.add({
          kind: 'event-order',
          what: `event ${row.sequence} is recorded before the one that precedes it`,
          sequence: row.sequence,
        })
      }
      recordedAtMs = row.recordedAtMs
    }
    events += page.length
    after = page.at(-1)?.sequence ?? after
    if (page.length < PAGE) break
  }
  verifyStreams(connection.all<StreamRow>(STREAMS), tallies, after, problems)
  verifyNames(reader, problems)
  return { head: after, events }
}

function verifyRow(reader: LogReader, row: EventRow, problems: Problems): void {
  const { connection, types, streams, origins } = reader.context
  const { sequence } = row
  try {
    const type = types.nameOf(row.typeId)
    const stream = streams.nameOf(row.streamId)
    const origin = row.originId === null ? null : origins.nameOf(row.originId)
    if (type === undefined || stream === undefined || origin === undefined) {
      throw new Error('its type, stream or origin has no name')
    }
    const data = textOf(connection, row)
    if (eventChecksum({ ...row, type, stream, origin, data }) !== row.checksum) {
      problems.add({
        kind: 'event-checksum',
        what: `event ${sequence} ('${type}' on '${stream}') is not what was appended`,
        sequence,
        stream,
      })
    }
  } catch (error) {
    problems.add({
      kind: 'event-unreadable',
      what: `event ${sequence} cannot be read: ${(error as Error).message}`,
      sequence,
    })
  }
}

function verifyPlace(row: EventRow, tallies: Map<number, Tally>, problems: Problems): void {
  const tally = tallies.get(row.streamId)
  if (!tally) {
    tallies.set(row.streamId, { count: 1, version: row.version })
    return
  }
  tally.count++
  if (row.version <= tally.version) {
    problems.add({
      kind: 'event-order',
      what: `event ${row.sequence} has version ${row.version} after version ${tally.version} of its stream`,
      sequence: row.sequence,
    })
  }
  tally.version = Math.max(tally.version, row.version)
}

// Each stream accounts for its events: those present and those dropped make up its head version.
// Over all streams that is the log's head; so even a missing newest event shows.
function verifyStreams(
  rows: readonly StreamRow[],
  tallies: ReadonlyMap<number, Tally>,
  head: number,
  problems: Problems,
): void {
  let total = 0
  for (const { id, name, headVersion, droppedCount } of rows) {
    total += headVersion
    const tally = tallies.get(id) ?? { count: 0, version: 0 }
    const missing = headVersion - droppedCount - tally.count
    if (missing !== 0) {
      problems.add({
        kind: 'event-missing',
        what: `stream '${name}' is at version ${headVersion} and has ${tally.count} events, ${droppedCount} dropped: ${missing} unexplained`,
        stream: name,
      })
    } else if (tally.version > headVersion) {
      problems.add({
        kind: 'stream-head',
        what: `stream '${name}' has an event of version ${tally.version} above its head ${headVersion}`,
        stream: name,
      })
    }
  }
  if (total !== head) {
    problems.add({
      kind: 'event-missing',
      what: `the streams account for ${total} events, the log’s head is ${head}`,
    })
  }
}

function verifyNames({ context }: LogReader, problems: Problems): void {
  const row = context.connection.get<{ ids: number; names: number }>(DUPLICATE_NAMES)
  if (row && row.ids !== row.names) {
    problems.add({ kind: 'event-unreadable', what: 'two event types have the same name' })
  }
}
