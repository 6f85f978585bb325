/** The proof that a restored log is the one that was exported. */
import type { Connection } from '../../connection/connection.ts'
import { LogReader } from '../../log/log-reader.ts'
import { Registry } from '../../log/registry.ts'
import { RowContext } from '../../log/row-context.ts'
import { Problems } from '../../projections/problems.ts'
import { type LogCounts, verifyLog } from '../../projections/verify-log.ts'
import { verifyPayloads } from '../../projections/verify-payloads.ts'
import type { ExportHeader } from './export-format.ts'
import { damaged } from './read-export.ts'

/** Checks every event and payload; throws `EXPORT_DAMAGED` with the first thing that is wrong. */
export function verifyRestored(
  connection: Connection,
  file: string,
  { head }: ExportHeader,
): LogCounts {
  const reader = new LogReader(new RowContext(connection, new Registry([])))
  const problems = new Problems()
  const counts = verifyLog(reader, problems)
  verifyPayloads(connection, problems)
  const [first] = problems.list
  if (first) throw damaged(file, `the exported log was damaged: ${first.what}`)
  if (counts.head !== head) throw damaged(file, `its newest event is ${counts.head}, not ${head}`)
  return counts
}
