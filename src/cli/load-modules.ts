/**
 * Which modules a command opens the store with: the user's own from a file, and the ready ones
 * that the store has.
 */
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type ModuleCommands,
  type ModuleMap,
  openStore,
  type QueryPreset,
  type Store,
  StoreError,
  type StorePath,
} from '../index.ts'
import { READY_MODULES, type ReadyModule } from './modules.ts'

/** The file that is looked for when none is named. */
export const CONFIG_FILE = 'holdfast.config.js'

/** Modules by key, and the questions they can answer. */
export interface LoadedModules {
  readonly modules: ModuleMap
  readonly presets: readonly LoadedPreset[]
}

/** What a config file exports. */
export interface OwnModules extends LoadedModules {
  /** Commands by the key of their module. */
  readonly commands: Readonly<Record<string, ModuleCommands<never>>>
}

/** A preset, and the module whose tables it reads; `own` for those of the config file. */
export interface LoadedPreset extends QueryPreset {
  readonly module: string
}

/** Loads the file that was named, or the one of the project; then what the store needs besides. */
export async function loadModules(
  store: StorePath,
  { file, isComplete }: { readonly file: string | undefined; readonly isComplete: boolean },
): Promise<LoadedModules> {
  const own = await loadOwn(store, file)
  const modules: Record<string, ModuleMap[string]> = { ...own.modules }
  const presets = [...own.presets]
  const stored = storedShapes(store)
  for (const [name, ready] of Object.entries(READY_MODULES)) {
    const shape = stored.get(name)
    // A program's own collection may have the name of a ready module: it is not that module.
    const isOther = typeof shape === 'string' || Object.hasOwn(modules, name)
    if (isOther || (shape === undefined && !isComplete)) continue
    modules[name] = await ready.load()
    presets.push(...(await presetsOf(name, ready)))
  }
  return { modules, presets }
}

/** The presets of the ready modules that an open store has, without loading a module. */
export async function loadReadyPresets(store: Store): Promise<LoadedPreset[]> {
  const stored = shapesIn(store)
  const there = Object.entries(READY_MODULES).filter(([name]) => stored.get(name) === null)
  return (await Promise.all(there.map(([name, ready]) => presetsOf(name, ready)))).flat()
}

/** What the file that was named exports, or the project's. */
export function loadOwn(store: StorePath, file: string | undefined): Promise<OwnModules> {
  return loadFile(file ? resolve(file) : findConfig(store))
}

/** Whether the store has what is open under `key`. */
export function hasModule(store: StorePath, key: string, modules: ModuleMap): boolean {
  const definition = modules[key]
  const name = definition && 'name' in definition ? definition.name : key
  return storedShapes(store).has(name)
}

async function presetsOf(module: string, { presets }: ReadyModule): Promise<LoadedPreset[]> {
  return (await presets()).map((preset) => ({ ...preset, module }))
}

// In the current folder, else in the project's: the folder that has the store's own in it.
function findConfig({ kind, path }: StorePath): string | undefined {
  const folders = [process.cwd(), ...(kind === 'project' ? [dirname(dirname(path))] : [])]
  return folders.map((folder) => join(folder, CONFIG_FILE)).find((one) => existsSync(one))
}

async function loadFile(path: string | undefined): Promise<OwnModules> {
  if (path === undefined) return { modules: {}, presets: [], commands: {} }
  let exported: { modules?: unknown; presets?: unknown; commands?: unknown }
  try {
    exported = (await import(pathToFileURL(path).href)) as typeof exported
  } catch (cause) {
    throw new StoreError(
      'MODULE_INVALID',
      `${path} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        hint: 'it is an ES module; name another with --modules <file>',
        cause,
      },
    )
  }
  const { modules, presets = [], commands = {} } = exported
  if (!isObject(modules) || !Array.isArray(presets) || !isObject(commands)) {
    throw new StoreError('MODULE_INVALID', `${path} does not export modules`, {
      hint: 'export const modules = { notes, tasks: collection() }',
    })
  }
  const own = (presets as QueryPreset[]).map((preset) => ({ ...preset, module: 'own' }))
  return {
    modules: modules as ModuleMap,
    presets: own,
    commands: commands as OwnModules['commands'],
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

const SHAPES = /* sql */ `SELECT name, shape FROM modules`

// A store says which modules it has, and what its collections are; a missing one has none.
function storedShapes(store: StorePath): Map<string, string | null> {
  if (Object.keys(READY_MODULES).length === 0 || !existsSync(store.path)) return new Map()
  const opened = openStore(store.path, {}, { mode: 'read' })
  try {
    return shapesIn(opened)
  } finally {
    opened.close()
  }
}

function shapesIn(store: Store): Map<string, string | null> {
  if (!store.attached) return new Map()
  const rows = store.sql.all<{ name: string; shape: string | null }>(SHAPES)
  return new Map(rows.map(({ name, shape }) => [name, shape]))
}
