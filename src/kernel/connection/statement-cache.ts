/**
 * Prepared statements by their text: preparing again costs a fifth of a single append. What may not
 * be prepared at all is refused here too, so that a text is judged once and not at each call.
 */
import type { Statement } from '../driver/driver.ts'
import { StoreError } from '../errors.ts'

// Kernel and modules together use a few hundred constant texts; more are ad-hoc queries, and
// the cache starts afresh.
const MAX_STATEMENTS = 1000

/** Makes a statement of a text, or throws. */
export type Prepare = (sql: string) => Statement

/** Statements of one connection, as one of those who use it may run them. */
export class StatementCache {
  readonly #prepare: Prepare
  readonly #statements = new Map<string, Statement>()
  #lastSql = ''
  #last: Statement | undefined

  constructor(prepare: Prepare) {
    this.#prepare = prepare
  }

  /** The prepared statement of `sql`. */
  get(sql: string): Statement {
    // Most often the one before: events come in runs, and a run has its two texts.
    if (sql === this.#lastSql && this.#last) return this.#last
    let statement = this.#statements.get(sql)
    if (!statement) {
      if (typeof sql !== 'string') throw noText(sql)
      if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear()
      statement = this.#prepare(sql)
      this.#statements.set(sql, statement)
    }
    this.#lastSql = sql
    this.#last = statement
    return statement
  }

  clear(): void {
    this.#last = undefined
    this.#statements.clear()
  }
}

function noText(sql: unknown): StoreError {
  return new StoreError('ARGUMENT_INVALID', `SQL is given as a text, not as ${typeof sql}`, {
    hint: "give one statement: 'SELECT …'",
  })
}
