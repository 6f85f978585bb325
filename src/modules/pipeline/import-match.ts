/**
 * Which files are this tool's. Names as common as `events.jsonl` are not enough: other tools have
 * them too, so something in the file, or the files beside it, must speak for it as well.
 */
import { basename, dirname } from 'node:path'
import type { ImportSource } from '../../index.ts'

const HOME = [
  'events.jsonl',
  'costs.json',
  'budget.json',
  'daemon-state.json',
  'heartbeats',
  'memory',
]
const AREAS = 'pipeline|stage|daemon|patrol|memory|cost|intelligence|compound|loop|plan'
const LOG_MARK = /"ts_epoch"\s*:\s*\d/
const TYPE_MARK = new RegExp(`"type"\\s*:\\s*"(?:${AREAS})\\.`)
// `{}` and `{"entries":[],"summary":{}}` stand in real homes.
const SAYS_NOTHING =
  /^\s*\{\s*(?:"entries"\s*:\s*\[\s*\]\s*,?\s*)?(?:"summary"\s*:\s*\{\s*\}\s*)?\}\s*$/

/** Whether other files of the tool lie beside this one. */
export function isAtHome(source: ImportSource): boolean {
  const { siblings } = source
  return HOME.filter((name) => siblings.includes(name)).length >= 3
}

/** A log of events: its records have `ts_epoch`, or it is `events.jsonl` with types of this tool. */
export function isEventLog(source: ImportSource): boolean {
  if (!isLines(source) || isTeamLog(source) || isAuditLog(source)) return false
  const head = source.peek()
  if (LOG_MARK.test(head) && /"type"\s*:/.test(head)) return true
  return source.name === 'events.jsonl' && TYPE_MARK.test(head)
}

/** Events that came from other machines. */
export function isTeamLog(source: ImportSource): boolean {
  return isLines(source) && /^team-events\b/.test(source.name) && mentions(source, 'from_developer')
}

/** Who did what to the tool itself. */
export function isAuditLog(source: ImportSource): boolean {
  return isLines(source) && /^audit-log\b/.test(source.name) && mentions(source, 'action')
}

/**
 * A JSON file by this name (`costs.json`, `old.costs.json`, `costs-2.json`) with a field that is the
 * tool's own. At home a field that others use too will do, and so will a file that says nothing yet.
 */
export function isFile(
  source: ImportSource,
  stem: string,
  own: readonly string[],
  common: readonly string[] = [],
): boolean {
  if (!new RegExp(`^(?:.*\\.)?${stem}(?:-.*)?\\.json$`, 'i').test(source.name)) return false
  if (mentions(source, ...own)) return true
  return isAtHome(source) && (SAYS_NOTHING.test(source.peek()) || mentions(source, ...common))
}

/** A file `heartbeats/<job>.json`. */
export function isHeartbeat(source: ImportSource): boolean {
  if (!isJson(source) || basename(dirname(source.path)) !== 'heartbeats') return false
  return mentions(source, 'last_activity', 'memory_mb', 'iteration', 'machine')
}

/** A file `memory/<name>.json` or `memory/<repository>/<name>.json`. */
export function isMemory(source: ImportSource, name: string, fields: readonly string[]): boolean {
  if (!isJson(source) || !new RegExp(`^${name}\\b`).test(source.name)) return false
  return repoOf(source.path) !== undefined && mentions(source, ...fields)
}

/** The repository that a file of the memory is about; `''` for none, `undefined` outside of it. */
export function repoOf(path: string): string | undefined {
  const folder = dirname(path)
  if (basename(folder) === 'memory') return ''
  return basename(dirname(folder)) === 'memory' ? basename(folder) : undefined
}

/** A file that holds access tokens; those that say so in their name are refused by the kernel. */
export function isSecret(source: ImportSource): boolean {
  if (!/^(sessions|team-config|sync-config|notifications)\.json$/.test(source.name)) return false
  return mentions(source, 'token', 'access_token', 'invite_token', 'webhook_url', 'session_id')
}

function isLines({ name }: ImportSource): boolean {
  return /\.(jsonl|ndjson)([.-]\d+)*$/i.test(name)
}

function isJson({ name }: ImportSource): boolean {
  return /\.json$/i.test(name)
}

function mentions(source: ImportSource, ...fields: readonly string[]): boolean {
  const head = source.peek()
  return fields.some((field) => head.includes(`"${field}"`))
}
