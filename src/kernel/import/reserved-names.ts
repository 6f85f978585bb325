/**
 * Names that no file gives to a collection or document, whether their owner is loaded or not: those
 * of the ready modules. A collection `threads` would take the place of the module in the store, and
 * whoever opens that with the module would find its tables wrong.
 *
 * What a file is named may not depend on which modules are loaded: a dry run and the import after
 * it are two programs with two sets of them.
 */
import type { Module } from '../log/module.ts'

/** The ready modules, those to come included. */
export const READY_MODULE_NAMES = ['baselines', 'board', 'farm', 'pipeline', 'threads'] as const

/** True of a module's name and of what its tables may be called. */
export function belongsToModule(name: string, modules: ReadonlyMap<string, Module>): boolean {
  const [first = ''] = name.split('_')
  if (READY_MODULE_NAMES.some((ready) => ready === first)) return true
  for (const { name: own, shape, migrations } of modules.values()) {
    const hasTables = shape === null && migrations.length > 0
    if (hasTables && (name === own || name.startsWith(`${own}_`))) return true
  }
  return false
}
