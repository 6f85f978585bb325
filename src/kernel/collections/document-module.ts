/** A document as a module: one value, each event the complete one. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { StoreError } from '../errors.ts'
import { event } from '../log/event-definition.ts'
import { defineModule, type Module } from '../log/module.ts'
import { KERNEL_TABLES } from '../migrations/kernel-schema.ts'
import { Document } from './document.ts'
import type { DocumentShape } from './shape.ts'

/** The module of a document; `initial` is what it is before anybody has put anything. */
export function documentModule<Value>(
  name: string,
  shape: DocumentShape,
  definition:
    | { readonly initial: Value; readonly schema?: StandardSchemaV1<unknown, Value> }
    | undefined,
): Module<Document<Value>> {
  if (KERNEL_TABLES.has(name)) {
    throw new StoreError('MODULE_INVALID', `a document cannot be named '${name}'`, {
      hint: 'that is a table of the kernel: choose another name',
    })
  }
  const saved = `${name}.document.saved`
  const upsert = /* sql */ `
    INSERT INTO "${name}" (id, data) VALUES ('document', ?)
    ON CONFLICT (id) DO UPDATE SET data = excluded.data`
  const module = defineModule({
    name,
    version: shape.version,
    events: { [saved]: event(definition?.schema, { state: true, keep: 'latest' }) },
    migrations: [
      {
        id: '0001-table',
        sql: `CREATE TABLE "${name}" (id TEXT PRIMARY KEY, data TEXT NOT NULL) STRICT`,
      },
    ],
    project: { [saved]: (tx, { data }) => tx.run(upsert, [JSON.stringify(data)]) },
    api: (store) => new Document<Value>(store, name, definition?.initial as Value),
  })
  return { ...module, shape: JSON.stringify(shape) }
}
