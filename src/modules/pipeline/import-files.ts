/** Importers of state files: costs, budget, daemon, heartbeats. */
import type { Importer, ImportSource } from '../../index.ts'
import { type FileEvent, fromFile, fromList, fromRest } from './import-items.ts'
import { isFile, isHeartbeat, isSecret } from './import-match.ts'
import { streamOf } from './streams.ts'
import { eventTimeOf, issueOf, type LegacyData, timeOf } from './values.ts'

/** `costs.json`: each entry is a fact; whatever else the file says is kept beside them. */
export const costsImporter: Importer = {
  name: 'costs',
  format: 'file',
  matches: (source) => isFile(source, 'costs', ['cost_usd'], ['total_spent']),
  read: (source) =>
    fromFile(source, function* ({ entries, ...rest }) {
      yield* fromList(listOr(entries, rest, 'entries'), (data) => ({
        stream: streamOf('costs', 'entries'),
        type: 'pipeline.record.cost-entered',
        data,
        occurredAtMs: eventTimeOf(data) ?? source.modifiedAtMs,
      }))
      yield* fromRest(source, rest)
    }),
}

/** `budget.json`. */
export const budgetImporter: Importer = {
  name: 'budget',
  format: 'file',
  matches: (source) => isFile(source, 'budget', ['daily_budget_usd', 'daily_limit']),
  read: (source) => fromFile(source, (data) => stateOf(source, 'budget', 'daily', data)),
}

/** `daemon-state.json`, in both shapes. Jobs that are done are facts of their own. */
export const daemonImporter: Importer = {
  name: 'daemon-state',
  format: 'file',
  matches: (source) => isFile(source, 'daemon-state', ['active_jobs', 'active_pipelines']),
  read: (source) =>
    fromFile(source, function* ({ completed, ...rest }) {
      yield* fromList(listOr(completed, rest, 'completed'), (data) => ({
        stream: streamOf('finished', issueOf(data['issue']) ?? 'unknown'),
        type: 'pipeline.record.job-finished',
        data,
        occurredAtMs: timeOf(data['completed_at']) ?? source.modifiedAtMs,
      }))
      yield* stateOf(source, 'daemon', 'main', rest)
    }),
}

/** `heartbeats/<job>.json`. */
export const heartbeatImporter: Importer = {
  name: 'heartbeats',
  format: 'file',
  matches: isHeartbeat,
  read: (source) =>
    fromFile(source, (data) =>
      stateOf(source, 'heartbeat', source.name.replace(/\.json$/i, ''), data),
    ),
}

/** Files that hold secrets: claimed, so that nothing else takes them, and left unread. */
export const secretsImporter: Importer = {
  name: 'secrets-left-out',
  format: 'file',
  matches: isSecret,
  read: () => [],
}

function* stateOf(
  source: ImportSource,
  entity: 'budget' | 'daemon' | 'heartbeat',
  id: string,
  data: LegacyData,
): Iterable<FileEvent> {
  if (Object.keys(data).length === 0) return
  const said = timeOf(data['updated_at']) ?? timeOf(data['last_poll']) ?? eventTimeOf(data)
  yield {
    stream: streamOf(entity, id),
    type: `pipeline.record.${entity}-saved`,
    data,
    occurredAtMs: said ?? source.modifiedAtMs,
    stateAtMs: said ?? undefined,
  }
}

/** The list, or none; what stands in its place and is no list goes back to the rest. */
export function listOr(
  value: unknown,
  rest: { [field: string]: unknown },
  field: string,
): readonly unknown[] {
  if (Array.isArray(value)) return value
  if (value !== undefined) rest[field] = value
  return []
}
