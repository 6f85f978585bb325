/**
 * A collection as a module: one table of items, each event the complete item.
 *
 * Unique and indexed fields are generated columns, so that SQLite keeps them from the item itself:
 * the fold is the same whatever is indexed, and an older program cannot leave them out.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { event } from '../log/event-definition.ts'
import { defineModule, type Module } from '../log/module.ts'
import type { Migration } from '../migrations/migration.ts'
import { Collection } from './collection.ts'
import { checkShape, columnOf, isOwnId } from './columns.ts'
import type { CollectionShape } from './shape.ts'

/** The module of a collection. */
export function collectionModule<Item>(
  name: string,
  shape: CollectionShape,
  schema: StandardSchemaV1<unknown, Item> | undefined,
): Module<Collection<Item>> {
  checkShape(name, shape)
  const saved = `${name}.item.saved`
  const removed = `${name}.item.removed`
  const upsert = /* sql */ `
    INSERT INTO "${name}" (id, data) VALUES (?, ?)
    ON CONFLICT (id) DO UPDATE SET data = excluded.data`
  const remove = /* sql */ `DELETE FROM "${name}" WHERE id = ?`
  const module = defineModule({
    name,
    version: shape.version,
    events: {
      [saved]: event(schema && keepingKey(schema, shape.key), { state: true, keep: 'latest' }),
      [removed]: event<{ id: string }>(undefined, { removes: true, keep: 'latest' }),
    },
    migrations: migrationsOf(name, shape),
    project: {
      [saved]: (tx, { stream, data }) => tx.run(upsert, [idOf(stream), JSON.stringify(data)]),
      [removed]: (tx, { stream }) => tx.run(remove, [idOf(stream)]),
    },
    api: (store) => new Collection<Item>(store, name, shape),
  })
  return { ...module, shape: JSON.stringify(shape), undo: (id) => dropUnique(name, id) }
}

// A field that is unique no more would go on refusing items; a mere index harms nobody.
function dropUnique(name: string, migration: string): string | undefined {
  const [, field] = /^unique-(\w+)$/.exec(migration) ?? []
  return field && `DROP INDEX IF EXISTS "${name}_unique_${field}"`
}

// The stream is named by the key before validation: an item that came out with another one could be
// put and never be found.
function keepingKey<Item>(
  schema: StandardSchemaV1<unknown, Item>,
  key: string,
): StandardSchemaV1<unknown, Item> {
  const standard = schema['~standard']
  const keyOf = (item: unknown) => String((item as Record<string, unknown> | null)?.[key])
  const check = (input: unknown, result: StandardSchemaV1.Result<Item>) =>
    result.issues || keyOf(result.value) === keyOf(input)
      ? result
      : { issues: [{ message: 'the schema changed the key', path: [key] }] }
  const validate = (input: unknown) => {
    const result = standard.validate(input)
    return 'then' in result ? result : check(input, result)
  }
  return { '~standard': { ...standard, validate } }
}

function idOf(stream: string): string {
  return stream.slice(stream.indexOf('/') + 1)
}

function migrationsOf(name: string, shape: CollectionShape): Migration[] {
  const table = /* sql */ `
    CREATE TABLE "${name}" (id TEXT PRIMARY KEY, data TEXT NOT NULL) STRICT`
  const fields = new Set([...shape.unique, ...shape.index])
  return [
    { id: '0001-table', sql: table },
    ...Array.from(fields, (field) => ({
      id: `column-${field}`,
      isAdditive: true,
      sql: isOwnId(shape, field)
        ? 'SELECT 1'
        : `ALTER TABLE "${name}" ADD COLUMN "${columnOf(shape, field)}" ANY AS (data ->> '$.${field}') VIRTUAL`,
    })),
    ...shape.unique.map((field) => ({
      id: `unique-${field}`,
      isAdditive: true,
      sql: `CREATE UNIQUE INDEX "${name}_unique_${field}" ON "${name}" ("${columnOf(shape, field)}")`,
    })),
    ...shape.index.map((field) => ({
      id: `index-${field}`,
      isAdditive: true,
      sql: `CREATE INDEX "${name}_by_${field}" ON "${name}" ("${columnOf(shape, field)}")`,
    })),
  ]
}
