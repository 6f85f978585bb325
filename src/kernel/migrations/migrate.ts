/**
 * Brings a file to the newest version of the given modules, once, whoever comes first.
 *
 * Everything is decided anew under the write lock from the ledger read there, and applied and
 * recorded in the same transaction. SQLite's DDL is transactional, so there is no half-done state.
 */
import type { Connection } from '../connection/connection.ts'
import { StoreError } from '../errors.ts'
import { sayDuplicates } from './duplicates.ts'
import {
  type AppliedMigration,
  forgetMigration,
  hasLedger,
  LEDGER_TABLES,
  type ModuleRow,
  readMigrations,
  readModules,
  recordMigration,
  saveModule,
} from './ledger.ts'
import { type Migration, migrationChecksum } from './migration.ts'
import { planMigrations } from './plan.ts'
import { ensureSameKind } from './shape-change.ts'

/** What of a module concerns its tables. */
export interface MigratingModule {
  readonly name: string
  readonly version: number
  readonly migrations: readonly Migration[]
  readonly shape: string | null
  /**
   * SQL that takes back an additive migration which the module no longer has, for those that are in
   * the way; run when its version is raised.
   */
  readonly undo?: (migration: string) => string | undefined
}

/** What the file says of modules and migrations. */
export interface Ledger {
  readonly modules: Map<string, ModuleRow>
  readonly migrations: readonly AppliedMigration[]
}

/** Reads the ledger; empty for a new file. */
export function readLedger(connection: Connection): Ledger {
  if (!hasLedger(connection)) return { modules: new Map(), migrations: [] }
  return { modules: readModules(connection), migrations: readMigrations(connection) }
}

/** True when `migrateModules` would change the file. */
export function needsMigration(ledger: Ledger, modules: readonly MigratingModule[]): boolean {
  return modules.some((module) => {
    const row = ledger.modules.get(module.name)
    if (!row) return true
    if (row.version > module.version) return false
    if (row.version < module.version) return true
    return planMigrations(module.name, module.migrations, ledger.migrations).length > 0
  })
}

/**
 * True when a module that already has tables would be moved: a backup comes first. One that was
 * restored from an export is known and has none yet.
 */
export function changesExistingTables(
  ledger: Ledger,
  modules: readonly MigratingModule[],
): boolean {
  return needsMigration(
    ledger,
    modules.filter(({ name }) => ledger.migrations.some(({ module }) => module === name)),
  )
}

/** Applies what is pending, in one immediate transaction that re-reads the ledger. */
export function migrateModules(
  connection: Connection,
  modules: readonly MigratingModule[],
  nowMs: number,
): void {
  connection.write(() => {
    connection.exec(LEDGER_TABLES)
    const ledger = readLedger(connection)
    ensureSameKind(ledger.modules, modules)
    for (const module of modules) migrateModule(connection, ledger, module, nowMs)
  }, 'full')
}

function migrateModule(
  connection: Connection,
  ledger: Ledger,
  module: MigratingModule,
  nowMs: number,
): void {
  const row = ledger.modules.get(module.name)
  // A newer release has been here: reads go on, writes are refused by the generation check.
  if (row && row.version > module.version) return
  const pending = planMigrations(module.name, module.migrations, ledger.migrations)
  const isRaised = row !== undefined && row.version < module.version
  if (isRaised) undoDropped(connection, module, ledger)
  for (const migration of pending) applyMigration(connection, module.name, migration, nowMs)
  if (row && !isRaised && pending.length === 0) return
  saveModule(connection, {
    name: module.name,
    version: module.version,
    // The version rises when old events would give other tables: they are made anew.
    behindFrom: isRaised ? 0 : (row?.behindFrom ?? null),
    shape: module.shape,
    nowMs,
  })
}

// Not sooner: programs of the old version would go on as if it were there.
function undoDropped(connection: Connection, module: MigratingModule, ledger: Ledger): void {
  const known = new Set(module.migrations.map(({ id }) => id))
  for (const { module: name, id } of ledger.migrations) {
    const sql = name === module.name && !known.has(id) ? module.undo?.(id) : undefined
    if (sql === undefined) continue
    connection.exec(sql)
    forgetMigration(connection, { module: name, id })
  }
}

function applyMigration(
  connection: Connection,
  module: string,
  migration: Migration,
  nowMs: number,
): void {
  try {
    connection.exec(migration.sql)
    // What it did would stay without its row in the ledger, and be done again at the next open.
    if (!connection.driver.isInTransaction) throw new Error('it ended its transaction')
  } catch (cause) {
    const duplicates = sayDuplicates(connection, migration.sql)
    if (duplicates !== undefined) {
      throw new StoreError('MIGRATION_FAILED', `module '${module}': ${duplicates}`, {
        hint: 'nothing was changed; with the release before, change or delete all but one of each',
        cause,
      })
    }
    throw new StoreError(
      'MIGRATION_FAILED',
      `migration '${migration.id}' of module '${module}': ${(cause as Error).message}`,
      { hint: 'nothing was changed; correct the migration and open the store again', cause },
    )
  }
  recordMigration(connection, {
    module,
    id: migration.id,
    checksum: migrationChecksum(migration.sql),
    isAdditive: migration.isAdditive ? 1 : 0,
    nowMs,
  })
}
