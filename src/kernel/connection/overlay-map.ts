/**
 * A cache that follows transactions: what is set inside one is seen inside it, reaches the
 * base only at COMMIT, and is gone after any rollback, a savepoint's included.
 *
 * Taught by a defect: an interned id cached in a savepoint that was rolled back, and given
 * by SQLite to another name afterwards, made events of the wrong type.
 */

/** The part of a cache that a connection drives; see {@link OverlayMap}. */
export interface TransactionCache {
  begin(): void
  savepoint(): void
  release(): void
  rollbackTo(): void
  commit(): void
  rollback(): void
  /** Another connection has committed, or the store was replaced. */
  invalidate(): void
}

/** Options of an {@link OverlayMap}. */
export interface OverlayMapOptions {
  /** Entries the base may hold; at the limit it is emptied, for it is only a cache. */
  readonly maxEntries: number
  /** True for facts that no other connection can change, such as interned ids. */
  readonly isImmutable?: boolean
}

/** Map with one layer an open transaction or savepoint, over a base of committed entries. */
export class OverlayMap<Key, Value> implements TransactionCache {
  readonly #options: OverlayMapOptions
  #base = new Map<Key, Value>()
  #layers: Map<Key, Value>[] = []

  constructor(options: OverlayMapOptions) {
    this.#options = options
  }

  get(key: Key): Value | undefined {
    for (let depth = this.#layers.length - 1; depth >= 0; depth--) {
      const value = this.#layers[depth]?.get(key)
      if (value !== undefined) return value
    }
    return this.#base.get(key)
  }

  /** Sets an entry in the innermost open layer; outside a transaction, in the base. */
  set(key: Key, value: Value): void {
    const top = this.#layers.at(-1)
    if (top) top.set(key, value)
    else this.#setBase(key, value)
  }

  /** Every entry set since BEGIN, the innermost layer winning. */
  changed(): Map<Key, Value> {
    if (this.#layers.length === 1) return this.#layers[0] ?? new Map()
    const merged = new Map<Key, Value>()
    for (const layer of this.#layers) for (const [key, value] of layer) merged.set(key, value)
    return merged
  }

  begin(): void {
    this.#layers = [new Map()]
  }

  savepoint(): void {
    this.#layers.push(new Map())
  }

  release(): void {
    const top = this.#layers.pop()
    const below = this.#layers.at(-1)
    if (top && below) for (const [key, value] of top) below.set(key, value)
  }

  rollbackTo(): void {
    this.#layers.pop()
  }

  commit(): void {
    const merged = this.changed()
    this.#layers = []
    for (const [key, value] of merged) this.#setBase(key, value)
  }

  rollback(): void {
    this.#layers = []
  }

  invalidate(): void {
    if (!this.#options.isImmutable) this.#base.clear()
  }

  /** Empties everything, immutable entries too: another log is in the file. */
  clear(): void {
    this.#base.clear()
    this.#layers = this.#layers.map(() => new Map())
  }

  #setBase(key: Key, value: Value): void {
    if (this.#base.size >= this.#options.maxEntries && !this.#base.has(key)) this.#base.clear()
    this.#base.set(key, value)
  }
}
