/**
 * One SQLite connection and its transactions (docs/design/connection.md).
 *
 * Invariant: between BEGIN IMMEDIATE and COMMIT every statement runs inside that transaction or
 * not at all; when an error made SQLite roll everything back, the rest is refused.
 */
import type { Driver, RunResult, SqlParameters, SqlValue, Statement } from '../driver/driver.ts'
import { StoreError } from '../errors.ts'
import { type BusyWait, retryWhileBusy } from './busy-wait.ts'
import type { TransactionCache } from './overlay-map.ts'
import { type Durability, SYNCHRONOUS } from './pragmas.ts'
import { refusePromise } from './refuse-promise.ts'
import { StatementCache } from './statement-cache.ts'

const BEGIN_READ = /* sql */ `BEGIN`
const BEGIN_WRITE = /* sql */ `BEGIN IMMEDIATE`
const COMMIT = /* sql */ `COMMIT`
const ROLLBACK = /* sql */ `ROLLBACK`
const DATA_VERSION = /* sql */ `PRAGMA data_version`

/** What a connection asks of those who build on it. */
export interface ConnectionHooks {
  /** After BEGIN, when another connection has committed since our last transaction. */
  foreignCommit(): void
  /** Before COMMIT, inside the transaction: pending rows are written here. */
  beforeCommit(): void
  /** After COMMIT. */
  afterCommit(): void
}

const NO_HOOKS: ConnectionHooks = {
  foreignCommit: () => undefined,
  beforeCommit: () => undefined,
  afterCommit: () => undefined,
}

/** How a connection waits and what it may do. */
export interface ConnectionOptions {
  readonly isReadOnly: boolean
  readonly wait: BusyWait
  /** Durability of writes that do not name their own. */
  readonly durability: Durability
}

/** A connection; synchronous, for one thread. */
export class Connection {
  readonly path: string
  readonly isReadOnly: boolean
  readonly wait: BusyWait
  hooks: ConnectionHooks = NO_HOOKS

  readonly #driver: Driver
  readonly #statements: StatementCache
  readonly #caches: TransactionCache[] = []
  readonly #defaultDurability: Durability
  #state: 'idle' | 'read' | 'write' = 'idle'
  #depth = 0
  #synchronous: Durability = 'normal'
  #transactionDurability: Durability = 'normal'
  #seenDataVersion = -1
  // The error that made SQLite roll back everything under our feet, until we have left the
  // outermost function: nothing may run meanwhile, for it would run in autocommit.
  #aborted: unknown
  #isClosed = false

  constructor(driver: Driver, options: ConnectionOptions) {
    this.#driver = driver
    this.#statements = new StatementCache(driver)
    this.path = options.wait.path
    this.isReadOnly = options.isReadOnly
    this.wait = options.wait
    this.#defaultDurability = options.durability
  }

  /** The driver underneath, for pragmas and DDL. */
  get driver(): Driver {
    return this.#driver
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** True inside `write`. */
  get isWriting(): boolean {
    return this.#state === 'write'
  }

  /** True inside `read` or `write`. */
  get isInTransaction(): boolean {
    return this.#state !== 'idle'
  }

  /** Lets a cache follow this connection's transactions. */
  addCache(cache: TransactionCache): void {
    this.#caches.push(cache)
  }

  run(sql: string, parameters?: SqlParameters): RunResult {
    return this.#execute(sql, (statement) => statement.run(parameters))
  }

  get<Row>(sql: string, parameters?: SqlParameters): Row | undefined {
    return this.#execute(sql, (statement) => statement.get<Row>(parameters))
  }

  all<Row>(sql: string, parameters?: SqlParameters): Row[] {
    return this.#execute(sql, (statement) => statement.all<Row>(parameters))
  }

  values(sql: string, parameters?: SqlParameters): SqlValue[][] {
    return this.#execute(sql, (statement) => statement.values(parameters))
  }

  /** Runs DDL or several statements; they take no parameters. */
  exec(sql: string): void {
    this.#assertUsable()
    try {
      this.#driver.exec(sql)
    } catch (error) {
      throw this.#afterFailure(error)
    }
  }

  /** Runs `fn` in one immediate transaction; inside another one, in a savepoint of it. */
  write<Result>(fn: () => Result, durability: Durability = this.#defaultDurability): Result {
    this.#assertWritable()
    if (this.#state === 'write') return this.#nestedWrite(fn, durability)
    this.#beginWrite(durability, () =>
      retryWhileBusy(this.wait, () => this.#driverRun(BEGIN_WRITE)),
    )
    return this.#finishWrite(fn)
  }

  /**
   * As `write`, but throws `BUSY` at once when another process holds the lock: for callers that
   * wait with a timer instead of blocking the thread.
   */
  tryWrite<Result>(fn: () => Result, durability: Durability = this.#defaultDurability): Result {
    this.#assertWritable()
    this.#beginWrite(durability, () => this.#driverRun(BEGIN_WRITE))
    return this.#finishWrite(fn)
  }

  /** Runs `fn` on one unchanging view of the store. Nested reads join. */
  read<Result>(fn: () => Result): Result {
    this.#assertOpen()
    if (this.#state !== 'idle') return refusePromise(fn(), 'read')
    this.#driverRun(BEGIN_READ)
    this.#state = 'read'
    try {
      return refusePromise(fn(), 'read')
    } finally {
      this.#state = 'idle'
      if (this.#driver.isInTransaction) this.#driverRun(COMMIT)
      this.#aborted = undefined
    }
  }

  /** Runs `fn` in a savepoint of the open write transaction; a throw undoes only what it did. */
  savepoint<Result>(fn: () => Result): Result {
    return this.#nestedWrite(fn, this.#transactionDurability)
  }

  /** Forgets every cached fact that another connection could have changed. */
  invalidateCaches(): void {
    for (const cache of this.#caches) cache.invalidate()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#statements.clear()
    this.#driver.close()
  }

  #assertWritable(): void {
    this.#assertOpen()
    if (this.isReadOnly) {
      throw new StoreError('READ_ONLY', `${this.path} is open for reading`, {
        hint: "open it with { mode: 'write' }",
      })
    }
    if (this.#state === 'read') {
      throw new StoreError('WRITE_IN_READ', 'write() was called inside read()', {
        hint: 'a read view cannot become a write: use write() around both',
      })
    }
  }

  #beginWrite(durability: Durability, begin: () => void): void {
    this.#setSynchronous(durability)
    begin()
    this.#state = 'write'
    this.#depth = 1
    this.#transactionDurability = durability
    for (const cache of this.#caches) cache.begin()
  }

  #finishWrite<Result>(fn: () => Result): Result {
    let result: Result
    try {
      this.#noticeForeignCommits()
      result = refusePromise(fn(), 'write')
      if (this.#aborted !== undefined) throw this.#aborted
      this.hooks.beforeCommit()
      this.#driverRun(COMMIT)
    } catch (error) {
      this.#rollback()
      throw error
    }
    this.#leave((cache) => cache.commit())
    this.hooks.afterCommit()
    return result
  }

  #nestedWrite<Result>(fn: () => Result, durability: Durability): Result {
    if (SYNCHRONOUS[durability] > SYNCHRONOUS[this.#transactionDurability]) {
      throw new StoreError(
        'NESTED_DURABILITY',
        `a '${durability}' write inside a '${this.#transactionDurability}' one`,
        { hint: `give the outer write { durability: '${durability}' }` },
      )
    }
    const name = `s${this.#depth}`
    this.run(`SAVEPOINT ${name}`)
    this.#depth++
    for (const cache of this.#caches) cache.savepoint()
    try {
      const result = refusePromise(fn(), 'write')
      this.run(`RELEASE ${name}`)
      for (const cache of this.#caches) cache.release()
      return result
    } catch (error) {
      for (const cache of this.#caches) cache.rollbackTo()
      if (this.#driver.isInTransaction) {
        this.#driverRun(`ROLLBACK TO ${name}`)
        this.#driverRun(`RELEASE ${name}`)
      }
      throw error
    } finally {
      this.#depth--
    }
  }

  #rollback(): void {
    try {
      if (this.#driver.isInTransaction) this.#driverRun(ROLLBACK)
    } finally {
      this.#leave((cache) => cache.rollback())
    }
  }

  #leave(settle: (cache: TransactionCache) => void): void {
    this.#state = 'idle'
    this.#depth = 0
    this.#aborted = undefined
    for (const cache of this.#caches) settle(cache)
  }

  // PRAGMA data_version moves when another connection commits, and not for our own commits; so
  // when it stands still, neither caches nor the generation can be stale.
  #noticeForeignCommits(): void {
    const version = Number(this.#statements.get(DATA_VERSION).values()[0]?.[0])
    if (version === this.#seenDataVersion) return
    this.#seenDataVersion = version
    for (const cache of this.#caches) cache.invalidate()
    this.hooks.foreignCommit()
  }

  #setSynchronous(durability: Durability): void {
    if (this.#synchronous === durability) return
    this.#driver.exec(`PRAGMA synchronous = ${SYNCHRONOUS[durability]}`)
    this.#synchronous = durability
  }

  #execute<Result>(sql: string, use: (statement: Statement) => Result): Result {
    this.#assertUsable()
    try {
      if (this.#state === 'idle')
        return retryWhileBusy(this.wait, () => use(this.#statements.get(sql)))
      return use(this.#statements.get(sql))
    } catch (error) {
      throw this.#afterFailure(error)
    }
  }

  #afterFailure(error: unknown): unknown {
    if (this.#state !== 'idle' && !this.#driver.isInTransaction) this.#aborted ??= error
    return error
  }

  #assertUsable(): void {
    this.#assertOpen()
    if (this.#aborted !== undefined) throw this.#aborted
  }

  #assertOpen(): void {
    if (this.#isClosed) {
      throw new StoreError('STORE_CLOSED', `${this.path} was closed`, {
        hint: 'open it again with openStore()',
      })
    }
  }

  #driverRun(sql: string): void {
    this.#statements.get(sql).run()
  }
}
