/**
 * Whether other processes have a store open. Leaving WAL mode needs every other connection gone, so
 * SQLite itself gives the answer, on every platform; it is put back at once.
 *
 * The caller must have closed its own stores on the file: they count too.
 */
import { existsSync } from 'node:fs'
import { chooseDriver } from '../driver/choose.ts'
import { isStoreError } from '../errors.ts'

/** True while anybody has the store in `path` open, even if it does nothing. */
export function isStoreInUse(path: string): boolean {
  if (!existsSync(path)) return false
  const driver = chooseDriver().open(path, { mustExist: true })
  try {
    const mode = driver.prepare('PRAGMA journal_mode = DELETE').values()[0]?.[0]
    driver.exec('PRAGMA journal_mode = WAL')
    return mode !== 'delete'
  } catch (error) {
    if (isStoreError(error, 'BUSY')) return true
    throw error
  } finally {
    driver.close()
  }
}
