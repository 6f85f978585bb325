/**
 * Runs statements on a driver: prepared once, waiting for locks outside transactions, and
 * refusing everything after an error that made SQLite roll the transaction back.
 */
import type { Driver, RunResult, SqlParameters, SqlValue, Statement } from '../driver/driver.ts'
import { StoreError } from '../errors.ts'
import { type BusyWait, retryWhileBusy } from './busy-wait.ts'
import type { DeferredRows } from './deferred-rows.ts'
import { prepareReading } from './reading-sql.ts'
import { type Screen, ScreenedSql, type ScreenOptions } from './screened-sql.ts'
import { StatementCache } from './statement-cache.ts'

/** SQL on one connection. */
export class SqlSession {
  readonly path: string
  readonly driver: Driver
  readonly #wait: BusyWait
  readonly #statements: StatementCache
  readonly #reading: StatementCache
  #isInTransaction = false
  #isReading = false
  // Why nothing more may run until the transaction, or the savepoint it happened in, has been left:
  // SQLite rolled everything back under our feet, so that it would run in autocommit, or what was done
  // is only half of something.
  #aborted: unknown
  // Set while rows wait; whatever could miss them has them written first.
  #deferred: DeferredRows | undefined
  #isClosed = false

  constructor(driver: Driver, wait: BusyWait) {
    this.driver = driver
    this.path = wait.path
    this.#wait = wait
    this.#statements = new StatementCache((sql) => driver.prepare(sql))
    this.#reading = new StatementCache((sql) => prepareReading(sql, this.#statements))
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** True between BEGIN and COMMIT or ROLLBACK. */
  get isInTransaction(): boolean {
    return this.#isInTransaction
  }

  run(sql: string, parameters?: SqlParameters): RunResult {
    if (!this.#isInTransaction) {
      return this.#execute(this.#statements, sql, (statement) => statement.run(parameters))
    }
    // Written out: this is the hottest call there is, and a closure for each shows.
    this.assertUsable()
    if (this.#deferred) this.writeDeferred()
    try {
      return this.#statements.get(sql).run(parameters)
    } catch (error) {
      throw this.afterFailure(error)
    }
  }

  get<Row>(sql: string, parameters?: SqlParameters): Row | undefined {
    return this.#execute(this.#statements, sql, (statement) => statement.get<Row>(parameters))
  }

  all<Row>(sql: string, parameters?: SqlParameters): Row[] {
    return this.#execute(this.#statements, sql, (statement) => statement.all<Row>(parameters))
  }

  values(sql: string, parameters?: SqlParameters): SqlValue[][] {
    return this.#execute(this.#statements, sql, (statement) => statement.values(parameters))
  }

  /** As `all`, but refuses whatever does not only read: for SQL from outside the kernel. */
  query<Row>(sql: string, parameters?: SqlParameters): Row[] {
    return this.#execute(this.#reading, sql, (statement) => statement.all<Row>(parameters))
  }

  /** As `query`, the first row only. */
  queryFirst<Row>(sql: string, parameters?: SqlParameters): Row | undefined {
    return this.#execute(this.#reading, sql, (statement) => statement.get<Row>(parameters))
  }

  /** Has `rows` written before the next statement that is not blind to them. Inside a transaction. */
  defer(rows: DeferredRows): void {
    this.#deferred = rows
  }

  /** Writes rows that wait. Should that fail, the transaction is lost: only a rollback is left. */
  writeDeferred(): void {
    const deferred = this.#deferred
    if (!deferred) return
    this.#deferred = undefined
    try {
      deferred.write()
    } catch (error) {
      this.abort(error)
      throw error
    }
  }

  /** Forgets rows that wait: what they belong to is rolled back. */
  dropDeferred(): void {
    this.#deferred?.drop()
    this.#deferred = undefined
  }

  /** SQL for somebody who may run only what passes `screen`. */
  screened(screen: Screen, options: ScreenOptions = {}): ScreenedSql {
    return new ScreenedSql(this, (sql) => this.#statements.get(sql), screen, options)
  }

  /** Runs DDL or several statements; they take no parameters. */
  exec(sql: string): void {
    this.assertUsable()
    if (this.#deferred) this.writeDeferred()
    try {
      this.driver.exec(sql)
    } catch (error) {
      throw this.afterFailure(error)
    }
  }

  /** Runs BEGIN, COMMIT and their like, with no wait and no check. */
  control(sql: string): void {
    this.#statements.get(sql).run()
  }

  /** As `control`; false when another connection holds the lock that `sql` asks for. */
  controlUnlessBusy(sql: string): boolean {
    return this.#statements.get(sql).runUnlessBusy()
  }

  /**
   * Says that a transaction is open. With the write lock in hand no statement waits for another; while one
   * only reads, the first may still have to, for somebody who puts the store in order after a crash.
   */
  enterTransaction(kind: 'read' | 'write'): void {
    this.#isInTransaction = true
    this.#isReading = kind === 'read'
  }

  /** Says that it has ended, however it did. */
  leaveTransaction(): void {
    this.dropDeferred()
    this.#isInTransaction = false
    this.#isReading = false
    this.#aborted = undefined
  }

  /** Refuses, with `error`, whatever would still run in this transaction: only a rollback is left. */
  abort(error: unknown): void {
    if (this.#isInTransaction) this.#aborted ??= error
  }

  /** Says that a savepoint was rolled back, and with it what had gone wrong in it. */
  resume(): void {
    this.#aborted = undefined
  }

  /** Throws `STORE_CLOSED`, or the error that ended the transaction early. */
  assertUsable(): void {
    this.assertOpen()
    if (this.#aborted !== undefined) throw this.#aborted
  }

  /** As `assertUsable`; throws outside a transaction, too. */
  assertInTransaction(): void {
    this.assertUsable()
    if (this.#isInTransaction) return
    throw new StoreError('ARGUMENT_INVALID', 'a statement was run after its transaction ended', {
      hint: 'use a tx only inside the function that was given it, and not after an await',
    })
  }

  assertOpen(): void {
    if (!this.#isClosed) return
    throw new StoreError('STORE_CLOSED', `${this.path} was closed`, {
      hint: 'open it again with openStore()',
    })
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#statements.clear()
    this.#reading.clear()
    this.driver.close()
  }

  /** Notes whether the failure of a statement took the transaction with it; gives the error back. */
  afterFailure(error: unknown): unknown {
    if (!this.driver.isInTransaction) this.abort(error)
    return error
  }

  #execute<Result>(
    statements: StatementCache,
    sql: string,
    use: (statement: Statement) => Result,
  ): Result {
    this.assertUsable()
    if (this.#deferred) this.writeDeferred()
    try {
      if (this.#isInTransaction && !this.#isReading) return use(statements.get(sql))
      return retryWhileBusy(this.#wait, () => use(statements.get(sql)))
    } catch (error) {
      throw this.afterFailure(error)
    }
  }
}
