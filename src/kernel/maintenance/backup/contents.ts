/** What a store or a copy of it holds, in figures that two files can be compared by. */
import type { SqlValue } from '../../driver/driver.ts'

/** Runs one statement. */
export type ReadValues = (sql: string) => SqlValue[][]

/** The figures of one file. */
export interface Contents {
  readonly logId: string
  readonly generation: number
  /** Sequence of the newest event. */
  readonly head: number
  /** Rows by table. */
  readonly rows: ReadonlyMap<string, number>
}

const MARKS = /* sql */ `
  SELECT (SELECT value FROM store WHERE key = 'logId'), (SELECT max(sequence) FROM events)`
const TABLES = /* sql */ `
  SELECT name FROM sqlite_schema
  WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL%'
  ORDER BY name`

/** Reads what identifies the file's state; cheap. */
export function readMarks(read: ReadValues): Omit<Contents, 'rows'> {
  const [[logId, head] = []] = read(MARKS)
  const [[generation] = []] = read('PRAGMA user_version')
  return { logId: String(logId), head: Number(head ?? 0), generation: Number(generation) }
}

/** Reads all figures: counts every table. */
export function readContents(read: ReadValues): Contents {
  const names = read(TABLES).map(([name]) => String(name))
  const counts = names.map((name): [string, number] => {
    const [[count] = []] = read(`SELECT count(*) FROM "${name.replaceAll('"', '""')}"`)
    return [name, Number(count)]
  })
  return { ...readMarks(read), rows: new Map(counts) }
}

/** The first way in which two files differ, as half a sentence; `undefined` for none. */
export function differenceOf(copy: Contents, original: Contents): string | undefined {
  if (copy.logId !== original.logId) return `its log is ${copy.logId}, not ${original.logId}`
  if (copy.head !== original.head) return `its newest event is ${copy.head}, not ${original.head}`
  for (const name of new Set([...original.rows.keys(), ...copy.rows.keys()])) {
    const [found, wanted] = [copy.rows.get(name), original.rows.get(name)]
    if (found !== wanted) return `table ${name} has ${found ?? 'no'} rows, not ${wanted ?? 'any'}`
  }
  return undefined
}
