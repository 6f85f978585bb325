/**
 * The compiled half of better-sqlite3 without its JavaScript half, ten files that take Node twice as
 * long to load as it takes SQLite to open a store, and of which the driver uses none.
 *
 * Invariant: it is only used in the releases whose calls were read and tested, and the driver's probe
 * has to succeed with it; anywhere else the library is loaded as it wishes to be. A program that uses
 * better-sqlite3 itself shares the addon, so its errors are of the library's own class.
 */
import type { BetterSqlite3, LibraryDatabase, LibraryOptions } from './better-sqlite3.ts'
import type { SqlFunction } from './driver.ts'

/** Which releases have the calls below. */
const RELEASES = /^12\.11\.\d+$/

const ADDON = 'build/Release/better_sqlite3.node'
const ERRORS = 'lib/sqlite-error.js'

interface Addon {
  isInitialized?: boolean
  setErrorConstructor(errorClass: unknown): void
  readonly Database: new (...parameters: readonly unknown[]) => AddonDatabase
}

interface AddonDatabase extends Omit<LibraryDatabase, 'prepare' | 'function'> {
  function(
    fn: SqlFunction,
    name: string,
    argumentCount: number,
    bigints: 0 | 1,
    isDeterministic: boolean,
    isDirectOnly: boolean,
  ): unknown
  prepare(sql: string, owner: unknown, isPragma: boolean): ReturnType<LibraryDatabase['prepare']>
}

/**
 * A `Database` class on the addon alone; `undefined` where it cannot be had. `load` gives what a file of the
 * library's folder exports.
 */
export function addonClass(
  version: string,
  load: (file: string) => unknown,
): BetterSqlite3 | undefined {
  if (!RELEASES.test(version)) return undefined
  try {
    const addon = load(ADDON) as Addon
    if (!addon.isInitialized) {
      addon.setErrorConstructor(load(ERRORS))
      addon.isInitialized = true
    }
    return databaseOn(addon)
  } catch {
    return undefined // Built elsewhere, or for another Node: the library finds it, or says why not.
  }
}

function databaseOn(addon: Addon): BetterSqlite3 {
  return class implements LibraryDatabase {
    readonly #native: AddonDatabase

    constructor(path: string, options: LibraryOptions = {}) {
      const { readonly = false, fileMustExist = false, timeout = 0 } = options
      const isInMemory = path === ':memory:'
      this.#native = new addon.Database(
        path,
        path,
        isInMemory,
        readonly,
        fileMustExist,
        timeout,
        null, // No function that sees each statement,
        null, // and no database given as bytes.
      )
    }

    get open(): boolean {
      return this.#native.open
    }

    get inTransaction(): boolean {
      return this.#native.inTransaction
    }

    prepare(sql: string): ReturnType<LibraryDatabase['prepare']> {
      return this.#native.prepare(sql, this, false)
    }

    exec(sql: string): unknown {
      return this.#native.exec(sql)
    }

    function(
      name: string,
      { directOnly }: { readonly directOnly: boolean },
      fn: SqlFunction,
    ): unknown {
      return this.#native.function(fn, name, 1, 0, false, directOnly)
    }

    close(): unknown {
      return this.#native.close()
    }
  }
}
