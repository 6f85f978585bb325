/**
 * The adapter over bun:sqlite, the driver of Bun.
 *
 * Closing is the delicate part: the library keeps the file open, and its locks held, until
 * the last statement is finalized, and lets such a statement go on running. So the driver
 * keeps every statement that is still in use and finalizes it when it closes.
 */
import { createRequire } from 'node:module'
import { StoreError } from '../errors.ts'
import type {
  Driver,
  DriverFactory,
  DriverOptions,
  RunResult,
  SqlParameters,
  SqlValue,
  Statement,
} from './driver.ts'
import { checkPath, toOpenError } from './opening.ts'
import { toBinding } from './parameters.ts'
import { type Prepared, prepareSql } from './prepared.ts'
import type { SqlShape } from './scanned-shape.ts'
import { isBlankSql } from './sql-tokens.ts'
import { isBusy, toStoreError } from './sqlite-errors.ts'

interface Library {
  readonly Database: new (path: string, options?: LibraryOptions) => LibraryDatabase
}

interface LibraryOptions {
  readonly readonly?: boolean
  readonly readwrite?: boolean
  readonly create?: boolean
  readonly strict?: boolean
}

interface LibraryDatabase {
  readonly inTransaction: boolean
  prepare(sql: string): LibraryStatement
  exec(sql: string): unknown
  close(): void
}

interface LibraryStatement {
  readonly readonly: boolean
  readonly columnNames: readonly string[]
  run(...parameters: unknown[]): { readonly changes: number; readonly lastInsertRowid: number }
  get(...parameters: unknown[]): unknown
  all(...parameters: unknown[]): unknown[]
  values(...parameters: unknown[]): unknown[][]
  finalize(): void
}

/** Loads bun:sqlite; throws `DRIVER_MISSING` in any other runtime than Bun. */
export function bunSqlite(): DriverFactory {
  const library = load()
  const probe = new library.Database(':memory:')
  const statement = probe.prepare('SELECT sqlite_version()')
  const sqliteVersion = String(statement.values()[0]?.[0])
  statement.finalize()
  probe.close()
  return {
    name: 'bun:sqlite',
    sqliteVersion,
    open: (path, options = {}) => new BunDriver(library, sqliteVersion, path, options),
  }
}

function load(): Library {
  try {
    return createRequire(import.meta.url)('bun:sqlite') as Library
  } catch (cause) {
    throw new StoreError('DRIVER_MISSING', 'this runtime has no bun:sqlite', {
      hint: 'npm i better-sqlite3@~12.11',
      cause,
    })
  }
}

class BunDriver implements Driver {
  readonly name = 'bun:sqlite'
  readonly sqliteVersion: string
  readonly path: string
  readonly #database: LibraryDatabase
  readonly #unfinalized = new Set<LibraryStatement>()
  // A statement that its user has dropped is not kept until the close.
  readonly #dropped = new FinalizationRegistry<LibraryStatement>((native) => {
    this.discard(native)
  })
  #isClosed = false

  constructor(library: Library, version: string, path: string, options: DriverOptions) {
    checkPath(path)
    this.sqliteVersion = version
    this.path = path
    const access = options.readOnly
      ? { readonly: true }
      : { readwrite: true, create: options.mustExist !== true }
    try {
      this.#database = new library.Database(path, { ...access, strict: true })
    } catch (error) {
      throw toOpenError(error, path, options)
    }
  }

  get isInTransaction(): boolean {
    return !this.#isClosed && this.#database.inTransaction
  }

  prepare(sql: string): Statement {
    const prepared = prepareSql(sql, this)
    const statement = new BunStatement(this, sql, prepared)
    this.#dropped.register(statement, prepared.native)
    return statement
  }

  prepareNative(sql: string): LibraryStatement {
    try {
      const native = this.#database.prepare(sql)
      this.#unfinalized.add(native)
      return native
    } catch (error) {
      throw this.failure(error, sql)
    }
  }

  columnsOf(native: LibraryStatement): readonly string[] {
    return native.columnNames
  }

  discard(native: LibraryStatement): void {
    native.finalize()
    this.#unfinalized.delete(native)
  }

  exec(sql: string): void {
    try {
      this.#database.exec(sql)
    } catch (error) {
      // The library refuses a blank text, which for the others is simply nothing to do.
      if (!this.#isClosed && isBlankSql(sql)) return
      throw this.failure(error, sql)
    }
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const native of this.#unfinalized) native.finalize()
    this.#unfinalized.clear()
    this.#database.close()
  }

  failure(error: unknown, sql?: string): StoreError {
    const context = { path: this.path, isClosed: this.#isClosed }
    return toStoreError(error, sql === undefined ? context : { ...context, sql })
  }
}

class BunStatement implements Statement {
  readonly #driver: BunDriver
  readonly #sql: string
  readonly #shape: SqlShape
  readonly #native: LibraryStatement

  constructor(driver: BunDriver, sql: string, prepared: Prepared<LibraryStatement>) {
    this.#driver = driver
    this.#sql = sql
    this.#shape = prepared.shape
    this.#native = prepared.native
  }

  run(parameters?: SqlParameters): RunResult {
    const binding = toArguments(toBinding(this.#shape, parameters))
    return this.#try(() => this.#native.run(...binding))
  }

  runUnlessBusy(): boolean {
    try {
      this.#native.run()
      return true
    } catch (error) {
      if (isBusy(error)) return false
      throw this.#driver.failure(error, this.#sql)
    }
  }

  get<Row>(parameters?: SqlParameters): Row | undefined {
    const binding = toArguments(toBinding(this.#shape, parameters))
    const row = this.#try(() => this.#native.get(...binding))
    return (row ?? undefined) as Row | undefined
  }

  all<Row>(parameters?: SqlParameters): Row[] {
    const binding = toArguments(toBinding(this.#shape, parameters))
    return this.#try(() => this.#native.all(...binding)) as Row[]
  }

  values(parameters?: SqlParameters): SqlValue[][] {
    const binding = toArguments(toBinding(this.#shape, parameters))
    return this.#try(() => this.#native.values(...binding)) as SqlValue[][]
  }

  get columns(): readonly string[] {
    return this.#try(() => this.#native.columnNames)
  }

  get isReadOnly(): boolean {
    return this.#try(() => this.#native.readonly)
  }

  #try<T>(call: () => T): T {
    try {
      return call()
    } catch (error) {
      throw this.#driver.failure(error, this.#sql)
    }
  }
}

function toArguments(binding: SqlParameters): readonly unknown[] {
  return Array.isArray(binding) ? binding : [binding]
}
