/**
 * Opens a file as a store's connection: it must be empty or ours, in WAL mode, with every setting
 * read back. Several processes may do it at once on a file that does not exist yet.
 */
import type { Driver, DriverFactory } from '../driver/driver.ts'
import { StoreError } from '../errors.ts'
import { type BusyWait, retryWhileBusy } from './busy-wait.ts'
import { Connection } from './connection.ts'
import {
  APPLICATION_ID,
  applySettings,
  type Durability,
  enterWalMode,
  formatNewFile,
  readPragma,
} from './pragmas.ts'

// SQLITE_READONLY_ROLLBACK
const READONLY_ROLLBACK = 776

/** How to open. */
export interface OpenConnectionOptions {
  readonly isReadOnly: boolean
  readonly wait: BusyWait
  readonly durability?: Durability
}

/** Opens `path`; creates it unless read-only. Throws `STORE_MISSING`, `NOT_A_STORE`, `BUSY` and others. */
export function openConnection(
  factory: DriverFactory,
  path: string,
  options: OpenConnectionOptions,
): Connection {
  const { isReadOnly, wait, durability = 'normal' } = options
  const driver = factory.open(path, { readOnly: isReadOnly, mustExist: isReadOnly })
  try {
    retryWhileBusy(wait, () => prepareFile(driver, path, isReadOnly))
    return new Connection(driver, { isReadOnly, wait, durability })
  } catch (error) {
    driver.close()
    // Killed before the switch to WAL, its maker left a journal that a reader may not roll back.
    if (isReadOnly && (error as StoreError).sqliteCode === READONLY_ROLLBACK) throw noStoreYet(path)
    throw error
  }
}

function prepareFile(driver: Driver, path: string, isReadOnly: boolean): void {
  const isNew = !isMade(driver, path)
  if (isNew) {
    // Being made by another process, or an empty file: a reader waits for its maker.
    if (isReadOnly) throw noStoreYet(path)
    formatNewFile(driver)
  }
  applySettings(driver, isReadOnly)
  if (isReadOnly) return
  enterWalMode(driver)
  // In the same file from its first page on; setting it again writes nothing.
  if (isNew) driver.exec(`PRAGMA application_id = ${APPLICATION_ID}`)
}

// False for an empty file, in which a store can be made; throws for one that is somebody else's.
function isMade(driver: Driver, path: string): boolean {
  const isMarked = () => readPragma(driver, 'application_id') === APPLICATION_ID
  if (isMarked()) return true
  if (readPragma(driver, 'application_id') === 0 && isEmpty(driver)) return false
  // Not empty, but its maker may have marked and filled it between the two looks.
  if (isMarked()) return true
  throw notAStore(path)
}

function isEmpty(driver: Driver): boolean {
  return driver.prepare('SELECT count(*) FROM sqlite_schema').values()[0]?.[0] === 0
}

function notAStore(path: string): StoreError {
  return new StoreError('NOT_A_STORE', `${path} is a SQLite file of another program`, {
    hint: 'name a file of its own for the store; whether a module here can take its data over says: holdfast import <file> --dry-run',
  })
}

/** What a reader is told of a file in which nobody has made a store yet, or not to the end. */
export function noStoreYet(path: string): StoreError {
  return new StoreError('STORE_MISSING', `${path} has no store in it yet`, {
    hint: 'open it once for writing, or import into it: holdfast import <folder>',
  })
}
