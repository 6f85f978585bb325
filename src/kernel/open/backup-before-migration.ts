/**
 * A verified copy of the store before its tables are moved, kept beside it as
 * `<store>.before-<generation>`. Whoever comes first makes it; the name says what it precedes.
 */
import { existsSync, linkSync, rmSync } from 'node:fs'
import type { Connection } from '../connection/connection.ts'
import { readGeneration } from '../connection/generation.ts'
import type { DriverFactory } from '../driver/driver.ts'
import { StoreError } from '../errors.ts'

const COPY = /* sql */ `VACUUM INTO :path`
const CHECK = /* sql */ `PRAGMA quick_check`

/** Copies and checks; returns the copy's path. */
export function backUpBeforeMigration(factory: DriverFactory, connection: Connection): string {
  const target = `${connection.path}.before-${readGeneration(connection)}`
  if (existsSync(target)) return target
  const draft = `${target}.${process.pid}.tmp`
  rmSync(draft, { force: true })
  try {
    connection.run(COPY, { path: draft })
    ensureSound(factory, draft)
    publish(draft, target)
  } finally {
    rmSync(draft, { force: true })
  }
  return target
}

function ensureSound(factory: DriverFactory, path: string): void {
  const copy = factory.open(path, { readOnly: true, mustExist: true })
  try {
    const found = copy.prepare(CHECK).values()[0]?.[0]
    if (found === 'ok') return
    throw new StoreError('STORE_CORRUPT', `the copy made before migrating is damaged: ${found}`, {
      hint: 'nothing was migrated; see what is damaged: holdfast verify',
    })
  } finally {
    copy.close()
  }
}

// A link and not a rename: of several processes one wins, and a finished copy is never replaced.
function publish(draft: string, target: string): void {
  try {
    linkSync(draft, target)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
