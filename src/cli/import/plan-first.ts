/**
 * Planning before the store is opened for writing: a dry run must not make the file, and a store
 * gets the tables of those modules only whose files are there.
 */
import { existsSync } from 'node:fs'
import { type ImportAs, type ImportPlan, type ModuleMap, openStore } from '../../index.ts'
import type { Context } from '../context.ts'
import { onStandIn } from '../stand-in.ts'

/** What would become of the files; with every module that is at hand. */
export async function planOnly(
  context: Context,
  paths: readonly string[],
  options: { readonly as?: ImportAs },
): Promise<ImportPlan> {
  const { modules } = await context.loadModules({ isComplete: true })
  const { path } = context.storePath
  if (existsSync(path)) return planIn(path, { modules, paths, options })
  return onStandIn({}, (stand) => planIn(stand, { modules, paths, options }))
}

/** The modules that an import of these paths needs: the user's, those present, those with files. */
export async function modulesForImport(
  context: Context,
  paths: readonly string[],
  options: { readonly as?: ImportAs },
): Promise<ModuleMap> {
  const [present, all] = [
    (await context.loadModules()).modules,
    (await context.loadModules({ isComplete: true })).modules,
  ]
  if (Object.keys(all).length === Object.keys(present).length) return present
  const plan = await planOnly(context, paths, options)
  const taken = plan.sources.filter(({ becomes }) => becomes === 'module')
  const wanted = new Set(taken.map(({ target }) => target?.split(':')[0]))
  const added = Object.entries(all).filter(([name]) => wanted.has(name))
  return { ...Object.fromEntries(added), ...present }
}

function planIn(
  path: string,
  plan: {
    readonly modules: ModuleMap
    readonly paths: readonly string[]
    readonly options: { readonly as?: ImportAs }
  },
): ImportPlan {
  const store = openStore(path, plan.modules, { mode: 'read' })
  try {
    return store.planImport(plan.paths, plan.options)
  } finally {
    store.close()
  }
}
