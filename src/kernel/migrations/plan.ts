/**
 * Which migrations of a module are to be applied, and every way in which code and ledger can
 * disagree. Sets are compared, never a high-water mark: that silently skips a migration which
 * was merged late (drizzle-team/drizzle-orm#5316).
 */
import { StoreError } from '../errors.ts'
import { KERNEL_CHECKSUMS } from './kernel-schema.ts'
import type { AppliedMigration } from './ledger.ts'
import { isChecksumOf, type Migration } from './migration.ts'

/** The migrations of `module` that the ledger does not have; throws where the two disagree. */
export function planMigrations(
  module: string,
  known: readonly Migration[],
  ledger: readonly AppliedMigration[],
): Migration[] {
  const applied = new Map(ledger.filter((row) => row.module === module).map((row) => [row.id, row]))
  ensureUnchanged(module, known, applied)
  ensureNoneMissing(module, known, applied)
  const pending = known.filter((migration) => !applied.has(migration.id))
  ensureInOrder(module, known, applied, pending)
  return pending
}

type Applied = ReadonlyMap<string, AppliedMigration>

function ensureUnchanged(module: string, known: readonly Migration[], applied: Applied): void {
  for (const migration of known) {
    const row = applied.get(migration.id)
    if (!row || row.checksum === KERNEL_CHECKSUMS.get(migration.sql)) continue
    if (isChecksumOf(row.checksum, migration.sql)) continue
    throw new StoreError(
      'MIGRATION_CHANGED',
      `migration '${migration.id}' of module '${module}' was edited after it was applied`,
      { hint: 'put its text back as it was, and make the change in a new migration' },
    )
  }
}

// An unknown row after the last known step is a newer release's harmless addition (a breaking one
// raises the version, which is checked before), but that release has applied what is known here. One
// among the known steps was lost by this code, or renamed, or is of another module of this name.
function ensureNoneMissing(module: string, known: readonly Migration[], applied: Applied): void {
  const ids = new Set(known.map((migration) => migration.id))
  const steps = ordered(known)
  const last = steps.at(-1)?.id ?? ''
  const isComplete = steps.every(({ id }) => applied.has(id))
  for (const row of applied.values()) {
    if (ids.has(row.id) || row.isAdditive || (isComplete && row.id > last)) continue
    throw new StoreError(
      'MIGRATION_MISSING',
      `migration '${row.id}' of module '${module}' is in the store and not in this program`,
      { hint: 'use the release that has it, or put the migration back' },
    )
  }
}

function ensureInOrder(
  module: string,
  known: readonly Migration[],
  applied: Applied,
  pending: readonly Migration[],
): void {
  const places = new Map(ordered(known).map((migration, place) => [migration.id, place]))
  const placeOf = (id: string) => places.get(id) ?? -1
  const newest = Math.max(-1, ...Array.from(applied.keys(), placeOf))
  for (const migration of pending) {
    if (migration.isAdditive || placeOf(migration.id) > newest) continue
    throw new StoreError(
      'MIGRATION_ORDER',
      `migration '${migration.id}' of module '${module}' comes before one that is already applied`,
      { hint: 'give it an id and a place after the last one' },
    )
  }
}

function ordered(known: readonly Migration[]): Migration[] {
  return known.filter((migration) => !migration.isAdditive)
}
