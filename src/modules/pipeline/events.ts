/**
 * The event types that this module folds. The vocabulary is open: whatever else a tool emits is
 * stored under its own name (`type-names.ts`).
 *
 * Data is what the tool wrote, field by field, which is why its names are the tool's and why no
 * schema refuses any of it. `pipeline.record.*` are the module's own: contents of files, and what
 * its API writes.
 */
import { type EventDefinition, event } from '../../index.ts'
import type { LegacyData } from './values.ts'

/** Types that tools emit and that change a table. */
export type EmittedType =
  | 'pipeline.pipeline.started'
  | 'pipeline.pipeline.completed'
  | 'pipeline.pipeline.failed'
  | 'pipeline.pipeline.cancelled'
  | 'pipeline.pipeline.cost'
  | 'pipeline.pipeline_start'
  | 'pipeline.pipeline_end'
  | 'pipeline.stage.started'
  | 'pipeline.stage.completed'
  | 'pipeline.stage.failed'
  | 'pipeline.cost.record'

/** Types of the module's own. `saved` is an entity's complete row, `removed` its end, else a fact. */
export type RecordType =
  | 'pipeline.record.cost-entered'
  | 'pipeline.record.budget-saved'
  | 'pipeline.record.heartbeat-saved'
  | 'pipeline.record.heartbeat-removed'
  | 'pipeline.record.daemon-saved'
  | 'pipeline.record.job-finished'
  | 'pipeline.record.failure-saved'
  | 'pipeline.record.failure-removed'
  | 'pipeline.record.patterns-saved'
  | 'pipeline.record.metrics-saved'
  | 'pipeline.record.decision-made'
  | 'pipeline.record.learning-added'
  | 'pipeline.record.audit-entered'
  | 'pipeline.record.file-saved'

/** Definitions by type. */
export type PipelineEvents = Readonly<Record<EmittedType | RecordType, EventDefinition<LegacyData>>>

const fact = event<LegacyData>()
const saved = event<LegacyData>(undefined, { state: true, keep: 'latest' })
const removed = event<LegacyData>(undefined, { removes: true, keep: 'latest' })

/** Every type that is folded. */
export const PIPELINE_EVENTS: PipelineEvents = {
  'pipeline.pipeline.started': fact,
  'pipeline.pipeline.completed': fact,
  'pipeline.pipeline.failed': fact,
  'pipeline.pipeline.cancelled': fact,
  'pipeline.pipeline.cost': fact,
  'pipeline.pipeline_start': fact,
  'pipeline.pipeline_end': fact,
  'pipeline.stage.started': fact,
  'pipeline.stage.completed': fact,
  'pipeline.stage.failed': fact,
  'pipeline.cost.record': fact,
  'pipeline.record.cost-entered': fact,
  'pipeline.record.budget-saved': saved,
  'pipeline.record.heartbeat-saved': saved,
  'pipeline.record.heartbeat-removed': removed,
  'pipeline.record.daemon-saved': saved,
  'pipeline.record.job-finished': fact,
  'pipeline.record.failure-saved': saved,
  'pipeline.record.failure-removed': removed,
  'pipeline.record.patterns-saved': saved,
  'pipeline.record.metrics-saved': saved,
  'pipeline.record.decision-made': fact,
  'pipeline.record.learning-added': fact,
  'pipeline.record.audit-entered': fact,
  'pipeline.record.file-saved': saved,
}
