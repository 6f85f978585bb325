/**
 * The file of a collection. What was imported goes back the way it came: as a list or as a map of
 * properties, in the order in which its items were first seen, which is that of the file. Everything
 * else is a list by id.
 *
 * Which of them it is stands in the ledger, as the importers of the collection's sources
 * (docs/design/import.md).
 */
import type { Connection } from '../../connection/connection.ts'
import { redactText } from '../redact.ts'
import { asAppended, type NewestBody, withNewestBody } from './as-appended.ts'
import { LINES_A_PAGE } from './line-sql.ts'

/** How a collection is written. */
interface Layout {
  readonly isMap: boolean
  /** The field that import added to each item of a map; `undefined` where they have their own. */
  readonly addedKey: string | undefined
  readonly isInOrder: boolean
}

interface ItemRow extends Partial<NewestBody> {
  /** What to go on behind: an id, or the number of the item's stream. */
  readonly place: string | number
  readonly id: string
  readonly data: string
}

/** What a collection's file is made with. */
export interface CollectionFileOptions {
  readonly name: string
  /** The field that names an item. */
  readonly key: string
  readonly write: (bytes: Uint8Array) => void
  /** Rewrites the JSON text of an item. */
  readonly rewrite: (text: string) => string
  readonly isRedacting: boolean
}

const IMPORTERS = /* sql */ `SELECT DISTINCT importer FROM imports WHERE target = ?`

/** Writes a collection; gives the number of its items. */
export function writeCollection(connection: Connection, options: CollectionFileOptions): number {
  const { name, key, write } = options
  const layout = layoutOf(connection, name, key)
  const [open, close] = layout.isMap ? ['{', '}'] : ['[', ']']
  let count = 0
  write(Buffer.from(open))
  for (const rows of pagesOf(connection, name, layout)) {
    const lines = rows.map((row, at) => {
      return `${count + at === 0 ? '' : ','}\n  ${lineOf(row, layout, options)}`
    })
    write(Buffer.from(lines.join('')))
    count += rows.length
  }
  write(Buffer.from(count === 0 ? `${close}\n` : `\n${close}\n`))
  return count
}

// A list holds whatever a map does, but not the other way round.
function layoutOf(connection: Connection, name: string, key: string): Layout {
  const rows = connection.all<{ importer: string }>(IMPORTERS, [`collection:${name}`])
  const importers = rows.map(({ importer }) => importer)
  const isMap = importers.length > 0 && importers.every((importer) => importer !== 'collection')
  const isAdded = isMap && importers.every((importer) => importer === 'map')
  return { isMap, addedKey: isAdded ? key : undefined, isInOrder: importers.length > 0 }
}

function* pagesOf(
  connection: Connection,
  name: string,
  { isInOrder }: Layout,
): Generator<readonly ItemRow[]> {
  // A module's name was checked when it was defined: letters, digits and underscores.
  const sql = isInOrder ? inOrder(name) : byId(name)
  let after: string | number = isInOrder ? 0 : ''
  for (;;) {
    const rows: ItemRow[] = connection.all<ItemRow>(sql, { after, limit: LINES_A_PAGE })
    if (rows.length > 0) yield isInOrder ? rows.map((row) => withItsDigits(connection, row)) : rows
    after = rows.at(-1)?.place ?? after
    if (rows.length < LINES_A_PAGE) return
  }
}

function byId(name: string): string {
  return /* sql */ `
    SELECT id AS place, id, data FROM "${name}" WHERE id > :after ORDER BY id LIMIT :limit`
}

// Streams are numbered as they come. Not by their names' index, which would sort them for each page.
function inOrder(name: string): string {
  const prefix = `${name}.item/`
  return withNewestBody({
    columns: 'streams.id AS place, item.id, item.data',
    from: `streams CROSS JOIN "${name}" AS item
      ON item.id = substr(streams.name, ${prefix.length + 1})`,
    rest: `WHERE streams.id > :after AND substr(streams.name, 1, ${prefix.length}) = '${prefix}'
      ORDER BY streams.id LIMIT :limit`,
  })
}

// A line each: where it was appended on several, a line break is white space.
function withItsDigits(connection: Connection, row: ItemRow): ItemRow {
  const { payloadId = null, body = null, data } = row
  const text = asAppended(connection, { payloadId, body }, data)
  return { ...row, data: text.replace(/[\r\n]+/g, ' ') }
}

function lineOf(
  { id, data }: ItemRow,
  { isMap, addedKey }: Layout,
  { rewrite, isRedacting }: CollectionFileOptions,
): string {
  if (!isMap) return rewrite(data)
  const name = JSON.stringify(isRedacting ? redactText(id) : id)
  return `${name}: ${rewrite(addedKey === undefined ? data : withoutKey(data, addedKey, id))}`
}

// An id that is no text stays: a property's name would say it as one.
function withoutKey(data: string, key: string, id: string): string {
  const { [key]: said, ...rest } = JSON.parse(data) as Record<string, unknown>
  if (said !== id) return data
  // Import puts it first. Cut out of the text, it leaves all others their digits.
  const first = `{${JSON.stringify(key)}:${JSON.stringify(id)}`
  if (data.startsWith(`${first},`)) return `{${data.slice(first.length + 1)}`
  return JSON.stringify(rest)
}
