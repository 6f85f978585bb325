/**
 * Checks what the migrations of modules make and touch, before any of them is applied.
 *
 * Not when a module is defined: to read the texts takes a process that has just started some ten
 * milliseconds a module, and once they were applied they have passed.
 */
import { StoreError } from '../errors.ts'
import { KERNEL_MODULE, KERNEL_TABLES } from '../migrations/kernel-schema.ts'
import type { Module } from './module.ts'
import { readMigrations } from './module-tables.ts'

/** Throws `MODULE_INVALID` when one of the modules goes beyond tables of its own. */
export function checkTables(modules: Iterable<Module>): void {
  const owners = new Map<string, string>()
  for (const module of modules) {
    if (module.name === KERNEL_MODULE) continue
    checkOwn(module)
    for (const table of module.tables) {
      const other = owners.get(table)
      if (other !== undefined) throw sharedTable(table, other, module.name)
      owners.set(table, module.name)
    }
  }
}

function checkOwn({ name, migrations, local, tables }: Module): void {
  const refuse = (problem: string, hint: string): never => {
    throw new StoreError('MODULE_INVALID', `module '${name}': ${problem}`, { hint })
  }
  for (const [id, problem] of readMigrations(migrations).problems) {
    refuse(
      `migration '${id}' ${problem}`,
      'it runs in one transaction, on what the module’s own migrations make',
    )
  }
  for (const table of tables) {
    if (KERNEL_TABLES.has(table)) refuse(`table '${table}' is the kernel’s`, 'choose another name')
  }
  for (const table of local) {
    if (!tables.has(table.toLowerCase())) {
      refuse(`local table '${table}' is made by no migration`, 'make it in migrations')
    }
  }
}

function sharedTable(table: string, one: string, other: string): StoreError {
  return new StoreError('MODULE_INVALID', `modules '${one}' and '${other}' both make '${table}'`, {
    hint: 'put the module’s name in front of its tables',
  })
}
