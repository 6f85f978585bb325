/** One value, shared by every process on the store. */
import { checkArgument, checkOptions, FUNCTION } from '../arguments.ts'
import { refusePromise } from '../connection/refuse-promise.ts'
import type { ModuleStore, ReadTransaction } from '../log/module-store.ts'
import { asChanges, type Change, FOLLOW } from './changes.ts'

/** A single value under a name, such as settings. */
export class Document<Value> {
  readonly #store: ModuleStore
  readonly #name: string
  readonly #initial: Value
  readonly #select: string

  /** @internal Use `document()`. */
  constructor(store: ModuleStore, name: string, initial: Value) {
    this.#store = store
    this.#name = name
    this.#initial = initial
    this.#select = /* sql */ `SELECT data FROM "${name}" WHERE id = 'document'`
  }

  /** The value; the initial one until something was put. */
  get(): Value {
    return this.#store.read((tx) => this.#read(tx))
  }

  /** Replaces the value. */
  put(value: Value): Value {
    this.#store.log.append(`${this.#name}.document/document`, this.#saved(value))
    return value
  }

  /** Reads, changes and writes in one transaction, so that no other process can come in between. */
  update(change: (value: Value) => Value): Value {
    checkArgument('update: change', change, FUNCTION)
    return this.#store.write((tx) => {
      const after = refusePromise(change(this.#read(tx)), 'update')
      tx.append(`${this.#name}.document/document`, this.#saved(after))
      return after
    })
  }

  /** Changes as they come, from any process. */
  follow(options: { after?: number; signal?: AbortSignal } = {}): AsyncGenerator<Change<Value>> {
    checkOptions('follow', options, FOLLOW)
    return asChanges<Value>(this.#store.follow({ ...options, module: this.#name }))
  }

  #read(tx: ReadTransaction): Value {
    const row = tx.get<{ data: string }>(this.#select)
    // A copy, for the caller may change what it gets.
    return row ? (JSON.parse(row.data) as Value) : structuredClone(this.#initial)
  }

  #saved(data: Value) {
    return { type: `${this.#name}.document.saved`, data }
  }
}
