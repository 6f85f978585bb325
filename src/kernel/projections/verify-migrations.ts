/** Checks the migration ledger against the code: edited, missing and unapplied migrations. */
import { isStoreError } from '../errors.ts'
import type { Module } from '../log/module.ts'
import type { Ledger } from '../migrations/migrate.ts'
import { planMigrations } from '../migrations/plan.ts'
import type { Problems } from './problems.ts'

/** Notes every way in which the module's migrations and the ledger disagree. */
export function verifyMigrations(module: Module, ledger: Ledger, problems: Problems): void {
  try {
    const pending = planMigrations(module.name, module.migrations, ledger.migrations)
    for (const { id } of pending) {
      problems.add({
        kind: 'migration',
        what: `migration '${id}' of module '${module.name}' is not applied`,
      })
    }
  } catch (error) {
    if (!isStoreError(error)) throw error
    problems.add({ kind: 'migration', what: error.message })
  }
}
