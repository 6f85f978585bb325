/**
 * Collections and documents that are in the store and not in the program: their definitions are
 * stored, so that the CLI, an importer or another tool can verify and read them all the same.
 */
import { moduleFromShape } from '../collections/shape.ts'
import type { Module } from '../log/module.ts'
import type { Ledger } from '../migrations/migrate.ts'

/** The modules that the store describes itself, without those given. */
export function storedModules(ledger: Ledger, given: readonly Module[]): Module[] {
  const names = new Set(given.map((module) => module.name))
  return [...ledger.modules.values()]
    .filter((row) => row.shape !== null && !names.has(row.name))
    .map((row) => moduleFromShape(row.name, row.shape ?? ''))
}
