/**
 * SQL that makes the finished lines of events: SQLite joins hundreds of them into one blob, so that
 * nothing is parsed, put together again or decoded in JavaScript. One `printf` a line, since each
 * `||` copies what is there already; and names by a join, which costs less than asking for each
 * (`npm run bench -- 14`).
 *
 * Columns are taken from the table as it is, so that a column which a later release adds is
 * exported by this code too.
 */
import { camelCase } from './export-format.ts'
import { sqlValue, type TableColumn } from './line-sql.ts'

/**
 * Two statements, both of which give for `:after < sequence <= :through` the lines as one blob, each
 * with its line break, and how many there are.
 */
export interface EventLines {
  /** Wrong where a stored text has a line break: there are more line breaks then than lines. */
  readonly fast: string
  /** Writes such texts as strings; takes twice as long. */
  readonly careful: string
}

/** Makes the statements for a table `events` with these columns, `sequence` first. */
export function eventLinesSql(columns: readonly TableColumn[]): EventLines {
  const fields = columns.filter(({ name }) => !WRITTEN_LAST.has(name)).map(toField)
  return { fast: page(fastLine(fields)), careful: page(carefulLine(fields)) }
}

interface Field {
  readonly key: string
  readonly column: string
  readonly value: string
  readonly isRequired: boolean
  /** How `printf` writes the value. */
  readonly directive: '%d' | '%s'
}

const WRITTEN_LAST: ReadonlySet<string> = new Set(['metadata', 'data'])

// Names instead of ids, which mean nothing outside this file.
const NAMES: Readonly<Record<string, readonly [key: string, value: string]>> = {
  stream_id: ['stream', 'json_quote(streams.name)'],
  type_id: ['type', 'json_quote(event_types.name)'],
  origin_id: ['origin', 'json_quote((SELECT name FROM origins WHERE id = e.origin_id))'],
}

const NEWLINE = 'char(10)'

function toField({ name, type, key, isRequired }: TableColumn): Field {
  const column = `e."${name}"`
  const [as, value] = NAMES[name] ?? [camelCase(name), sqlValue(column, type)]
  const directive = type === 'INTEGER' && !NAMES[name] ? '%d' : '%s'
  return { key: as, column, value, isRequired: isRequired === 1 || key > 0, directive }
}

function page(line: string): string {
  return /* sql */ `
    SELECT count(*) AS count, CAST(group_concat(${line}, '') AS BLOB) AS lines
    FROM events e
    LEFT JOIN streams ON streams.id = e.stream_id
    LEFT JOIN event_types ON event_types.id = e.type_id
    WHERE e.sequence > :after AND e.sequence <= :through`
}

function fastLine(fields: readonly Field[]): string {
  const pieces = fields.map((field) => {
    const { key, column, value, isRequired, directive } = field
    if (isRequired) return { format: `,"${key}":${directive}`, given: value }
    // NULL is nothing to printf, and what is joined to a NULL is NULL; only json_quote makes it text.
    const given = `',"${key}":' || ${value}`
    const isText = directive === '%s'
    return { format: '%s', given: isText ? `iif(${column} IS NULL, NULL, ${given})` : given }
  })
  // Without the comma in front of the first.
  const format = pieces
    .map((piece) => piece.format)
    .join('')
    .slice(1)
  const given = pieces.map((piece) => piece.given).join(', ')
  return `printf('{${format}%s%s%s}' || ${NEWLINE}, ${given},
    ',"metadata":' || nullif(e.metadata, ''),
    CASE WHEN e.payload_id IS NULL THEN ',"data":' WHEN e.data = '' THEN '' ELSE ',"dataText":' END,
    iif(e.payload_id IS NULL OR e.data = '', e.data, json_quote(e.data)))`
}

function carefulLine(fields: readonly Field[]): string {
  const written = fields.map(
    ({ key, column, value }) => `iif(${column} IS NULL, '', ',"${key}":' || ${value})`,
  )
  return `'{' || substr(${written.join(' || ')}, 2) || ${jsonText('metadata', 'false')}
    || ${jsonText('data', 'e.payload_id IS NOT NULL')}
    || '}' || ${NEWLINE}`
}

// As it is stored, unless it would tear the line apart. A body elsewhere leaves its place here, or nothing.
function jsonText(name: string, isElsewhere: string): string {
  const column = `e.${name}`
  return `CASE
    WHEN ${column} IS NULL OR ${column} = '' THEN ''
    WHEN ${isElsewhere} OR instr(${column}, ${NEWLINE}) THEN ',"${name}Text":' || json_quote(${column})
    ELSE ',"${name}":' || ${column} END`
}
