/** One value that follows transactions, as `OverlayMap` does many: set in one, undone with it. */
import type { TransactionCache } from './overlay-map.ts'

/** A value that is read and set at every turn, and therefore no map of one entry. */
export class OverlayValue<Value> implements TransactionCache {
  value: Value
  // What it was when each open transaction or savepoint began.
  #before: Value[] = []

  constructor(value: Value) {
    this.value = value
  }

  begin(): void {
    this.#before = [this.value]
  }

  savepoint(): void {
    this.#before.push(this.value)
  }

  release(): void {
    this.#before.pop()
  }

  rollbackTo(): void {
    const [before] = this.#before.splice(-1)
    if (before !== undefined) this.value = before
  }

  commit(): void {
    this.#before = []
  }

  rollback(): void {
    const [before] = this.#before
    if (before !== undefined) this.value = before
    this.#before = []
  }

  // No other connection's commit makes it wrong: whoever holds it looks for what is new.
  invalidate(): void {}

  /** Sets it for good, whatever is rolled back. */
  reset(value: Value): void {
    this.value = value
    this.#before = this.#before.map(() => value)
  }
}
