/**
 * One SQLite connection and its transactions (docs/design/connection.md).
 *
 * Invariant: between BEGIN IMMEDIATE and COMMIT every statement runs inside that transaction or
 * not at all. Caches follow the transactions; hooks let those above take part in them.
 */
import type { Driver, RunResult, SqlParameters, SqlValue } from '../driver/driver.ts'
import { StoreError } from '../errors.ts'
import type { BusyWait } from './busy-wait.ts'
import { type ConnectionHooks, NO_HOOKS } from './connection-hooks.ts'
import { DataVersion } from './data-version.ts'
import type { DeferredRows } from './deferred-rows.ts'
import { FileWatch } from './file-identity.ts'
import type { TransactionCache } from './overlay-map.ts'
import { type Durability, isStronger } from './pragmas.ts'
import { refusePromise } from './refuse-promise.ts'
import { refuseWrite } from './refuse-write.ts'
import { openSavepoint } from './savepoint.ts'
import type { Screen, ScreenedSql, ScreenOptions } from './screened-sql.ts'
import { SqlSession } from './sql-session.ts'
import { Turns } from './turns.ts'
import { WalSync } from './wal-sync.ts'
import { WriteLock } from './write-lock.ts'

const BEGIN_READ = /* sql */ `BEGIN`
const COMMIT = /* sql */ `COMMIT`
const ROLLBACK = /* sql */ `ROLLBACK`

// Catching up lets other writers in between; so many rounds mean that it does not converge.
const MAX_RESTARTS = 20

/** How a connection waits and what it may do. */
export interface ConnectionOptions {
  readonly isReadOnly: boolean
  readonly wait: BusyWait
  /** Durability of writes that do not name their own. */
  readonly durability: Durability
}

/** A connection; synchronous, for one thread. */
export class Connection {
  readonly isReadOnly: boolean
  readonly wait: BusyWait
  readonly durability: Durability
  /** How long those who wait for the write lock sleep. */
  readonly turns: Turns
  /** What makes `full` commits safe. */
  readonly walSync: WalSync
  hooks: ConnectionHooks = NO_HOOKS

  readonly #session: SqlSession
  readonly #file: FileWatch
  readonly #dataVersion: DataVersion
  readonly #caches: TransactionCache[] = []
  readonly #lock: WriteLock
  // Made once: a closure for each write would show.
  readonly #noticeForeignCommit = () => this.#foreignCommit()
  #state: 'idle' | 'read' | 'write' = 'idle'
  #depth = 0
  #transactionDurability: Durability = 'normal'

  constructor(driver: Driver, options: ConnectionOptions) {
    this.#session = new SqlSession(driver, options.wait)
    this.#file = new FileWatch(options.wait.path)
    this.#dataVersion = new DataVersion(this.#session)
    this.walSync = new WalSync(options.wait.path)
    this.turns = new Turns(options.wait.random, () => this.#dataVersion.read())
    this.#lock = new WriteLock(this.#session, options.wait, this.turns)
    this.isReadOnly = options.isReadOnly
    this.wait = options.wait
    this.durability = options.durability
  }

  get path(): string {
    return this.#session.path
  }

  /** The driver underneath, for pragmas. */
  get driver(): Driver {
    return this.#session.driver
  }

  get isClosed(): boolean {
    return this.#session.isClosed
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
    return this.#session.run(sql, parameters)
  }

  get<Row>(sql: string, parameters?: SqlParameters): Row | undefined {
    return this.#session.get(sql, parameters)
  }

  all<Row>(sql: string, parameters?: SqlParameters): Row[] {
    return this.#session.all(sql, parameters)
  }

  values(sql: string, parameters?: SqlParameters): SqlValue[][] {
    return this.#session.values(sql, parameters)
  }

  query<Row>(sql: string, parameters?: SqlParameters): Row[] {
    return this.#session.query(sql, parameters)
  }

  queryFirst<Row>(sql: string, parameters?: SqlParameters): Row | undefined {
    return this.#session.queryFirst(sql, parameters)
  }

  /** SQL inside transactions, for somebody who may run only what passes `screen`. */
  screened(screen: Screen, options?: ScreenOptions): ScreenedSql {
    return this.#session.screened(screen, options)
  }

  exec(sql: string): void {
    this.#session.exec(sql)
  }

  /**
   * Has `rows` written before any statement that is not blind to them, before a savepoint and before
   * COMMIT. Inside a write transaction.
   */
  defer(rows: DeferredRows): void {
    this.#session.defer(rows)
  }

  /** Writes rows that wait. */
  writeDeferred(): void {
    this.#session.writeDeferred()
  }

  /** Runs `fn` in one immediate transaction; inside another one, in a savepoint of it. */
  write<Result>(fn: () => Result, durability: Durability = this.durability): Result {
    this.#assertWritable()
    if (this.#state === 'write') return this.#nestedWrite(fn, durability)
    this.#beginWrite(durability, this.#lock.take)
    return this.#finishWrite(fn)
  }

  /**
   * As `write`, but throws `BUSY` at once when another process holds the lock: for callers that
   * wait with a timer instead of blocking the thread.
   */
  tryWrite<Result>(fn: () => Result, durability: Durability = this.durability): Result {
    this.#assertWritable()
    this.#beginWrite(durability, this.#lock.takeAtOnce)
    return this.#finishWrite(fn)
  }

  /** Runs `fn` on one unchanging view of the store. Nested reads join. */
  read<Result>(fn: () => Result): Result {
    this.#session.assertOpen()
    if (this.#state !== 'idle') return refusePromise(fn(), 'read')
    this.#session.control(BEGIN_READ)
    this.#session.enterTransaction('read')
    this.#state = 'read'
    try {
      return refusePromise(fn(), 'read')
    } finally {
      this.#state = 'idle'
      if (this.driver.isInTransaction) this.#session.control(COMMIT)
      this.#session.leaveTransaction()
    }
  }

  /** Runs `fn` in a savepoint of the open write transaction; a throw undoes only what it did. */
  savepoint<Result>(fn: () => Result): Result {
    return this.#nestedWrite(fn, this.#transactionDurability)
  }

  /**
   * Gives up the open write transaction, or the savepoint of it: what was done so far is only half of
   * something. A caller that catches `error` and goes on is refused with it, and nothing is committed.
   */
  giveUp(error: unknown): void {
    this.#session.abort(error)
  }

  close(): void {
    this.walSync.close()
    this.#session.close()
  }

  #assertWritable(): void {
    this.#session.assertOpen()
    refuseWrite(this.path, this.isReadOnly, this.#state === 'read')
    this.hooks.beforeWrite()
  }

  #beginWrite(durability: Durability, begin: () => void): void {
    this.turns.begins(durability === 'full')
    for (let start = 0; ; start++) {
      begin()
      this.#session.enterTransaction('write')
      this.#state = 'write'
      this.#depth = 1
      this.#transactionDurability = durability
      for (const cache of this.#caches) cache.begin()
      if (!this.#mustStartAgain()) return
      if (start >= MAX_RESTARTS) throw new Error('a write could not be prepared')
      this.hooks.prepareWrite()
    }
  }

  #mustStartAgain(): boolean {
    let mustPrepare: boolean
    try {
      this.#file.ensureSame()
      mustPrepare = this.#dataVersion.ifMoved(this.#noticeForeignCommit)
    } catch (error) {
      this.#rollback()
      throw error
    }
    if (mustPrepare) this.#rollback()
    return mustPrepare
  }

  #foreignCommit(): boolean {
    this.turns.othersCommitted()
    for (const cache of this.#caches) cache.invalidate()
    return this.hooks.foreignCommit()
  }

  #finishWrite<Result>(fn: () => Result): Result {
    let result: Result
    try {
      result = refusePromise(fn(), 'write')
      this.#session.assertUsable()
      this.hooks.beforeCommit()
      this.#session.writeDeferred()
      this.#session.control(COMMIT)
    } catch (error) {
      this.#rollback()
      throw error
    }
    this.#leave()
    for (const cache of this.#caches) cache.commit()
    try {
      if (this.#transactionDurability === 'full') this.walSync.sync()
    } finally {
      this.turns.committed()
      this.hooks.afterCommit()
    }
    return result
  }

  #nestedWrite<Result>(fn: () => Result, durability: Durability): Result {
    if (isStronger(durability, this.#transactionDurability)) {
      throw new StoreError(
        'NESTED_DURABILITY',
        `a '${durability}' write inside a '${this.#transactionDurability}' one`,
        { hint: `give the outer write { durability: '${durability}' }` },
      )
    }
    const savepoint = openSavepoint(this.#session, this.#depth, this.#caches)
    this.#depth++
    try {
      const result = refusePromise(fn(), 'write')
      savepoint.release()
      return result
    } catch (error) {
      savepoint.rollback()
      throw error
    } finally {
      this.#depth--
    }
  }

  #rollback(): void {
    try {
      if (this.driver.isInTransaction) this.#session.control(ROLLBACK)
    } finally {
      this.#leave()
      for (const cache of this.#caches) cache.rollback()
    }
  }

  #leave(): void {
    this.#state = 'idle'
    this.#depth = 0
    this.#session.leaveTransaction()
  }
}
