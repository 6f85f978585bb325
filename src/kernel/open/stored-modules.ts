/**
 * Collections and documents that are in the store and not in the program: their definitions are
 * stored, so that the CLI, an importer or another tool can verify and read them all the same.
 */
import { moduleFromShape } from '../collections/shape.ts'
import { IMPORT_MODULE, IMPORT_MODULE_NAME } from '../import/import-module.ts'
import type { Module } from '../log/module.ts'
import type { Ledger } from '../migrations/migrate.ts'

/** The modules that the store describes itself, without those given. */
export function storedModules(ledger: Ledger, given: readonly Module[]): Module[] {
  const names = new Set(given.map((module) => module.name))
  return [...ledger.modules.values()].flatMap(({ name, shape }) => {
    if (names.has(name)) return []
    if (name === IMPORT_MODULE_NAME) return [IMPORT_MODULE]
    return shape === null ? [] : [moduleFromShape(name, shape)]
  })
}
