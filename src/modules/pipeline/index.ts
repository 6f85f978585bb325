/** `holdfast/pipeline`: the state of a pipeline runner: runs, stages, costs, heartbeats, memory. */
import { defineModule, event, type Module } from '../../index.ts'
import { PIPELINE_EVENTS } from './events.ts'
import { exportPipeline, pipelineLine } from './export.ts'
import { PIPELINE_IMPORTERS } from './import.ts'
import { PIPELINE_MIGRATIONS } from './migrations.ts'
import { Pipeline } from './pipeline.ts'
import { PIPELINE_PROJECTORS } from './projections.ts'

/**
 * The module; open a store with it.
 *
 * @example
 * ```ts
 * import { openStore } from 'holdfast'
 * import { pipeline } from 'holdfast/pipeline'
 * const store = openStore('state.db', { pipeline })
 * store.pipeline.runs.start({ issue: 42, goal: 'Fix the login' })
 * store.pipeline.runs.endStage({ issue: 42 }, 'test', 'failed', { durationMs: 61_000 })
 * store.pipeline.runs.list({ failedStage: 'test' })
 * store.close()
 * ```
 */
export const pipeline: Module<Pipeline> = defineModule({
  name: 'pipeline',
  version: 1,
  events: PIPELINE_EVENTS,
  open: event(),
  migrations: PIPELINE_MIGRATIONS,
  project: PIPELINE_PROJECTORS,
  importers: PIPELINE_IMPORTERS,
  exporter: exportPipeline,
  line: pipelineLine,
  api: (store) => new Pipeline(store),
})

export { PIPELINE_PRESETS } from './panels.ts'
export type { Pipeline } from './pipeline.ts'
export type * from './types.ts'
export type { LegacyData } from './values.ts'
