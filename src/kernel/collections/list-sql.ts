/** The SQL of `list`: an index where the field has one, the JSON itself elsewhere. */
import { shown } from '../arguments.ts'
import type { SqlValue } from '../driver/driver.ts'
import { StoreError } from '../errors.ts'
import type { ListOptions } from './collection.ts'
import { columnOf } from './columns.ts'
import type { CollectionShape } from './shape.ts'

const DEFAULT_LIMIT = 1000
const MAX_FIELDS = 20

/** A statement and its parameters. */
export interface ListStatement {
  readonly sql: string
  readonly parameters: SqlValue[]
}

/** The statement for a filter of equal fields. */
export function listSql(
  name: string,
  shape: CollectionShape,
  filter: object,
  options: ListOptions,
): ListStatement {
  const { limit = DEFAULT_LIMIT, after } = options
  const columns = new Set([...shape.unique, ...shape.index])
  const conditions: string[] = []
  const parameters: SqlValue[] = []
  const entries = Object.entries(filter).filter(([, value]) => value !== undefined)
  if (entries.length > MAX_FIELDS) throw invalid(`more than ${MAX_FIELDS} fields`)
  for (const [field, value] of entries) {
    // The path is a parameter too: a field's name may hold anything, and is compared as JSON spells it.
    if (columns.has(field)) conditions.push(`"${columnOf(shape, field)}" IS ?`)
    else {
      conditions.push('data ->> ? IS ?')
      parameters.push(`$.${JSON.stringify(field)}`)
    }
    parameters.push(sqlValue(field, value))
  }
  if (after !== undefined) {
    conditions.push('id > ?')
    parameters.push(String(after))
  }
  if (!Number.isInteger(limit) || Number(limit) < 0) throw invalid(`limit ${shown(limit)}`)
  parameters.push(Number(limit))
  const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''
  return { sql: `SELECT data FROM "${name}" ${where} ORDER BY id LIMIT ?`, parameters }
}

// As `->>` gives them: true is 1, objects and arrays are their text.
function sqlValue(field: string, value: unknown): SqlValue {
  switch (typeof value) {
    case 'string':
    case 'number':
      return value
    case 'boolean':
      return value ? 1 : 0
    default:
      if (value === null) return null
      throw invalid(`field '${field}' is neither text, number, true, false nor null`)
  }
}

function invalid(problem: string): StoreError {
  return new StoreError('ARGUMENT_INVALID', `list: ${problem} cannot be used as a filter`, {
    hint: 'list({ field: value }, { limit, after }) filters by equal fields; for more, use store.sql',
  })
}
