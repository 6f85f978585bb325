/** `holdfast/threads`: conversations with coding agents, event-sourced. */
import { defineModule, type Module } from '../../index.ts'
import { EVENTS } from './events.ts'
import { LOCAL_TABLES, MIGRATIONS } from './migrations.ts'
import { PROJECTIONS } from './projections.ts'
import { Threads } from './threads.ts'

/** The module; open it as `openStore(path, { threads })`. */
export const threads: Module<Threads> = defineModule({
  name: 'threads',
  version: 1,
  events: EVENTS,
  migrations: MIGRATIONS,
  project: PROJECTIONS,
  local: LOCAL_TABLES,
  api: (store) => new Threads(store),
})
