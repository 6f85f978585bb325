/**
 * Where a log goes after all. A plan names logs from what the ledger says when it is made; until the
 * first record is stored another process may have begun a copy of the log under another name, or may
 * have given the name to another log. Both are seen under the write lock, and the log then moves.
 */
import type { Connection } from '../connection/connection.ts'
import { logImporter } from './generic-importers.ts'
import { findSource, listTargets, targetOfFirst } from './ledger.ts'
import { freeName } from './source-name.ts'
import type { SourceJob } from './source-reading.ts'

/** What the target of a log of the generic rule begins with. */
export const LOG_TARGET = 'events:'

const HAS_OTHER_LOG = /* sql */ `
  SELECT EXISTS (
    SELECT 1 FROM imports
    WHERE target = :target AND path <> :path
      AND (first_hash IS NULL OR first_hash IS NOT :firstHash)) AS found`

/** The job as it is to be done: the same one, or with the log's other name. */
export function settledJob(connection: Connection, job: SourceJob): SourceJob {
  if (job.namedBy !== 'plan' || !job.target.startsWith(LOG_TARGET)) return job
  const target = targetNow(connection, job)
  if (target === job.target) return job
  return { ...job, target, importer: logImporter(target.slice(LOG_TARGET.length)) }
}

/** True when a job that was settled earlier would be settled otherwise now. */
export function hasMoved(connection: Connection, job: SourceJob): boolean {
  return settledJob(connection, job) !== job
}

function targetNow(connection: Connection, { source, target, firstHash }: SourceJob): string {
  const { path, relativePath } = source
  const known = findSource(connection, path)
  if (known) return known.target.startsWith(LOG_TARGET) ? known.target : target
  // Of two that began at once the first in the ledger is the one that both find.
  const copy = firstHash === null ? undefined : targetOfFirst(connection, firstHash)
  if (copy?.startsWith(LOG_TARGET)) return copy
  const isTaken = connection.get<{ found: number }>(HAS_OTHER_LOG, { target, path, firstHash })
  if (isTaken?.found !== 1) return target
  const taken = new Set(listTargets(connection))
  return LOG_TARGET + freeName(relativePath, (name) => taken.has(LOG_TARGET + name))
}
