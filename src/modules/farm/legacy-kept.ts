/** What an older database holds and the farm has no place for, kept as it was. */
import type { SqlRow } from '../../index.ts'
import { type LegacyItem, textOf } from './legacy-rows.ts'

/** The event of a row of a table that the farm does not have; `place` is its place there. */
export function keptRow(table: string, row: SqlRow, place: number): LegacyItem {
  const id = textOf(row, 'id', 'workspace_path', 'project_path') ?? String(place)
  const data = { source: table, id, row: plain(row) }
  return { kind: 'event', stream: `farm.legacy/${table}/${id}`, type: 'farm.legacy.noted', data }
}

/** The same of those columns of a row that are not `taken`; none when they say nothing. */
export function* keptColumns(
  table: string,
  row: SqlRow,
  { place, taken }: { readonly place: number; readonly taken: ReadonlySet<string> },
): Generator<LegacyItem> {
  const others = Object.entries(row).filter(([name, value]) => !taken.has(name) && value !== null)
  if (others.length === 0) return
  yield keptRow(table, { id: row['id'] ?? null, ...Object.fromEntries(others) }, place)
}

function plain(row: SqlRow): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      if (typeof value === 'bigint') return [name, String(value)]
      if (value instanceof Uint8Array) {
        return [name, { $base64: Buffer.from(value).toString('base64') }]
      }
      return [name, value]
    }),
  )
}
