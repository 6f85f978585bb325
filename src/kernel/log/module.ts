/**
 * Modules: a named set of events, migrations, projections and one API. The only place where the
 * name of an event type is written.
 */
import type { SqlParameters } from '../driver/driver.ts'
import type { Migration } from '../migrations/migration.ts'
import { checkModule } from './check-module.ts'
import type { DataOf, EventDefinition } from './event-definition.ts'
import type { EventLine, Exporter } from './exporter.ts'
import type { Finding } from './finding.ts'
import type { Importer } from './importer.ts'
import type { ModuleStore } from './module-store.ts'
import { readMigrations } from './module-tables.ts'
import type { Panel } from './panel.ts'
import type { RecordedEvent } from './types.ts'

/** What a projection may do: SQL on its own module's tables. */
export interface ProjectionTransaction {
  /** Changes the module's tables. */
  run(sql: string, parameters?: SqlParameters): { readonly changes: number }
  /** The first row, or `undefined`. */
  get<Row>(sql: string, parameters?: SqlParameters): Row | undefined
  /** All rows. */
  all<Row>(sql: string, parameters?: SqlParameters): Row[]
}

/** Folds one event into the module's tables: no clock, no randomness, no other module. */
export type Projector<Data = unknown> = (
  tx: ProjectionTransaction,
  event: RecordedEvent<Data>,
) => void

/** Event definitions by type name. */
export type EventMap = Readonly<Record<string, EventDefinition<never> | EventDefinition>>

/** A projector for each event type of the map, none left out. */
export type Projectors<Events extends EventMap> = {
  readonly [Type in keyof Events]: Projector<DataOf<Events[Type]>>
}

/** What {@link defineModule} takes. */
export interface ModuleDefinition<Events extends EventMap, Api> {
  /** Lower case letters, digits and underscores; the first part of each of its types. */
  readonly name: string
  /** Raised with a breaking migration, or when an existing event would change the tables differently. */
  readonly version: number
  /** Its events by type, as {@link event} defines them. */
  readonly events: Events
  /** Oldest first. */
  readonly migrations: readonly Migration[]
  /** What each of them does to the tables. */
  readonly project: Projectors<Events>
  /** Takes any further type under the module's prefix, stored under its own name. */
  readonly open?: EventDefinition
  /** Folds the types taken by `open`. */
  readonly projectOther?: Projector
  /** Tables that are not folded from events and not verified; they must be made by `migrations`. */
  readonly local?: readonly string[]
  /** Takes over files of other tools, or of this one's past, into the module's events. */
  readonly importers?: readonly Importer[]
  /** Writes the module's files for `holdfast export --json`; left out: its events as lines. */
  readonly exporter?: Exporter
  /** Writes an event as a line of its tool's own log, for mirrors; left out: as a plain line. */
  readonly line?: EventLine
  /** Makes what the store shows under the module's key. */
  readonly api: (store: ModuleStore) => Api
  /** What is wrong with what the module keeps, for `holdfast doctor`; changes nothing. */
  readonly examine?: (api: Api) => readonly Finding[]
  /** Tables of the module's page in the dashboard. */
  readonly panels?: readonly Panel<Api>[]
}

/** A module as the kernel uses it: typed definitions erased, checked once. */
export interface Module<Api = unknown> {
  readonly name: string
  readonly version: number
  readonly events: ReadonlyMap<string, EventDefinition>
  readonly migrations: readonly Migration[]
  readonly open: EventDefinition | undefined
  readonly local: ReadonlySet<string>
  /** What its migrations make, in lower case; no other table is its own. */
  readonly tables: ReadonlySet<string>
  readonly project: (tx: ProjectionTransaction, event: RecordedEvent) => void
  readonly api: (store: ModuleStore) => Api
  /** Set for collections and documents: enough to load them in a program that does not define them. */
  readonly shape: string | null
  /** See {@link MigratingModule.undo}. */
  readonly undo?: (migration: string) => string | undefined
  readonly importers?: readonly Importer[]
  readonly exporter?: Exporter
  readonly line?: EventLine
  readonly examine?: (api: never) => readonly Finding[]
  readonly panels?: readonly Panel<never>[]
}

/** A definition that takes its name from the key it is given under: collections and documents. */
export interface NamedByKey<Api = unknown> {
  /** Makes the module of that name. */
  readonly named: (name: string) => Module<Api>
}

/** Defines a module and checks its definition; throws `MODULE_INVALID`. */
export function defineModule<const Events extends EventMap, Api>(
  definition: ModuleDefinition<Events, Api>,
): Module<Api> {
  checkModule(definition)
  let tables: ReadonlySet<string> | undefined
  // The map's types were checked against the caller's literal; inside, an event is just an event.
  const projectors = new Map(Object.entries(definition.project)) as Map<string, Projector>
  const other = definition.projectOther
  return {
    name: definition.name,
    version: definition.version,
    events: new Map(Object.entries(definition.events)) as Map<string, EventDefinition>,
    migrations: definition.migrations,
    open: definition.open,
    local: new Set(definition.local),
    // Read when it is asked for: a program that only looks at a store folds nothing.
    get tables() {
      tables ??= readMigrations(definition.migrations).made
      return tables
    },
    project: (tx, event) => (projectors.get(event.type) ?? other)?.(tx, event),
    api: definition.api,
    shape: null,
    importers: definition.importers ?? [],
    ...(definition.exporter && { exporter: definition.exporter }),
    ...(definition.line && { line: definition.line }),
    ...(definition.examine && { examine: definition.examine }),
    ...(definition.panels && { panels: definition.panels }),
  }
}
