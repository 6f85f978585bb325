/**
 * What is to be put right by a module's own word: the rows of presets that name faults. They are asked by
 * their SQL alone, so that `status` loads no module; what cannot be asked is said and stops nothing.
 */
import { isStoreError, type Store } from '../index.ts'
import type { Context } from './context.ts'
import { type LoadedPreset, loadReadyPresets } from './load-modules.ts'

/** A preset with rows, or one that cannot be asked. */
export interface PresetFault {
  /** Whose it is; `own` for one of the config file. */
  readonly module: string
  readonly preset: string
  readonly summary: string
  /** How many there are, counted up to 1,000; `null` when it cannot be asked. */
  readonly rows: number | null
  /** Why it cannot be. */
  readonly problem: string | null
}

/** As many as anybody counts; the preset itself shows them. */
export const MAX_COUNTED = 1000

/** What the presets of the store's modules and of the config file find. */
export async function findFaults(store: Store, context: Context): Promise<PresetFault[]> {
  if (!store.attached) return []
  const presets = [...(await loadReadyPresets(store)), ...(await ownPresets(context))]
  return presets
    .filter(({ isFault }) => isFault === true)
    .map((preset) => asked(store, preset))
    .filter(({ rows }) => rows !== 0)
}

// The line break ends a comment at the end of the statement.
function asked(
  store: Store,
  { module, name, summary, sql, parameters }: LoadedPreset,
): PresetFault {
  const fault = { module, preset: name, summary }
  const count = `SELECT count(*) AS rows FROM (SELECT 1 FROM (${sql}\n) LIMIT ${MAX_COUNTED})`
  try {
    const { rows = 0 } = store.sql.get<{ rows: number }>(count, parameters) ?? {}
    return { ...fault, rows, problem: null }
  } catch (error) {
    if (!isStoreError(error)) throw error
    return { ...fault, rows: null, problem: error.message }
  }
}

// A file that cannot be loaded keeps nobody from hearing which store it is.
async function ownPresets(context: Context): Promise<readonly LoadedPreset[]> {
  try {
    return (await context.loadOwn()).presets
  } catch (error) {
    if (!isStoreError(error, 'MODULE_INVALID')) throw error
    context.note(error.message)
    return []
  }
}
