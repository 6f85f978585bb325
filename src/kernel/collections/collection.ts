/** The five verbs of a collection. */
import { ANY, checkArgument, checkOptions, FUNCTION, type Kind, OBJECT } from '../arguments.ts'
import { refusePromise } from '../connection/refuse-promise.ts'
import { StoreError } from '../errors.ts'
import type { ModuleStore, ReadTransaction } from '../log/module-store.ts'
import { asChanges, type Change, FOLLOW } from './changes.ts'
import { listSql } from './list-sql.ts'
import type { CollectionShape } from './shape.ts'

/** What `list` filters by: equal fields. */
export type ListFilter<Item> = { readonly [Field in keyof Item]?: Item[Field] }

/** Which part of what the filter leaves `list` gives. */
export interface ListOptions {
  /** At most so many. Default 1,000. */
  readonly limit?: number
  /** Only ids after this one: the last of the page before. */
  readonly after?: string
}

// An item may be named by a number, and is found by it as well.
const ID: Kind = {
  name: 'an id: a text or a number',
  fits: (value) => typeof value === 'string' || Number.isFinite(value),
}

/** Items by id, shared by every process on the store. */
export class Collection<Item> {
  readonly #store: ModuleStore
  readonly #name: string
  readonly #shape: CollectionShape
  readonly #select: string

  /** @internal Use `collection()`. */
  constructor(store: ModuleStore, name: string, shape: CollectionShape) {
    this.#store = store
    this.#name = name
    this.#shape = shape
    this.#select = /* sql */ `SELECT data FROM "${name}" WHERE id = ?`
  }

  /** Adds the item, or replaces the one with its id. */
  put(item: Item): Item {
    const id = this.#idOf(item)
    this.#store.log.append(this.#stream(id), { type: `${this.#name}.item.saved`, data: item })
    return item
  }

  /** The item, or `undefined`. */
  get(id: string): Item | undefined {
    const text = textOf(id)
    return this.#store.read((tx) => this.#read(tx, text))
  }

  /** Items with these fields, in the order of their ids. */
  list(filter: ListFilter<Item> = {}, options: ListOptions = {}): Item[] {
    checkArgument('list: the filter', filter, OBJECT)
    checkOptions('list', options, { after: ID, limit: ANY })
    const { sql, parameters } = listSql(this.#name, this.#shape, filter, options)
    const rows = this.#store.read((tx) => tx.all<{ data: string }>(sql, parameters))
    return rows.map((row) => JSON.parse(row.data) as Item)
  }

  /**
   * Reads, changes and writes in one transaction, so that no other process can come in between.
   * Throws `NOT_FOUND` when there is no such item.
   */
  update(given: string, change: (item: Item) => Item): Item {
    checkArgument('update: change', change, FUNCTION)
    const id = textOf(given)
    return this.#store.write((tx) => {
      const before = this.#read(tx, id)
      if (before === undefined) throw this.#notFound(id)
      const after = refusePromise(change(before), 'update')
      if (this.#idOf(after) !== id) {
        throw new StoreError(
          'ARGUMENT_INVALID',
          `update of '${id}' in '${this.#name}' changed its id`,
          {
            hint: `keep the field '${this.#shape.key}', or delete and put`,
          },
        )
      }
      tx.append(this.#stream(id), { type: `${this.#name}.item.saved`, data: after })
      return after
    })
  }

  /** Deletes the item; false when there was none. */
  delete(given: string): boolean {
    const id = textOf(given)
    return this.#store.write((tx) => {
      if (this.#read(tx, id) === undefined) return false
      tx.append(this.#stream(id), { type: `${this.#name}.item.removed`, data: { id } })
      return true
    })
  }

  /** Changes as they come, from any process. */
  follow(options: { after?: number; signal?: AbortSignal } = {}): AsyncGenerator<Change<Item>> {
    checkOptions('follow', options, FOLLOW)
    return asChanges<Item>(this.#store.follow({ ...options, module: this.#name }))
  }

  #read(tx: ReadTransaction, id: string): Item | undefined {
    const row = tx.get<{ data: string }>(this.#select, [id])
    return row && (JSON.parse(row.data) as Item)
  }

  #stream(id: string): string {
    return `${this.#name}.item/${id}`
  }

  #idOf(item: Item): string {
    const id = (item as Record<string, unknown> | null)?.[this.#shape.key]
    if ((typeof id === 'string' && id !== '') || typeof id === 'number') return String(id)
    throw new StoreError(
      'EVENT_INVALID',
      `an item of '${this.#name}' has no '${this.#shape.key}'`,
      {
        hint: `each item needs the field '${this.#shape.key}': a text or a number`,
      },
    )
  }

  #notFound(id: string): StoreError {
    return new StoreError('NOT_FOUND', `'${this.#name}' has no item '${id}'`, {
      hint: 'put it first',
    })
  }
}

// As `put` names it.
function textOf(id: unknown): string {
  if (typeof id === 'string') return id
  checkArgument('the id of an item', id, ID)
  return String(id)
}
