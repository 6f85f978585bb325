/**
 * Which modules a command opens the store with: the user's own from a file, and the ready ones
 * that the store has.
 */
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type ModuleMap,
  openStore,
  type QueryPreset,
  StoreError,
  type StorePath,
} from '../index.ts'
import { READY_MODULES } from './modules.ts'

/** The file that is looked for when none is named. */
export const CONFIG_FILE = 'holdfast.config.js'

/** Modules by key, and the questions they can answer. */
export interface LoadedModules {
  readonly modules: ModuleMap
  readonly presets: readonly LoadedPreset[]
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
  const own = await loadFile(file ? resolve(file) : findConfig(store))
  const modules: Record<string, ModuleMap[string]> = { ...own.modules }
  const presets = [...own.presets]
  for (const name of isComplete ? Object.keys(READY_MODULES) : presentModules(store)) {
    if (Object.hasOwn(modules, name)) continue
    const ready = await READY_MODULES[name]?.()
    if (!ready) continue
    modules[name] = ready.module
    presets.push(...(ready.presets ?? []).map((preset) => ({ ...preset, module: name })))
  }
  return { modules, presets }
}

// In the current folder, else in the project's: the folder that has the store's own in it.
function findConfig({ kind, path }: StorePath): string | undefined {
  const folders = [process.cwd(), ...(kind === 'project' ? [dirname(dirname(path))] : [])]
  return folders.map((folder) => join(folder, CONFIG_FILE)).find((one) => existsSync(one))
}

async function loadFile(path: string | undefined): Promise<LoadedModules> {
  if (path === undefined) return { modules: {}, presets: [] }
  let exported: { modules?: unknown; presets?: unknown }
  try {
    exported = (await import(pathToFileURL(path).href)) as typeof exported
  } catch (cause) {
    throw new StoreError(
      'MODULE_INVALID',
      `${path} cannot be loaded: ${(cause as Error).message}`,
      {
        hint: 'it is an ES module; name another with --modules <file>',
        cause,
      },
    )
  }
  const { modules, presets = [] } = exported
  if (typeof modules !== 'object' || modules === null || !Array.isArray(presets)) {
    throw new StoreError('MODULE_INVALID', `${path} does not export modules`, {
      hint: 'export const modules = { notes, tasks: collection() }',
    })
  }
  const own = (presets as QueryPreset[]).map((preset) => ({ ...preset, module: 'own' }))
  return { modules: modules as ModuleMap, presets: own }
}

// A store says which modules it has; a missing one has none.
function presentModules(store: StorePath): string[] {
  const known = Object.keys(READY_MODULES)
  if (known.length === 0 || !existsSync(store.path)) return []
  const opened = openStore(store.path, {}, { mode: 'read' })
  try {
    const present = new Set(opened.attached ? opened.status().modules.map(({ name }) => name) : [])
    return known.filter((name) => present.has(name))
  } finally {
    opened.close()
  }
}
