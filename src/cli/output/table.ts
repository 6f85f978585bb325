/** Rows in columns for people: as wide as needed, cut at the end of the terminal's line. */
import type { Output } from './output.ts'

/** A column of a table. */
export interface Column {
  readonly title: string
  readonly isNumber?: boolean
}

const GAP = '  '
const ELLIPSIS = '…'
const MAX_CELL = 200

/** The table as lines, its title first; cells are cleaned by the output. */
export function formatTable(
  output: Output,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string[] {
  const cells = rows.map((row) => row.map((cell) => cut(output.data(cell), MAX_CELL)))
  const widths = columns.map(({ title }, place) =>
    cells.reduce((width, row) => Math.max(width, lengthOf(row[place] ?? '')), lengthOf(title)),
  )
  const line = (row: readonly string[]) => {
    const padded = row.map((cell, place) => pad(cell, widths[place] ?? 0, columns[place]?.isNumber))
    return cut(padded.join(GAP).trimEnd(), output.width)
  }
  const title = line(columns.map((column) => column.title))
  return [output.style('bold', title), ...cells.map(line)]
}

function pad(text: string, width: number, isNumber = false): string {
  const blanks = ' '.repeat(Math.max(0, width - lengthOf(text)))
  return isNumber ? blanks + text : text + blanks
}

/** At most `width` characters, with a mark where something is missing. */
export function cut(text: string, width: number): string {
  if (lengthOf(text) <= width) return text
  return [...text].slice(0, width - 1).join('') + ELLIPSIS
}

function lengthOf(text: string): number {
  let length = 0
  for (const _ of text) length++
  return length
}
