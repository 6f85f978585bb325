/**
 * The files that this module takes over. Data stays what the file says, field by field; what has no
 * place among the events of a file is kept as `pipeline.record.file-saved`.
 */
import type { Importer } from '../../index.ts'
import {
  budgetImporter,
  costsImporter,
  daemonImporter,
  heartbeatImporter,
  secretsImporter,
} from './import-files.ts'
import { auditLogImporter, eventLogImporter, teamLogImporter } from './import-logs.ts'
import {
  decisionsImporter,
  failuresImporter,
  learningsImporter,
  metricsImporter,
  patternsImporter,
} from './import-memory.ts'

/** Asked in this order; a file belongs to the first that knows it. */
export const PIPELINE_IMPORTERS: readonly Importer[] = [
  secretsImporter,
  teamLogImporter,
  auditLogImporter,
  eventLogImporter,
  costsImporter,
  budgetImporter,
  daemonImporter,
  heartbeatImporter,
  failuresImporter,
  patternsImporter,
  metricsImporter,
  decisionsImporter,
  learningsImporter,
]
