/**
 * Which statements a module may run outside its projections: those that change one of its `local`
 * tables, which are not folded from events and so not proven by `verify`. Everything else comes
 * from events alone, or tables would differ from their history.
 */
import { StoreError } from '../errors.ts'
import { KERNEL_MODULE } from '../migrations/kernel-schema.ts'
import type { Module } from './module.ts'

const TARGET =
  /^\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|REPLACE\s+INTO|UPDATE(?:\s+OR\s+\w+)?|DELETE\s+FROM)\s+"?(\w+)"?/i

/** Throws `READ_ONLY` unless `sql` changes a table that some loaded module declares `local`. */
export function checkLocalStatement(sql: string, modules: Iterable<Module>): void {
  const table = TARGET.exec(sql)?.[1]
  for (const { name, local } of modules) {
    if (name !== KERNEL_MODULE && table !== undefined && local.has(table)) return
  }
  throw new StoreError('READ_ONLY', `this statement changes no local table: ${excerpt(sql)}`, {
    hint: 'append an event and let a projection write the table, or list the table in `local`',
  })
}

const excerpt = (sql: string): string => sql.trim().slice(0, 80)
