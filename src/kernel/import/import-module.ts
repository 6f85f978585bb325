/**
 * The module of events from JSON lines that no other module knows: `import.<file>.recorded`. It has
 * no tables; whoever gives these events a meaning defines a module of their own and imports again.
 */
import { event } from '../log/event-definition.ts'
import { IMPORT_MODULE_NAME } from '../log/importer.ts'
import type { Module } from '../log/module.ts'

export { IMPORT_MODULE_NAME }

/** Loaded wherever a store holds such events. */
export const IMPORT_MODULE: Module<undefined> = {
  name: IMPORT_MODULE_NAME,
  version: 1,
  events: new Map(),
  migrations: [],
  open: event(),
  local: new Set(),
  tables: new Set(),
  project: () => undefined,
  api: () => undefined,
  shape: null,
}

/** Stream and type of the events of one log. */
export function eventNames(name: string): { readonly stream: string; readonly type: string } {
  return {
    stream: `${IMPORT_MODULE_NAME}.${name}/log`,
    type: `${IMPORT_MODULE_NAME}.${name}.recorded`,
  }
}
