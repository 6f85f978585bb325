// Runs the case table on every driver that this runtime has; `npm run test:runtimes` runs it
// on the others.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'vitest'
import { betterSqlite3 } from '../../src/kernel/driver/better-sqlite3.ts'
import type { DriverFactory } from '../../src/kernel/driver/driver.ts'
import { nodeSqlite } from '../../src/kernel/driver/node-sqlite.ts'
import { isStoreError } from '../../src/kernel/errors.ts'
import { CASES, skipReason } from './cases.ts'

for (const factory of [available(betterSqlite3), available(nodeSqlite)]) {
  if (factory === undefined) continue
  describe(`${factory.name} with SQLite ${factory.sqliteVersion}`, () => {
    for (const { name, run } of CASES) {
      const reason = skipReason(factory.name, name)
      test(name, (context) => {
        context.skip(reason !== undefined, reason)
        const dir = mkdtempSync(join(tmpdir(), 'holdfast-driver-'))
        try {
          run(factory, dir)
        } finally {
          rmSync(dir, { recursive: true })
        }
      })
    }
  })
}

function available(load: () => DriverFactory): DriverFactory | undefined {
  try {
    return load()
  } catch (error) {
    if (isStoreError(error, 'DRIVER_MISSING')) return undefined
    throw error
  }
}
