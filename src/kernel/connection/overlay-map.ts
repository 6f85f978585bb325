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
  /** True where a committed entry stays what it is, so that the base is asked first. */
  readonly isConstant?: boolean
}

/** Map with one layer an open transaction or savepoint, over a base of committed entries. */
export class OverlayMap<Key, Value> implements TransactionCache {
  readonly #options: OverlayMapOptions
  readonly #isConstant: boolean
  #base = new Map<Key, Value>()
  // A layer is made when something is set in it: most transactions leave most caches alone.
  #layers: (Map<Key, Value> | undefined)[] = []

  constructor(options: OverlayMapOptions) {
    this.#options = options
    this.#isConstant = options.isConstant === true
  }

  get(key: Key): Value | undefined {
    if (this.#isConstant) {
      const value = this.#base.get(key)
      if (value !== undefined) return value
    }
    for (let depth = this.#layers.length - 1; depth >= 0; depth--) {
      const value = this.#layers[depth]?.get(key)
      if (value !== undefined) return value
    }
    return this.#isConstant ? undefined : this.#base.get(key)
  }

  /** Sets an entry in the innermost open layer; outside a transaction, in the base. */
  set(key: Key, value: Value): void {
    const top = this.#layers.length - 1
    if (top < 0) {
      this.#setBase(key, value)
      return
    }
    const layer = this.#layers[top]
    if (layer) layer.set(key, value)
    else this.#layers[top] = new Map([[key, value]])
  }

  /** Committed entries. */
  get size(): number {
    return this.#base.size
  }

  begin(): void {
    this.#layers = [undefined]
  }

  savepoint(): void {
    this.#layers.push(undefined)
  }

  release(): void {
    const top = this.#layers.pop()
    const below = this.#layers.length - 1
    if (!top) return
    const layer = this.#layers[below]
    if (layer) merge(top, layer)
    else this.#layers[below] = top
  }

  rollbackTo(): void {
    this.#layers.pop()
  }

  commit(): void {
    const layers = this.#layers
    this.#layers = []
    for (const layer of layers) {
      if (layer) for (const [key, value] of layer) this.#setBase(key, value)
    }
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
    this.#layers = this.#layers.map(() => undefined)
  }

  #setBase(key: Key, value: Value): void {
    if (this.#base.size >= this.#options.maxEntries && !this.#base.has(key)) this.#base.clear()
    this.#base.set(key, value)
  }
}

function merge<Key, Value>(from: Map<Key, Value> | undefined, into: Map<Key, Value>): void {
  if (from) for (const [key, value] of from) into.set(key, value)
}
