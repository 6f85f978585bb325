/**
 * Runs one screened statement on a read-only driver and cuts its result to size. Runs in the
 * child; the time limit is the parent's, since no SQLite library can be interrupted in-process.
 */
import type { Driver, SqlValue } from '../../driver/driver.ts'
import { refused } from './refused.ts'
import type { QueryRequest, QueryResult } from './types.ts'

const MAX_SAFE = Number.MAX_SAFE_INTEGER

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
  const rows = request.isSelect
    ? readExactly(driver, request, columns.length)
    : statement.values(request.parameters)
  const kept = cutToSize(rows, request)
  return {
    columns,
    rows: kept,
    truncated: kept.length < rows.length,
    tookMs: nowMs() - startedAtMs,
  }
}

// A number of JavaScript holds integers of 53 bits: larger ones come as text, and a last column says
// which cells they are. SQLite stops at the limit by itself, so that a result is never held larger
// than it is shown. The line break ends a comment at the end of the statement.
function readExactly(driver: Driver, request: QueryRequest, width: number): SqlValue[][] {
  const names = Array.from({ length: width }, (_, place) => `c${place}`)
  const isLarge = (name: string) =>
    `(typeof(${name}) = 'integer' AND ${name} NOT BETWEEN -${MAX_SAFE} AND ${MAX_SAFE})`
  const cells = names.map((name) => `iif(${isLarge(name)}, CAST(${name} AS TEXT), ${name})`)
  const marks = names.map((name) => `iif(${isLarge(name)}, '1', '0')`)
  const statement = driver.prepare(`
    WITH "holdfast result" (${names.join(', ')}) AS (${request.sql}\n)
    SELECT ${cells.join(', ')}, concat(${marks.join(', ')})
    FROM "holdfast result" LIMIT ${request.maxRows + 1}`)
  return statement.values(request.parameters).map((row) => {
    const large = String(row.pop())
    return large.includes('1') ? row.map((cell, place) => exact(cell, large[place])) : row
  })
}

function exact(cell: SqlValue, mark: string | undefined): SqlValue {
  return mark === '1' ? BigInt(String(cell)) : cell
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
