/**
 * Names of the module's streams. The id of an entity is the part behind the first `/`, so that data
 * can stay what the tool wrote.
 */
import { createHash } from 'node:crypto'
import { issueOf, type LegacyData, textOf } from './values.ts'

const MAX_ID = 400

/** The stream of an event from a log: that of its job, else of its issue, else of its area. */
export function eventStream(type: string, data: LegacyData): string {
  const job = textOf(data['job_id'])
  if (job !== null) return streamOf('job', job)
  const issue = issueOf(data['issue'])
  if (issue !== null) return streamOf('issue', issue)
  return streamOf('log', type.split('.', 2)[1] ?? 'other')
}

/** The stream of events that came from another machine; they make no runs here. */
export function teamStream(data: LegacyData): string {
  const [developer, machine] = [textOf(data['from_developer']), textOf(data['from_machine'])]
  return streamOf('team', `${developer ?? 'unknown'}@${machine ?? 'unknown'}`)
}

/** Whether a stream is one of {@link teamStream}. */
export function isTeamStream(stream: string): boolean {
  return stream.startsWith('pipeline.team/')
}

/** `pipeline.<entity>/<id>`, with ids that a stream cannot have made usable. */
export function streamOf(entity: string, id: string): string {
  const clean = id.replaceAll('\0', '�').toWellFormed()
  if (clean.length <= MAX_ID) return `pipeline.${entity}/${clean}`
  return `pipeline.${entity}/${clean.slice(0, 100).toWellFormed()}~${hashOf(clean)}`
}

/** What stands behind the first `/` of a stream. */
export function idOf(stream: string): string {
  return stream.slice(stream.indexOf('/') + 1)
}

/** A short name for a long text. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24)
}
