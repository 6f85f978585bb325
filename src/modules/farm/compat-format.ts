/** Rows as JSON, CSV or a table of text. */
import type { PrintableRows } from './compat-query.ts'

/** How rows are printed. */
export const FORMATS = ['json', 'table', 'csv'] as const

/** One of them. */
export type Format = (typeof FORMATS)[number]

/** Rows as objects; of two columns with one name both are kept. */
export function asObjects({ columns, rows }: PrintableRows): Record<string, unknown>[] {
  const names: string[] = []
  for (const column of columns) {
    let name = column
    while (names.includes(name)) name += '_'
    names.push(name)
  }
  return rows.map((row) => Object.fromEntries(names.map((name, place) => [name, row[place]])))
}

/** The text of rows. */
export function formatRows(found: PrintableRows, format: Format): string {
  if (format === 'json') return JSON.stringify(asObjects(found), null, 2)
  const lines = [found.columns, ...found.rows.map((row) => row.map(textOf))]
  if (format === 'csv') return lines.map((line) => line.map(csvCell).join(',')).join('\n')
  const widths = found.columns.map((_, place) =>
    Math.max(...lines.map((line) => (line[place] ?? '').length)),
  )
  return lines
    .map((line) =>
      line
        .map((cell, place) => cell.padEnd(widths[place] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function textOf(cell: unknown): string {
  if (cell === null || cell === undefined) return ''
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell)
}

function csvCell(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}
