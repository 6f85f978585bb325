/**
 * What is to be put right by a module's own word: the rows of presets that name faults. They are asked by
 * their SQL alone, so that `status` loads no module; what cannot be asked is said and stops nothing.
 */
import { isStoreError, QueryPool, type Store } from '../index.ts'
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
  const ready = (await loadReadyPresets(store)).filter(isFaults)
  const own = (await ownPresets(context)).filter(isFaults)
  const faults = [
    ...ready.map((preset) => asked(store, preset)),
    ...(await askedApart(store.path, own)),
  ]
  return faults.filter(({ rows }) => rows !== 0)
}

const isFaults = ({ isFault }: LoadedPreset): boolean => isFault === true

function asked(store: Store, preset: LoadedPreset): PresetFault {
  const { sql, parameters } = preset
  const count = `SELECT count(*) AS rows FROM (SELECT 1 FROM (${sql}) LIMIT ${MAX_COUNTED})`
  try {
    const { rows = 0 } = store.sql.get<{ rows: number }>(count, parameters) ?? {}
    return faultOf(preset, { rows, problem: null })
  } catch (error) {
    if (!isStoreError(error)) throw error
    return faultOf(preset, { rows: null, problem: error.message })
  }
}

// As `holdfast query` asks them: SQL of the user's own may take for ever, and is killed at its limit.
async function askedApart(path: string, presets: readonly LoadedPreset[]): Promise<PresetFault[]> {
  if (presets.length === 0) return []
  const pool = new QueryPool(path)
  const ask = async (preset: LoadedPreset): Promise<PresetFault> => {
    const { sql, parameters } = preset
    const limit = { maxRows: MAX_COUNTED, ...(parameters && { parameters }) }
    try {
      const { rows } = await pool.run(sql, limit)
      return faultOf(preset, { rows: rows.length, problem: null })
    } catch (error) {
      // A config file is checked by nobody: whatever is wrong with one preset is said of that one.
      const problem = error instanceof Error ? error.message : String(error)
      return faultOf(preset, { rows: null, problem })
    }
  }
  try {
    return await Promise.all(presets.map(ask))
  } finally {
    pool.close()
  }
}

function faultOf(
  { module, name: preset, summary }: LoadedPreset,
  found: Pick<PresetFault, 'rows' | 'problem'>,
): PresetFault {
  return { module, preset, summary, ...found }
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
