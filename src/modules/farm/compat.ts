/**
 * The interface that the farm replaces, under its own names: functions without a handle, on the
 * store of the project that the process works in.
 *
 * This is the one place of the farm with state of its own (the two stores that are open), since
 * these functions have nowhere else to keep it. What is written anew takes `farm` and a store.
 */
import type { Command } from 'commander'
import { isStoreError, type StoreErrorCode } from '../../index.ts'
import { MAIN } from './architects.ts'
import * as convert from './compat-convert.ts'
import { addDbCommands, type DbCommandOptions } from './compat-db-command.ts'
import { SeedPorts } from './compat-ports.ts'
import { type FarmStore, Stores } from './compat-stores.ts'
import type * as seed from './compat-types.ts'

export {
  dbAnnotationToAnnotation,
  dbArchitectToArchitectState,
  dbBuilderToBuilder,
  dbUtilToUtilTerminal,
} from './compat-convert.ts'
export type { DbCommandOptions } from './compat-db-command.ts'
export type { FarmStore } from './compat-stores.ts'
export type {
  Allocation,
  AnnotationState,
  ArchitectState,
  BuilderState,
  DashboardState,
  DbAnnotation,
  DbArchitect,
  DbBuilder,
  DbUtil,
  ProjectPorts,
  UtilTerminal,
} from './compat-types.ts'

const stores: Stores = new Stores({ cwd: () => process.cwd(), env: () => process.env })
const ports: SeedPorts = new SeedPorts(
  () => stores.global().ports,
  () => process.env,
)

/** The project's store, opened when first needed. */
export const getDb = (): FarmStore => stores.local()
/** The user's store, opened when first needed. */
export const getGlobalDb = (): FarmStore => stores.global()
/** Closes the project's store. */
export const closeDb = (): void => stores.closeLocal()
/** Closes the user's store. */
export const closeGlobalDb = (): void => stores.closeGlobal()
/** Closes both. */
export function closeAllDbs(): void {
  closeDb()
  closeGlobalDb()
}
/** The file of the project's store. */
export const getDbPath = (): string => stores.localPath().path
/** The file of the user's store. */
export const getGlobalDbPath = (): string => stores.globalPath()

/** Everything of the project. */
export function loadState(): seed.DashboardState {
  const { architects, builders, utils, annotations } = stores.here().state()
  const main = architects.find(({ id }) => id === MAIN)
  return {
    architect: main ? convert.dbArchitectToArchitectState(convert.toDbArchitect(main)) : null,
    builders: builders.map((row) => convert.dbBuilderToBuilder(convert.toDbBuilder(row))),
    utils: utils.map((row) => convert.dbUtilToUtilTerminal(convert.toDbUtil(row))),
    annotations: annotations.map((row) =>
      convert.dbAnnotationToAnnotation(convert.toDbAnnotation(row)),
    ),
  }
}

/** Puts the architect `main`, or removes it. */
export function setArchitect(architect: seed.ArchitectState | null): void {
  setArchitectByName(architect?.name ?? MAIN, architect)
}
/** Puts an architect, or removes it. */
export function setArchitectByName(name: string, architect: seed.ArchitectState | null): void {
  const { architects } = stores.here()
  if (architect) architects.put(convert.architectDraft(architect, name))
  else architects.delete(name)
}
/** The architect `main`. */
export const getArchitect = (): seed.ArchitectState | null => getArchitectByName(MAIN)
/** An architect by its name. */
export function getArchitectByName(name: string): seed.ArchitectState | null {
  const row = stores.here().architects.get(name)
  return row ? convert.dbArchitectToArchitectState(convert.toDbArchitect(row)) : null
}
/** All architects. */
export function getArchitects(): seed.ArchitectState[] {
  const rows = stores.here().architects.list()
  return rows.map((row) => ({
    ...convert.dbArchitectToArchitectState(convert.toDbArchitect(row)),
    name: row.id,
  }))
}
/** Removes an architect. */
export const removeArchitect = (name: string): void => void stores.here().architects.delete(name)
/** Notes the conversation of an architect. */
export function setArchitectSessionId(name: string, sessionId: string): void {
  stores.here().architects.update(name, () => ({ sessionId }))
}

/** Adds a builder, or replaces all of it but when it started and who spawned it. */
export const upsertBuilder = (builder: seed.BuilderState): void =>
  void stores.here().builders.put(convert.builderDraft(builder))
/** Removes a builder. */
export const removeBuilder = (id: string): void => void stores.here().builders.delete(id)
/** A builder by its id. */
export function getBuilder(id: string): seed.BuilderState | null {
  const row = stores.here().builders.get(id)
  return row ? convert.dbBuilderToBuilder(convert.toDbBuilder(row)) : null
}
/** All builders, the oldest first. */
export function getBuilders(): seed.BuilderState[] {
  const rows = stores.here().builders.list()
  return rows.map((row) => convert.dbBuilderToBuilder(convert.toDbBuilder(row)))
}
/** The builders with this status. */
export function getBuildersByStatus(status: string): seed.BuilderState[] {
  const rows = stores.here().builders.list({ status })
  return rows.map((row) => convert.dbBuilderToBuilder(convert.toDbBuilder(row)))
}
/** Who spawned a builder: a name, `null` where nobody recorded it, `undefined` for no builder. */
export const lookupBuilderSpawningArchitect = (id: string): string | null | undefined =>
  stores.here().builders.ownerOf(id)

/** Adds a terminal; throws when its port is taken. */
export const addUtil = (util: seed.UtilTerminal): void =>
  void stores.here().utils.put(convert.utilDraft(util))
/** Adds a terminal; false when its port is taken. */
export const tryAddUtil = (util: seed.UtilTerminal): boolean =>
  stores.here().utils.tryPut(convert.utilDraft(util)) !== undefined
/** Changes a terminal. */
export function updateUtil(id: string, change: Partial<Omit<seed.UtilTerminal, 'id'>>): void {
  const { tmuxSession, ...same } = change
  const terminal = tmuxSession === undefined ? {} : { terminal: tmuxSession }
  stores.here().utils.update(id, () => ({ ...same, ...terminal }))
}
/** Removes a terminal. */
export const removeUtil = (id: string): void => void stores.here().utils.delete(id)
/** A terminal by its id. */
export function getUtil(id: string): seed.UtilTerminal | null {
  const row = stores.here().utils.get(id)
  return row ? convert.dbUtilToUtilTerminal(convert.toDbUtil(row)) : null
}
/** All terminals. */
export function getUtils(): seed.UtilTerminal[] {
  const rows = stores.here().utils.list()
  return rows.map((row) => convert.dbUtilToUtilTerminal(convert.toDbUtil(row)))
}

/** Adds an annotation. */
export const addAnnotation = (annotation: seed.AnnotationState): void =>
  void stores.here().annotations.put(convert.annotationDraft(annotation))
/** Removes an annotation. */
export const removeAnnotation = (id: string): void => void stores.here().annotations.delete(id)
/** All annotations. */
export function getAnnotations(): seed.AnnotationState[] {
  const rows = stores.here().annotations.list()
  return rows.map((row) => convert.dbAnnotationToAnnotation(convert.toDbAnnotation(row)))
}

/** Removes everything of this project. */
export const clearState = (): void => void stores.here().clear()
/** Removes the builders of a project, of this one unless another is named; architects stay. */
export function clearRuntime(workspace?: string): void {
  const farm = workspace === undefined ? stores.here() : stores.local().farm.in(workspace)
  farm.clear({ kinds: ['builder'] })
}

/** First port of the project's block of a hundred. */
export const getPortBlock = (root: string): number => ports.getPortBlock(root)
/** How the project's block is divided. */
export const getProjectPorts = (root: string): seed.ProjectPorts => ports.getProjectPorts(root)
/** Every project's block. */
export const listAllocations = (): seed.Allocation[] => ports.listAllocations()
/** Frees the blocks of folders that are gone. */
export const cleanupStaleEntries = (): ReturnType<SeedPorts['cleanupStaleEntries']> =>
  ports.cleanupStaleEntries()
/** Frees a project's block; false when it has none. */
export const removeAllocation = (root: string): boolean => ports.removeAllocation(root)

/** Runs `fn`. Every write waits for its turn by itself, so there is nothing to try again. */
export function withRetry<Result>(fn: () => Result, _retries = 3): Result {
  return fn()
}
/** True for the error of a port that is taken. */
export function isPortConflictError(error: unknown): boolean {
  return isStoreError(error, 'CONSTRAINT') || isStoreError(error, 'PORTS_EXHAUSTED')
}
/** Whether a database can be opened here at all, found out by opening one. */
export function checkDatabaseAvailability(): {
  readonly available: boolean
  readonly code?: StoreErrorCode
  readonly error?: string
} {
  try {
    stores.local().sql.get('SELECT 1')
    return { available: true }
  } catch (error) {
    if (!isStoreError(error)) throw error
    const { code, message, hint } = error
    return { available: false, code, error: hint ? `${message} (${hint})` : message }
  }
}

/**
 * Adds `dump`, `query`, `reset` and `stats` to a command of the tool's own.
 *
 * @example
 * ```ts
 * import { Command } from 'commander'
 * import { dbCommand } from 'holdfast/farm/compat'
 * const program = new Command('mytool')
 * program.addCommand(dbCommand(new Command('db'), { tool: 'mytool' }))
 * ```
 */
export const dbCommand = (command: Command, options: DbCommandOptions = {}): Command =>
  addDbCommands(command, { ...options, stores })
