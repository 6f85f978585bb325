/** Reading settings, and which thread is selected. */
import type { ReadTransaction } from '../../index.ts'

const SELECTED = /* sql */ `SELECT thread_id AS id FROM threads_selection`
const SETTING = /* sql */ `SELECT value FROM threads_setting WHERE key = ?`
const SETTINGS = /* sql */ `SELECT key, value FROM threads_setting ORDER BY key LIMIT 1000`

/** Id of the thread selected last, or `null`. */
export function readSelected(tx: ReadTransaction): string | null {
  return tx.get<{ id: string }>(SELECTED)?.id ?? null
}

/** The value of a setting, or `undefined`. */
export function readSetting(tx: ReadTransaction, key: string): unknown {
  const row = tx.get<{ value: string }>(SETTING, [key])
  return row && JSON.parse(row.value)
}

/** All settings; at most 1,000. */
export function readSettings(tx: ReadTransaction): Record<string, unknown> {
  const rows = tx.all<{ key: string; value: string }>(SETTINGS)
  return Object.fromEntries(rows.map(({ key, value }) => [key, JSON.parse(value) as unknown]))
}
