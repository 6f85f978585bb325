/** The rows of a query as a table, CSV, JSON or one JSON object a line. */
import type { QueryResult, SqlValue } from '../../index.ts'
import { cleanJson } from '../output/clean.ts'
import type { Output } from '../output/output.ts'
import { formatTable } from '../output/table.ts'
import { formatCsvLine } from './csv.ts'

/** How rows are printed. */
export type RowFormat = 'table' | 'csv' | 'json' | 'jsonl'

/** The lines to print. */
export function* formatRows(
  result: QueryResult,
  format: RowFormat,
  output: Output,
): Generator<string> {
  const { columns, rows } = result
  switch (format) {
    case 'table':
      yield* tableOf(result, output)
      return
    case 'csv':
      yield formatCsvLine(columns)
      for (const row of rows) {
        const cells = row.map(textOf)
        // In a file the bytes are what matters; a terminal would obey them.
        yield formatCsvLine(output.isTerminal ? cells.map((cell) => output.data(cell)) : cells)
      }
      return
    case 'jsonl':
      for (const row of rows) yield cleanJson(JSON.stringify(objectOf(columns, row)))
      return
    case 'json': {
      const { truncated, tookMs } = result
      const objects = rows.map((row) => objectOf(columns, row))
      yield cleanJson(JSON.stringify({ columns, rows: objects, truncated, tookMs }))
    }
  }
}

function tableOf({ columns, rows }: QueryResult, output: Output): string[] {
  const titles = columns.map((title, place) => ({
    title: output.data(title),
    isNumber: rows.length > 0 && rows.every((row) => isNumber(row[place] ?? null)),
  }))
  return formatTable(
    output,
    titles,
    rows.map((row) => row.map(textOf)),
  )
}

function isNumber(cell: SqlValue): boolean {
  return cell === null || typeof cell === 'number' || typeof cell === 'bigint'
}

function objectOf(columns: readonly string[], row: readonly SqlValue[]): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (const [place, cell] of row.entries()) {
    // Two columns of one name are both kept.
    let name = columns[place] ?? ''
    while (Object.hasOwn(object, name)) name += '_'
    Object.defineProperty(object, name, { value: jsonOf(cell ?? null), enumerable: true })
  }
  return object
}

// What a JavaScript number cannot hold is a text with the exact digits.
function jsonOf(cell: SqlValue): unknown {
  if (typeof cell === 'bigint') return String(cell)
  return cell instanceof Uint8Array ? { $base64: Buffer.from(cell).toString('base64') } : cell
}

function textOf(cell: SqlValue): string {
  if (cell === null) return ''
  if (cell instanceof Uint8Array) return Buffer.from(cell).toString('hex')
  return String(cell)
}
