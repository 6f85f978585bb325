/**
 * The adapter over better-sqlite3 12, the driver of Node 20.
 *
 * It says the most of the three: it refuses several statements and missing parameters by
 * itself. Left to do: rows as arrays, statements without rows, and error codes by number.
 */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { StoreError } from '../errors.ts'
import { addonClass } from './better-sqlite3-addon.ts'
import type {
  Driver,
  DriverFactory,
  DriverOptions,
  RunResult,
  SqlFunction,
  SqlParameters,
  SqlValue,
  Statement,
} from './driver.ts'
import { checkPath, toOpenError } from './opening.ts'
import { toBinding } from './parameters.ts'
import { type Prepared, prepareSql } from './prepared.ts'
import type { SqlShape } from './scanned-shape.ts'
import { isBusy, toStoreError } from './sqlite-errors.ts'

/** What is used of better-sqlite3's `Database` class; a program may pass its own. */
export type BetterSqlite3 = new (path: string, options?: LibraryOptions) => LibraryDatabase

// What Node says of a module that was compiled for another release of it.
const ABIS = /NODE_MODULE_VERSION (\d+)[\s\S]*?NODE_MODULE_VERSION (\d+)/

/** What is used of the options of a `Database`. */
export interface LibraryOptions {
  readonly readonly?: boolean
  readonly fileMustExist?: boolean
  readonly timeout?: number
}

/** What is used of a `Database`. */
export interface LibraryDatabase {
  readonly open: boolean
  readonly inTransaction: boolean
  prepare(sql: string): LibraryStatement
  exec(sql: string): unknown
  function(name: string, options: { readonly directOnly: boolean }, fn: SqlFunction): unknown
  close(): unknown
}

interface LibraryStatement {
  /** Whether it returns rows. */
  readonly reader: boolean
  readonly readonly: boolean
  run(...parameters: unknown[]): { readonly changes: number; readonly lastInsertRowid: number }
  get(...parameters: unknown[]): unknown
  all(...parameters: unknown[]): unknown[]
  raw(isOn: boolean): LibraryStatement
  columns(): readonly { readonly name: string }[]
}

/**
 * Loads better-sqlite3, or uses the `Database` class given. Throws `DRIVER_MISSING` where it
 * is not installed and `DRIVER_UNSAFE` where its version would crash this Node.
 */
export function betterSqlite3(Library: BetterSqlite3 = load()): DriverFactory {
  const sqliteVersion = versionOf(Library)
  return {
    name: 'better-sqlite3',
    sqliteVersion,
    open: (path, options = {}) => new BetterDriver(Library, sqliteVersion, path, options),
  }
}

// The library loads its compiled half only when a database is opened.
function versionOf(Library: BetterSqlite3): string {
  try {
    const probe = new Library(':memory:')
    const [[version] = []] = probe.prepare('SELECT sqlite_version()').raw(true).all() as string[][]
    probe.close()
    return String(version)
  } catch (cause) {
    const [, built, wanted] = ABIS.exec((cause as Error).message) ?? []
    const what = built
      ? `it was compiled for ABI ${built}, and Node ${process.versions.node} has ABI ${wanted}`
      : (cause as Error).message
    throw new StoreError('DRIVER_MISSING', `better-sqlite3 cannot be loaded: ${what}`, {
      hint: 'npm rebuild better-sqlite3, with the Node that runs this',
      cause,
    })
  }
}

function load(): BetterSqlite3 {
  const require = createRequire(import.meta.url)
  let manifest: string
  let version: string
  try {
    manifest = require.resolve('better-sqlite3/package.json')
    version = (require(manifest) as { version: string }).version
  } catch (cause) {
    throw new StoreError('DRIVER_MISSING', 'better-sqlite3 is not installed', {
      hint: 'npm i better-sqlite3@~12.11',
      cause,
    })
  }
  // Release 13 is built for Node 22: on Node 20 it installs with a warning and then ends the
  // process by a segmentation fault when a database is opened, which no catch sees.
  if (Number.parseInt(version, 10) >= 13 && Number.parseInt(process.versions.node, 10) < 22) {
    throw new StoreError(
      'DRIVER_UNSAFE',
      `better-sqlite3 ${version} crashes on Node ${process.versions.node}`,
      { hint: 'npm i better-sqlite3@~12.11' },
    )
  }
  try {
    // By their paths: to look for a name in every folder above takes longer than to load the file.
    const inFolder = (file: string) => require(join(dirname(manifest), file)) as unknown
    return addonClass(version, inFolder) ?? (require('better-sqlite3') as BetterSqlite3)
  } catch (cause) {
    throw new StoreError('DRIVER_MISSING', `better-sqlite3 ${version} cannot be loaded`, {
      hint: 'npm rebuild better-sqlite3',
      cause,
    })
  }
}

class BetterDriver implements Driver {
  readonly name = 'better-sqlite3'
  readonly sqliteVersion: string
  readonly path: string
  readonly #database: LibraryDatabase

  constructor(Library: BetterSqlite3, version: string, path: string, options: DriverOptions) {
    checkPath(path)
    this.sqliteVersion = version
    this.path = path
    try {
      this.#database = new Library(path, {
        readonly: options.readOnly === true,
        fileMustExist: options.mustExist === true,
        timeout: 0,
      })
    } catch (error) {
      throw toOpenError(error, path, options)
    }
  }

  get isInTransaction(): boolean {
    return this.#database.inTransaction
  }

  prepare(sql: string): Statement {
    return new BetterStatement(this, sql, prepareSql(sql, this))
  }

  columnsOf(native: LibraryStatement): readonly string[] {
    return native.reader ? native.columns().map((column) => column.name) : []
  }

  prepareNative(sql: string): LibraryStatement {
    try {
      return this.#database.prepare(sql)
    } catch (error) {
      throw this.failure(error, sql)
    }
  }

  exec(sql: string): void {
    try {
      this.#database.exec(sql)
    } catch (error) {
      throw this.failure(error, sql)
    }
  }

  defineFunction(name: string, fn: SqlFunction): void {
    // By its length the library knows how many arguments it takes.
    this.#database.function(name, { directOnly: true }, (argument) => fn(argument))
  }

  close(): void {
    try {
      this.#database.close()
    } catch (error) {
      throw this.failure(error)
    }
  }

  failure(error: unknown, sql?: string): StoreError {
    const context = { path: this.path, isClosed: !this.#database.open }
    return toStoreError(error, sql === undefined ? context : { ...context, sql })
  }
}

class BetterStatement implements Statement {
  readonly #driver: BetterDriver
  readonly #sql: string
  readonly #nativeSql: string
  readonly #shape: SqlShape
  readonly #native: LibraryStatement
  readonly #returnsRows: boolean
  #rawNative: LibraryStatement | undefined

  constructor(driver: BetterDriver, sql: string, prepared: Prepared<LibraryStatement>) {
    this.#driver = driver
    this.#sql = sql
    this.#nativeSql = prepared.nativeSql
    this.#shape = prepared.shape
    this.#native = prepared.native
    this.#returnsRows = prepared.native.reader
  }

  run(parameters?: SqlParameters): RunResult {
    const binding = toBinding(this.#shape, parameters)
    try {
      // As arguments: better-sqlite3 reads an array element by element, at twice the cost.
      return Array.isArray(binding) ? this.#native.run(...binding) : this.#native.run(binding)
    } catch (error) {
      throw this.#driver.failure(error, this.#sql)
    }
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
    const binding = toBinding(this.#shape, parameters)
    try {
      if (this.#returnsRows) return this.#native.get(binding) as Row | undefined
      this.#native.run(binding)
      return undefined
    } catch (error) {
      throw this.#driver.failure(error, this.#sql)
    }
  }

  all<Row>(parameters?: SqlParameters): Row[] {
    const binding = toBinding(this.#shape, parameters)
    try {
      if (this.#returnsRows) return this.#native.all(binding) as Row[]
      this.#native.run(binding)
      return []
    } catch (error) {
      throw this.#driver.failure(error, this.#sql)
    }
  }

  values(parameters?: SqlParameters): SqlValue[][] {
    if (!this.#returnsRows) return this.all(parameters)
    const binding = toBinding(this.#shape, parameters)
    // A statement of its own: switching one statement to arrays and back would change the
    // rows of a call that is still going on.
    this.#rawNative ??= this.#driver.prepareNative(this.#nativeSql).raw(true)
    try {
      return this.#rawNative.all(binding) as SqlValue[][]
    } catch (error) {
      throw this.#driver.failure(error, this.#sql)
    }
  }

  get columns(): readonly string[] {
    return this.#driver.columnsOf(this.#native)
  }

  get isReadOnly(): boolean {
    return this.#native.readonly
  }
}
