/** `collection()` and `document()`: the first door. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type Kinds, listOf, shown, TEXT, WHOLE } from '../arguments.ts'
import { StoreError } from '../errors.ts'
import { checkDefinition, SCHEMA } from '../log/event-definition.ts'
import type { NamedByKey } from '../log/module.ts'
import type { Collection } from './collection.ts'
import { collectionModule } from './collection-module.ts'
import type { Document } from './document.ts'
import { documentModule } from './document-module.ts'

const DOCUMENT: Kinds = { schema: SCHEMA, version: WHOLE }
const COLLECTION: Kinds = { ...DOCUMENT, key: TEXT, unique: listOf(TEXT), index: listOf(TEXT) }

/** Options of {@link collection}. */
export interface CollectionOptions<Item> {
  /** The field that names an item. Default `'id'`. */
  readonly key?: string & keyof Item
  /** Fields that no two items share. */
  readonly unique?: readonly (string & keyof Item)[]
  /** Fields that `list` filters by often. */
  readonly index?: readonly (string & keyof Item)[]
  /** Any Standard Schema; its validated output is what is stored. */
  readonly schema?: StandardSchemaV1<unknown, Item>
  /** Raised when stored items no longer fit; older programs may then only read. Default 1. */
  readonly version?: number
}

/**
 * Items by id, with `put get list update delete follow`.
 *
 * @example
 * ```ts
 * import { collection, openStore } from 'holdfast'
 * type Task = { id: string; slug: string; status: string }
 * const store = openStore('.mytool/state.db', { tasks: collection<Task>({ unique: ['slug'], index: ['status'] }) })
 * store.tasks.put({ id: 't1', slug: 'login', status: 'open' })
 * store.tasks.update('t1', (task) => ({ ...task, status: 'done' }))
 * console.log(store.tasks.list({ status: 'done' }))
 * store.close()
 * ```
 */
export function collection<Item>(
  options: CollectionOptions<Item> = {},
): NamedByKey<Collection<Item>> {
  checkDefinition('collection', options, COLLECTION)
  const { key = 'id', unique = [], index = [], version = 1, schema } = options
  const shape = { kind: 'collection' as const, version, key, unique, index }
  return { named: (name) => collectionModule<Item>(name, shape, schema) }
}

/** Options of {@link document}. */
export interface DocumentOptions<Value> {
  /** Any Standard Schema; its validated output is what is stored. */
  readonly schema?: StandardSchemaV1<unknown, Value>
  /** Raised when stored values no longer fit; older programs may then only read. Default 1. */
  readonly version?: number
}

/** One value under a name, with `get put update follow`; `initial` until something was put. */
export function document<Value>(
  initial: Value,
  options: DocumentOptions<Value> = {},
): NamedByKey<Document<Value>> {
  checkDefinition('document', options, DOCUMENT)
  const { version = 1, schema } = options
  const first = copyOf(initial)
  return {
    named: (name) =>
      documentModule<Value>(
        name,
        { kind: 'document', version },
        schema ? { initial: first, schema } : { initial: first },
      ),
  }
}

// Taken now: what is changed in the caller's object later is not what everybody else begins with.
function copyOf<Value>(initial: Value): Value {
  try {
    return structuredClone(initial)
  } catch (cause) {
    throw new StoreError('MODULE_INVALID', `document: its initial value is ${shown(initial)}`, {
      hint: 'give what JSON can hold',
      cause,
    })
  }
}
