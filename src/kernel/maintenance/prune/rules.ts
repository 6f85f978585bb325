/** Which types may lose events, and up to where: what modules declare, as numbers for SQL. */
import type { Connection } from '../../connection/connection.ts'
import type { EventDefinition } from '../../log/event-definition.ts'
import type { Module } from '../../log/module.ts'
import { moduleOf, type Registry } from '../../log/registry.ts'
import { sequenceAt } from '../../log/sequence-at.ts'
import { KERNEL_MODULE } from '../../migrations/kernel-schema.ts'
import type { ModuleRow } from '../../migrations/ledger.ts'
import type { ModuleStates } from '../../projections/module-states.ts'
import type { PruneSkip } from './types.ts'

const DAY_MS = 24 * 3_600_000
// A follower that was away for less still learns of a removal.
const REMOVED_DAYS = 30

const TYPES = /* sql */ `SELECT id, name FROM event_types`

/** What may happen to a type's events. */
export interface TypeRule {
  readonly typeId: number
  readonly type: string
  readonly module: string
  readonly isLatest: boolean
  /** A state or a removal: takes the place of what came before. */
  readonly supersedes: boolean
  /** Events up to here are older than the type keeps them. */
  readonly expiredThrough: number
  /** Removals up to here may go when nothing else of their stream is left. */
  readonly removedThrough: number
  /** Streams that ended with this type up to here may go as a whole. */
  readonly forgottenThrough: number
  readonly horizon: number
  readonly baseStream: number
}

/** The rules of all types that are stored and that this process may prune. */
export interface Rules {
  readonly types: readonly TypeRule[]
  readonly skipped: readonly PruneSkip[]
}

/** Works out the rules for now. */
export function readRules(
  connection: Connection,
  registry: Registry,
  states: ModuleStates,
  nowMs: number,
): Rules {
  const skipped = new Map<string, PruneSkip>()
  const types: TypeRule[] = []
  const cutoffs = new Map<number, number>()
  const cutoff = (days: number): number => {
    const known = cutoffs.get(days)
    if (known !== undefined) return known
    const through = sequenceAt(connection, nowMs - days * DAY_MS)
    cutoffs.set(days, through)
    return through
  }
  for (const { id, name } of connection.all<{ id: number; name: string }>(TYPES)) {
    const row = states.row(moduleOf(name))
    const registered = registry.find(name)
    const why = obstacle(row, registered?.module)
    if (!row || !registered || why !== undefined) {
      const what = `module '${moduleOf(name)}'`
      skipped.set(what, { what, why: why ?? 'its code is not loaded' })
      continue
    }
    const { definition, module } = registered
    types.push({
      typeId: id,
      type: name,
      module: module.name,
      isLatest: definition.keep === 'latest',
      supersedes: definition.isState || definition.removes,
      expiredThrough: typeof definition.keep === 'object' ? cutoff(definition.keep.days) : 0,
      removedThrough: isItemRemoval(module, definition) ? cutoff(REMOVED_DAYS) : 0,
      forgottenThrough: definition.forgetDays === undefined ? 0 : cutoff(definition.forgetDays),
      horizon: row.horizon,
      baseStream: row.baseStream,
    })
  }
  return { types, skipped: [...skipped.values()] }
}

/** Why a module's events are left alone; `undefined` when they need not be. */
export function obstacle(
  row: ModuleRow | undefined,
  module: Module | undefined,
): string | undefined {
  if (!module || !row) return 'its code is not loaded'
  if (row.version !== module.version) {
    return `the store has version ${row.version}, this program ${module.version}`
  }
  if (row.behindFrom !== null && module.name !== KERNEL_MODULE) return 'its tables lack events'
  return undefined
}

// Of collections and documents alone: their fold is ours, and deletes one row by its id.
function isItemRemoval(module: Module, definition: EventDefinition): boolean {
  return module.shape !== null && definition.removes && definition.keep === 'latest'
}
