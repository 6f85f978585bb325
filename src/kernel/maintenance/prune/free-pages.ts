/** Giving the pages of dropped rows back to the disk, a few at a time. */
import type { Connection } from '../../connection/connection.ts'
import { isStoreError } from '../../errors.ts'
import { runInSlices } from '../../projections/slices.ts'

// A page moved is a page written; so many take a few milliseconds.
const PAGES_A_STEP = 256
const STEP = /* sql */ `PRAGMA incremental_vacuum(${PAGES_A_STEP})`
const TRUNCATE = /* sql */ `PRAGMA wal_checkpoint(TRUNCATE)`

/** Bytes of the file that pages take, free ones included. */
export function fileBytes(connection: Connection): number {
  return pragma(connection, 'page_count') * pragma(connection, 'page_size')
}

/** Bytes of free pages. */
export function freeBytes(connection: Connection): number {
  return pragma(connection, 'freelist_count') * pragma(connection, 'page_size')
}

/** Gives all free pages back; returns how many bytes those were. */
export function releaseFreePages(connection: Connection): number {
  const before = fileBytes(connection)
  if (freeBytes(connection) === 0) return 0
  runInSlices(connection, (isTimeUp) => {
    for (;;) {
      const free = pragma(connection, 'freelist_count')
      if (free === 0) return true
      connection.exec(STEP)
      // A file made without auto_vacuum keeps its free pages.
      if (pragma(connection, 'freelist_count') >= free) return true
      if (isTimeUp()) return false
    }
  })
  try {
    connection.driver.prepare(TRUNCATE).all()
  } catch (error) {
    // A reader needs the WAL: the file shrinks at a later checkpoint.
    if (!isStoreError(error)) throw error
  }
  return before - fileBytes(connection)
}

function pragma(
  connection: Connection,
  name: 'page_count' | 'page_size' | 'freelist_count',
): number {
  return Number(connection.values(`PRAGMA ${name}`)[0]?.[0])
}
