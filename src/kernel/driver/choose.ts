/**
 * Chooses the SQLite library of this process: the runtime's own where it is safe, else
 * better-sqlite3.
 *
 * Safe means 3.51.3 or later. Before it, SQLite can lose committed pages without a sign when
 * several processes write and checkpoint one file, which is the very use of a store; so an
 * older one is refused and never merely warned about.
 */
import { isStoreError, StoreError } from '../errors.ts'
import { type BetterSqlite3, betterSqlite3 } from './better-sqlite3.ts'
import { bunSqlite } from './bun-sqlite.ts'
import type { DriverFactory, DriverName } from './driver.ts'
import { nodeSqlite } from './node-sqlite.ts'

/** The first SQLite without the bug that loses commits. */
export const OLDEST_SAFE_SQLITE = '3.51.3'

const INSTALL = 'npm i better-sqlite3@~12.11'

/** How {@link chooseDriver} is told what to use. */
export interface ChooseDriverOptions {
  /**
   * The library to use instead of the default order: its name, or better-sqlite3's `Database`
   * class where a bundler or an Electron app has to load it. Default: `HOLDFAST_DRIVER` in
   * the environment, else the default order.
   */
  readonly driver?: DriverName | BetterSqlite3
  /** Where `HOLDFAST_DRIVER` is looked up. Default: `process.env`. */
  readonly environment?: { readonly HOLDFAST_DRIVER?: string | undefined }
}

/**
 * Gives the factory that opens connections. Throws `DRIVER_UNSAFE` where what was found is
 * too old to keep a store safe, `DRIVER_MISSING` where nothing was found.
 */
export function chooseDriver(options: ChooseDriverOptions = {}): DriverFactory {
  const environment: ChooseDriverOptions['environment'] = options.environment ?? process.env
  const wanted = options.driver ?? environment.HOLDFAST_DRIVER
  if (typeof wanted === 'function') return safe(betterSqlite3(wanted))
  if (wanted !== undefined && wanted !== '') return safe(load(wanted))
  return safeDefault()
}

/** Tells whether a SQLite of this version keeps every commit. */
export function isSafeSqlite(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  const [safeMajor = 0, safeMinor = 0, safePatch = 0] = OLDEST_SAFE_SQLITE.split('.').map(Number)
  if (major !== safeMajor) return major > safeMajor
  return minor === safeMinor ? patch >= safePatch : minor > safeMinor
}

function safeDefault(): DriverFactory {
  const { bun, sqlite } = process.versions
  if (bun !== undefined) return safe(bunSqlite())
  // The version is known without loading it, so that an unsafe one is not even loaded.
  if (sqlite !== undefined && isSafeSqlite(sqlite)) return safe(nodeSqlite())
  try {
    return safe(betterSqlite3())
  } catch (error) {
    // There is a library, but not a safe one: say that rather than that none was found.
    if (sqlite === undefined || !isStoreError(error, 'DRIVER_MISSING')) throw error
    throw unsafe('node:sqlite', sqlite)
  }
}

function load(name: string): DriverFactory {
  switch (name) {
    case 'better-sqlite3':
      return betterSqlite3()
    case 'node:sqlite':
      return nodeSqlite()
    case 'bun:sqlite':
      return bunSqlite()
    default:
      throw new StoreError('DRIVER_MISSING', `there is no driver '${name}'`, {
        hint: 'name better-sqlite3, node:sqlite or bun:sqlite, or none',
      })
  }
}

function safe(factory: DriverFactory): DriverFactory {
  if (isSafeSqlite(factory.sqliteVersion)) return factory
  throw unsafe(factory.name, factory.sqliteVersion)
}

function unsafe(name: DriverName, version: string): StoreError {
  return new StoreError(
    'DRIVER_UNSAFE',
    `${name} has SQLite ${version}, which can lose commits of several processes; ${OLDEST_SAFE_SQLITE} or later is needed`,
    { hint: name === 'bun:sqlite' ? 'bun upgrade' : INSTALL },
  )
}
