/** The farm as a module: agents of many projects, their terminals, ports and mail. */
import { defineModule, type Module } from '../../index.ts'
import { EVENTS } from './events.ts'
import { Farm } from './farm.ts'
import { importers } from './import.ts'
import { MIGRATIONS } from './migrations.ts'
import { PANELS } from './panels.ts'
import { PROJECTORS } from './projections.ts'
import { STATUSES, TYPES } from './vocabulary.ts'

export { type AgentEnvironmentRequest, agentEnvironment } from './agent-environment.ts'
export type { Architects } from './architects.ts'
export type { BuilderReservation, Builders } from './builders.ts'
export type { FarmFinding } from './diagnose.ts'
export type { AdoptedBlock, Farm, FarmProcess } from './farm.ts'
export type { RowLiveness } from './liveness.ts'
export type { HeldMail, Letter, Mailbox } from './mailbox.ts'
export { FARM_PRESETS } from './panels.ts'
export type { FarmReaping } from './reap.ts'
export type { Rows } from './rows.ts'
export type {
  Annotation,
  Architect,
  Builder,
  Draft,
  FarmKind,
  FarmRow,
  FarmRows,
  LegacyBlock,
  Message,
  Util,
} from './types.ts'
export { STATUSES, TYPES } from './vocabulary.ts'
export type { FarmState, WorkspaceFarm } from './workspace-farm.ts'

/** What a farm may be given. */
export interface FarmOptions {
  /** Further statuses of builders, besides {@link STATUSES}. */
  readonly statuses?: readonly string[]
  /** Further types of builders, besides {@link TYPES}. */
  readonly types?: readonly string[]
}

/** The farm with further words; {@link farm} is the one without. */
export function farmModule(options: FarmOptions = {}): Module<Farm> {
  const vocabulary = {
    statuses: [...STATUSES, ...(options.statuses ?? [])],
    types: [...TYPES, ...(options.types ?? [])],
  }
  return defineModule({
    name: 'farm',
    version: 1,
    events: EVENTS,
    migrations: MIGRATIONS,
    project: PROJECTORS,
    importers,
    api: (store) => new Farm(store, vocabulary),
    examine: (farm) => farm.diagnose(),
    panels: PANELS,
  })
}

/**
 * The farm.
 *
 * @example
 * ```ts
 * import { openStore } from 'holdfast'
 * import { farm } from 'holdfast/farm'
 * const store = openStore('.mytool/state.db', { farm })
 * const here = store.farm.in(process.cwd())
 * here.builders.put({ id: 'B001', status: 'implementing', branch: 'builder/login' })
 * here.builders.list({ status: 'implementing' })
 * store.close()
 * ```
 */
export const farm: Module<Farm> = farmModule()
