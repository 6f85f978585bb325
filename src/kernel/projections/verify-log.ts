/** Checks every event row against its checksum, and that the rows make whole streams. */
import type { Connection } from '../connection/connection.ts'
import { Checksums } from '../log/checksum.ts'
import type { LogReader } from '../log/log-reader.ts'
import { EVENT_COLUMNS, type EventRow, isIntact } from '../log/read-row.ts'
import type { Problems } from './problems.ts'
import { verifyStreams } from './verify-streams.ts'

const PAGE = 1000

const ROWS = /* sql */ `
  SELECT ${EVENT_COLUMNS} FROM events WHERE sequence > :after ORDER BY sequence LIMIT :limit`
const DUPLICATE_NAMES = /* sql */ `
  SELECT count(*) AS ids, count(DISTINCT name) AS names FROM event_types`

/** What was checked. */
export interface LogCounts {
  readonly head: number
  readonly events: number
}

/** Checks the whole log as it stands in the reader's view. */
export function verifyLog(reader: LogReader, problems: Problems): LogCounts {
  const { connection } = reader.context
  const checksums = new Checksums()
  let events = 0
  let after = 0
  let recordedAtMs = 0
  for (;;) {
    const page = connection.all<EventRow>(ROWS, { after, limit: PAGE })
    for (const row of page) {
      verifyRow(reader, checksums, row, problems)
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
  verifyStreams(connection, problems)
  verifyNames(connection, problems)
  return { head: after, events }
}

function verifyRow(
  reader: LogReader,
  checksums: Checksums,
  row: EventRow,
  problems: Problems,
): void {
  const { context } = reader
  const { sequence } = row
  try {
    if (!isIntact(context, checksums, row)) {
      const { name: type } = context.typeOf(row.typeId)
      const stream = context.streamOf(row.streamId)
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

function verifyNames(connection: Connection, problems: Problems): void {
  const row = connection.get<{ ids: number; names: number }>(DUPLICATE_NAMES)
  if (row && row.ids !== row.names) {
    problems.add({ kind: 'event-unreadable', what: 'two event types have the same name' })
  }
}
