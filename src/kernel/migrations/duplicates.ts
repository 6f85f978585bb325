/** Which values keep a unique index from being made: the one refusal that is the data's fault. */
import type { Connection } from '../connection/connection.ts'

const MAX_SHOWN = 3
const MAX_CHARACTERS = 40

const UNIQUE_INDEX =
  /^\s*CREATE\s+UNIQUE\s+INDEX\s+\S+\s+ON\s+"?(\w+)"?\s*\(\s*"?(\w[\w.]*)"?\s*\)\s*;?\s*$/i

/** Says which rows share a value, where `sql` makes a unique index over one column; else nothing. */
export function sayDuplicates(connection: Connection, sql: string): string | undefined {
  const [, table, column] = UNIQUE_INDEX.exec(sql) ?? []
  if (table === undefined || column === undefined) return undefined
  // Both names were matched as words above.
  const rows = connection.all<{ value: unknown; items: number }>(
    `SELECT "${column}" AS value, count(*) AS items FROM "${table}"
     WHERE "${column}" IS NOT NULL GROUP BY 1 HAVING count(*) > 1 ORDER BY 2 DESC, 1
     LIMIT ${MAX_SHOWN}`,
  )
  if (rows.length === 0) return undefined
  const shared = rows.map(({ value, items }) => {
    return `${items} have '${String(value).slice(0, MAX_CHARACTERS)}'`
  })
  return `'${column}' is not unique in '${table}': ${shared.join(', ')}`
}
