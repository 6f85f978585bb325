/** The modules that the CLI knows by itself. Adding one is one line here. */
import type { Module, QueryPreset } from '../index.ts'

/** A module as the CLI uses it. */
export interface ReadyModule {
  readonly module: Module
  readonly presets?: readonly QueryPreset[]
}

/** Each by its name in the store; loaded only for stores that have it. */
export const READY_MODULES: Readonly<Record<string, () => Promise<ReadyModule>>> = {
  farm: async () => {
    const { FARM_PRESETS, farm } = await import('../modules/farm/index.ts')
    return { module: farm, presets: FARM_PRESETS }
  },
  pipeline: async () => {
    const { pipeline, PIPELINE_PRESETS } = await import('../modules/pipeline/index.ts')
    return { module: pipeline, presets: PIPELINE_PRESETS }
  },
  threads: async () => {
    const { threads, THREADS_PRESETS } = await import('../modules/threads/index.ts')
    return { module: threads, presets: THREADS_PRESETS }
  },
}
