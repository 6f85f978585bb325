/** What to do about SQL that SQLite does not take: which tables there are, and where fields stand. */
import type { Driver } from '../../driver/driver.ts'

const MAX_NAMES = 40
const TABLES = /* sql */ `
  SELECT name FROM sqlite_schema
  WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
  ORDER BY name LIMIT ${MAX_NAMES + 1}`

/** The hint for a message of SQLite's, where one helps. */
export function sqlHint(driver: Driver, message: string): string | undefined {
  if (message.startsWith('no such table')) return `there are: ${tableNames(driver)}`
  if (message.startsWith('malformed JSON')) {
    return "the data of an event is elsewhere where it is large or was packed: event_data(sequence) ->> '$.name'"
  }
  if (!message.startsWith('no such column')) return undefined
  return "fields of items stand in their data: data ->> '$.name', those of events in event_data(sequence); columns: SELECT * FROM <table> LIMIT 1"
}

function tableNames(driver: Driver): string {
  const names = driver.prepare(TABLES).values([]).flat()
  const shown = names.slice(0, MAX_NAMES).join(', ')
  return names.length > MAX_NAMES ? `${shown} and more: SELECT name FROM sqlite_schema` : shown
}
