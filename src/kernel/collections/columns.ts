/**
 * The columns of a collection's table: `id` and `data` are its own, every unique or indexed field has
 * a generated one under its own name. A field that is called like one of the table's own columns and
 * is not the key that `id` holds gets a name that no field can have, lest the table's own be read.
 */
import { StoreError } from '../errors.ts'
import { KERNEL_TABLES } from '../migrations/kernel-schema.ts'
import type { CollectionShape } from './shape.ts'

const FIELD = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/
// SQLite does not tell columns apart by case.
const OWN_COLUMNS: ReadonlySet<string> = new Set(['id', 'data'])

/** True for the field that `id` holds as it is, so that it needs no column of its own. */
export function isOwnId({ key }: Pick<CollectionShape, 'key'>, field: string): boolean {
  return field === 'id' && key === 'id'
}

/** The column of a unique or indexed field. */
export function columnOf(shape: Pick<CollectionShape, 'key'>, field: string): string {
  if (isOwnId(shape, field) || !OWN_COLUMNS.has(field.toLowerCase())) return field
  return `item.${field}`
}

/** Throws `MODULE_INVALID` where the definition cannot be made into a table. */
export function checkShape(name: string, { key, unique, index }: CollectionShape): void {
  const refuse = (problem: string, hint: string): never => {
    throw new StoreError('MODULE_INVALID', `collection '${name}': ${problem}`, { hint })
  }
  if (KERNEL_TABLES.has(name)) {
    refuse('a table of the kernel has this name', 'choose another name')
  }
  const fields = new Map<string, string>()
  for (const field of new Set([...unique, ...index])) {
    const other = fields.get(field.toLowerCase())
    if (other !== undefined) {
      refuse(
        `'${other}' and '${field}' differ in case alone`,
        'SQLite takes them for one column: index one of them, or rename it',
      )
    }
    fields.set(field.toLowerCase(), field)
  }
  for (const field of [key, ...unique, ...index]) {
    if (FIELD.test(field)) continue
    refuse(
      `'${field}' cannot be a column`,
      'unique and index take names of fields: letters, digits and underscores',
    )
  }
}
