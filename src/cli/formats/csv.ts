/** Comma-separated values by RFC 4180, safe to open in a spreadsheet. */

// What makes a spreadsheet run a cell; tab and return are skipped by some before they look.
const FORMULA = /^[=+\-@\t\r]/
const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i
const NEEDS_QUOTES = /[",\r\n]/

/** One line, without its end. */
export function formatCsvLine(cells: readonly string[]): string {
  return cells.map(formatCell).join(',')
}

function formatCell(cell: string): string {
  // The apostrophe tells a spreadsheet that what follows is text. A number is no formula.
  const safe = FORMULA.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell
  return NEEDS_QUOTES.test(safe) || safe !== cell ? `"${safe.replaceAll('"', '""')}"` : safe
}
