/** node:sqlite as the adapter uses it, and how it is loaded. */
import { createRequire } from 'node:module'
import { StoreError } from '../errors.ts'
import type { SqlFunction } from './driver.ts'

/** What is used of the module. */
export interface Library {
  readonly DatabaseSync: new (
    path: string | URL,
    options?: { readonly readOnly?: boolean; readonly timeout?: number },
  ) => LibraryDatabase
}

/** What is used of a `DatabaseSync`. */
export interface LibraryDatabase {
  readonly isOpen: boolean
  readonly isTransaction: boolean
  prepare(sql: string): LibraryStatement
  exec(sql: string): void
  function(name: string, options: { readonly directOnly: boolean }, fn: SqlFunction): void
  close(): void
}

/** What is used of a `StatementSync`. */
export interface LibraryStatement {
  run(...parameters: unknown[]): {
    readonly changes: number | bigint
    readonly lastInsertRowid: number | bigint
  }
  get(...parameters: unknown[]): unknown
  all(...parameters: unknown[]): unknown[]
  columns(): readonly { readonly name: string }[]
  setReturnArrays(isOn: boolean): void
}

/**
 * Loads it; throws `DRIVER_MISSING` where this runtime does not have it. Node 22 prints a warning for every
 * user of its SQLite, while the module loads: so it can be held back there, and only it.
 */
export function loadNodeSqlite(): Library {
  const emitWarning = process.emitWarning
  process.emitWarning = ((...call: readonly unknown[]) => {
    const isOurs = call[1] === 'ExperimentalWarning' && String(call[0]).startsWith('SQLite ')
    if (!isOurs) Reflect.apply(emitWarning, process, call)
  }) as typeof emitWarning
  try {
    return createRequire(import.meta.url)('node:sqlite') as Library
  } catch (cause) {
    throw new StoreError('DRIVER_MISSING', 'this runtime has no node:sqlite', {
      hint: 'npm i better-sqlite3@~12.11',
      cause,
    })
  } finally {
    process.emitWarning = emitWarning
  }
}
