/**
 * Runs one screened statement on a read-only driver and cuts its result to size. Runs in the
 * child; the time limit is the parent's, since no SQLite library can be interrupted in-process.
 */
import type { Driver, SqlValue } from '../../driver/driver.ts'
import { refused } from './refused.ts'
import type { QueryRequest, QueryResult } from './types.ts'

/** Closes what a read-only handle leaves open; screening has refused what could undo it. */
export function lockDown(driver: Driver): void {
  // Sorting in memory: a spilled temporary file would be a file created.
  driver.exec('PRAGMA query_only = 1; PRAGMA trusted_schema = 0; PRAGMA temp_store = MEMORY')
}

/** Runs the statement; throws `QUERY_REFUSED` when SQLite says that it writes. */
export function runQuery(driver: Driver, request: QueryRequest, nowMs: () => number): QueryResult {
  const startedAtMs = nowMs()
  const statement = driver.prepare(request.sql)
  if (!statement.isReadOnly) throw refused('SQLite says that it writes')
  const { columns } = statement
  // SQLite stops at the limit by itself, so that a result is never held larger than it is shown.
  // The line break ends a comment at the end of the statement.
  const limited = request.isSelect
    ? driver.prepare(`SELECT * FROM (${request.sql}\n) LIMIT ${request.maxRows + 1}`)
    : statement
  const rows = limited.values(request.parameters)
  const kept = cutToSize(rows, request)
  return {
    columns,
    rows: kept,
    truncated: kept.length < rows.length,
    tookMs: nowMs() - startedAtMs,
  }
}

function cutToSize(
  rows: readonly SqlValue[][],
  { maxRows, maxBytes }: { readonly maxRows: number; readonly maxBytes: number },
): SqlValue[][] {
  const kept: SqlValue[][] = []
  let bytes = 0
  for (const row of rows) {
    if (kept.length === maxRows) break
    for (const cell of row) bytes += sizeOf(cell)
    if (bytes > maxBytes) break
    kept.push(row)
  }
  return kept
}

function sizeOf(cell: SqlValue): number {
  const NUMBER_BYTES = 8
  if (typeof cell === 'string') return Buffer.byteLength(cell)
  return cell instanceof Uint8Array ? cell.length : NUMBER_BYTES
}
