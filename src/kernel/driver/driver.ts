/**
 * The port over one SQLite library. Three adapters implement it and nothing else in the
 * project knows which library is underneath; `test/drivers` runs one case table on each.
 *
 * What the port evens out (the libraries differ in all of it): parameters are exactly the
 * statement's names, a missing or surplus one is an error; `undefined`, booleans and NaN are
 * refused; no row is `undefined`; blobs are `Uint8Array`; rows are plain objects; more than
 * one statement in `prepare` is an error; every failure is a StoreError.
 */

/** What a column can hold. Integers beyond 2^53 are not stored; ids are text. */
export type SqlValue = string | number | bigint | null | Uint8Array

/** A row as an object by column name. */
export type SqlRow = Record<string, SqlValue>

/** `:name` parameters as an object without the colon, or `?` parameters as an array. */
export type SqlParameters = Readonly<Record<string, SqlValue>> | readonly SqlValue[]

/** What a statement that writes reports. */
export interface RunResult {
  /** Rows changed by this statement itself, triggers left out; 0 for SELECT, DDL and pragmas. */
  readonly changes: number
  readonly lastInsertRowid: number
}

/** A prepared statement; valid until its driver is closed. */
export interface Statement {
  /** Runs to the end and reports what changed. */
  run(parameters?: SqlParameters): RunResult
  /**
   * Runs a statement without parameters; false where `run` would throw `BUSY`. For who asks for a lock
   * again and again: making the error costs fifty times what SQLite's refusal does.
   */
  runUnlessBusy(): boolean
  /** The first row, or `undefined`. Never use it for RETURNING outside a transaction. */
  get<Row = SqlRow>(parameters?: SqlParameters): Row | undefined
  /** All rows, as an array of plain objects. */
  all<Row = SqlRow>(parameters?: SqlParameters): Row[]
  /** All rows, as arrays in column order: faster where the names are not needed. */
  values(parameters?: SqlParameters): SqlValue[][]
  /** Column names in order; empty for statements that return no rows. */
  readonly columns: readonly string[]
  /**
   * True when SQLite says that the statement changes no database file. That is no sandbox:
   * ATTACH, DETACH and pragmas of the connection count as reading.
   */
  readonly isReadOnly: boolean
}

/** A function that SQL can call; what it throws, the statement throws. */
export type SqlFunction = (argument: SqlValue) => SqlValue

/** How a file is opened. */
export interface DriverOptions {
  readonly readOnly?: boolean
  /** Throws `STORE_MISSING` instead of creating the file. */
  readonly mustExist?: boolean
}

/** One open connection. */
export interface Driver {
  readonly name: DriverName
  /** SQLite's own version, `3.53.2`. */
  readonly sqliteVersion: string
  /** SQLite's flag, asked after every failed statement: an error may have rolled everything back. */
  readonly isInTransaction: boolean
  prepare(sql: string): Statement
  /** Runs one or more statements without parameters; for DDL and pragmas. */
  exec(sql: string): void
  /**
   * Gives SQL of this connection a function of one argument, for statements alone: no view or trigger can
   * call it. Missing where the library has none (bun:sqlite).
   */
  readonly defineFunction?: (name: string, fn: SqlFunction) => void
  close(): void
}

/** The libraries there is an adapter for. */
export type DriverName = 'better-sqlite3' | 'node:sqlite' | 'bun:sqlite'

/** Opens connections with one library. */
export interface DriverFactory {
  readonly name: DriverName
  readonly sqliteVersion: string
  open(path: string, options?: DriverOptions): Driver
}
