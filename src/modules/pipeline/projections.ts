/** Which projector folds which type. Types that are not here are stored and change no table. */
import type { Projectors } from '../../index.ts'
import type { PipelineEvents } from './events.ts'
import { projectCostEntry, projectCostRecord } from './project-costs.ts'
import {
  projectBudget,
  projectDaemon,
  projectFinishedJob,
  projectHeartbeat,
  projectHeartbeatRemoved,
} from './project-daemon.ts'
import {
  projectDecision,
  projectFailure,
  projectFailureRemoved,
  projectLearning,
  projectMetrics,
  projectPatterns,
} from './project-memory.ts'
import { projectStep } from './project-runs.ts'

const storeOnly = () => undefined

/** A projector for each type that is folded. */
export const PIPELINE_PROJECTORS: Projectors<PipelineEvents> = {
  'pipeline.pipeline.started': projectStep('started'),
  'pipeline.pipeline.completed': projectStep('ended'),
  'pipeline.pipeline.failed': projectStep('ended', 'failure'),
  'pipeline.pipeline.cancelled': projectStep('ended', 'cancelled'),
  'pipeline.pipeline.cost': projectStep('billed'),
  'pipeline.pipeline_start': projectStep('started'),
  'pipeline.pipeline_end': projectStep('ended'),
  'pipeline.stage.started': projectStep('stage-started'),
  'pipeline.stage.completed': projectStep('stage-completed'),
  'pipeline.stage.failed': projectStep('stage-failed'),
  'pipeline.cost.record': projectCostRecord,
  'pipeline.record.cost-entered': projectCostEntry,
  'pipeline.record.budget-saved': projectBudget,
  'pipeline.record.heartbeat-saved': projectHeartbeat,
  'pipeline.record.heartbeat-removed': projectHeartbeatRemoved,
  'pipeline.record.daemon-saved': projectDaemon,
  'pipeline.record.job-finished': projectFinishedJob,
  'pipeline.record.failure-saved': projectFailure,
  'pipeline.record.failure-removed': projectFailureRemoved,
  'pipeline.record.patterns-saved': projectPatterns,
  'pipeline.record.metrics-saved': projectMetrics,
  'pipeline.record.decision-made': projectDecision,
  'pipeline.record.learning-added': projectLearning,
  'pipeline.record.audit-entered': storeOnly,
  'pipeline.record.file-saved': storeOnly,
}
