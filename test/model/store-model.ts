/**
 * What a store with one collection and one document should hold: a map, a value and a count of
 * events, in the plainest code that can be checked by eye. A transaction is a copy put back.
 */

/** An item of the collection; no two share a slug. */
export interface Item {
  readonly id: string
  readonly slug: string
  readonly n: number
}

/** How an operation ended: what it gave, or the code of its error. */
export type Outcome = { readonly gives: unknown } | { readonly fails: string }

/** The model. */
export class StoreModel {
  #items = new Map<string, Item>()
  #settings: { readonly n: number } | undefined
  #events = 0

  items(): Item[] {
    return [...this.#items.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  settings(): { readonly n: number } {
    return this.#settings ?? { n: 0 }
  }

  /** How many events were appended. */
  head(): number {
    return this.#events
  }

  put(item: Item): Outcome {
    const other = this.items().find(({ id, slug }) => slug === item.slug && id !== item.id)
    if (other) return { fails: 'CONSTRAINT' }
    const before = this.#items.get(item.id)
    if (before?.slug !== item.slug || before.n !== item.n) this.#events++
    this.#items.set(item.id, item)
    return { gives: item }
  }

  update(id: string, n: number): Outcome {
    const item = this.#items.get(id)
    return item ? this.put({ ...item, n }) : { fails: 'NOT_FOUND' }
  }

  delete(id: string): Outcome {
    const wasThere = this.#items.delete(id)
    if (wasThere) this.#events++
    return { gives: wasThere }
  }

  set(n: number): Outcome {
    if (this.#settings?.n !== n) this.#events++
    this.#settings = { n }
    return { gives: { n } }
  }

  /** Runs `fn`; undoes all of it when `fn` says so. */
  transaction(fn: () => boolean): void {
    const [items, settings, events] = [new Map(this.#items), this.#settings, this.#events]
    if (fn()) return
    this.#items = items
    this.#settings = settings
    this.#events = events
  }
}
