/**
 * The files of the tool, written back: logs line by line, lists and states in the shapes that
 * `import.ts` reads. What a file said beyond its list stands in it again.
 */
import type { EventLine, Exporter, OutgoingEvent, OutgoingFile } from '../../index.ts'
import { idOf, isTeamStream } from './streams.ts'
import { nameOf } from './type-names.ts'
import { eventTimeOf, fieldsOf, type LegacyData } from './values.ts'

const RECORD = 'pipeline.record.'

interface Contents {
  /** Files by path, each an object that is filled field by field. */
  readonly files: Map<string, Record<string, unknown>>
  /** The latest state by stream: file, the list it stands in if any, and what it says. */
  readonly states: Map<
    string,
    { readonly path: string; readonly list?: string; readonly data: LegacyData }
  >
}

/** Writes `events.jsonl`, `costs.json`, `budget.json`, `daemon-state.json`, `heartbeats/`, `memory/`. */
export const exportPipeline: Exporter = function* (events) {
  yield { path: 'events.jsonl', text: linesOf(events, isOwn) }
  yield { path: 'team-events.jsonl', text: linesOf(events, ({ stream }) => isTeamStream(stream)) }
  yield { path: 'audit-log.jsonl', text: linesOf(events, isAudit) }
  yield* stateFiles(events)
}

/** An event as a line of `events.jsonl`, for mirrors; what belongs to another file has none. */
export const pipelineLine: EventLine = (event) => (isOwn(event) ? lineOf(event) : undefined)

function isOwn({ stream, type }: OutgoingEvent): boolean {
  return !type.startsWith(RECORD) && !isTeamStream(stream)
}

function isAudit({ type }: OutgoingEvent): boolean {
  return type === `${RECORD}audit-entered`
}

function* linesOf(
  events: () => Iterable<OutgoingEvent>,
  belongs: (event: OutgoingEvent) => boolean,
): Iterable<string> {
  for (const event of events()) if (belongs(event)) yield `${lineOf(event)}\n`
}

// What a tool wrote is its own text; what came by the API lacks the name and the time.
function lineOf(event: OutgoingEvent): string {
  const { text, atMs, type, metadata } = event
  const data = fieldsOf(JSON.parse(text))
  const name = isAudit(event) ? undefined : nameOf(type, metadata)
  const added = {
    ...(eventTimeOf(data) === null ? timeFields(atMs) : {}),
    ...(name === undefined || Object.hasOwn(data, 'type') ? {} : { type: name }),
  }
  const isWhole = Object.keys(added).length === 0
  return isWhole ? text.replace(/[\r\n]/g, ' ') : JSON.stringify({ ...added, ...data })
}

function timeFields(atMs: number): LegacyData {
  return { ts: new Date(atMs).toISOString(), ts_epoch: Math.floor(atMs / 1000) }
}

function* stateFiles(events: () => Iterable<OutgoingEvent>): Iterable<OutgoingFile> {
  const contents: Contents = { files: new Map(), states: new Map() }
  for (const event of events()) if (event.type.startsWith(RECORD)) collect(contents, event)
  for (const { path, list, data } of contents.states.values()) {
    if (list === undefined) Object.assign(fileOf(contents, path), data)
    else listOf(contents, path, list).push(data)
  }
  for (const [path, file] of contents.files) {
    yield { path, text: [`${JSON.stringify(file, null, 2)}\n`] }
  }
}

function collect(contents: Contents, event: OutgoingEvent): void {
  const { stream, atMs, type } = event
  const data = fieldsOf(JSON.parse(event.text))
  const id = idOf(stream)
  const dated = (field: string) =>
    Object.hasOwn(data, field) ? data : { ...data, [field]: new Date(atMs).toISOString() }
  const { states } = contents
  switch (type.slice(RECORD.length)) {
    case 'cost-entered':
      listOf(contents, 'costs.json', 'entries').push(
        eventTimeOf(data) === null ? { ...data, ...timeFields(atMs) } : data,
      )
      return
    case 'budget-saved':
      states.set(stream, { path: 'budget.json', data: dated('updated_at') })
      return
    case 'daemon-saved':
      states.set(stream, { path: 'daemon-state.json', data: dated('updated_at') })
      return
    case 'job-finished':
      listOf(contents, 'daemon-state.json', 'completed').push(dated('completed_at'))
      return
    case 'heartbeat-saved':
      states.set(stream, { path: `heartbeats/${fileName(id)}.json`, data: dated('updated_at') })
      return
    case 'failure-saved':
      states.set(stream, {
        path: memory(repoOf(id), 'failures'),
        list: 'failures',
        data: dated('last_seen'),
      })
      return
    case 'heartbeat-removed':
    case 'failure-removed':
      states.delete(stream)
      return
    case 'patterns-saved':
      states.set(stream, { path: memory(id, 'patterns'), data })
      return
    case 'metrics-saved':
      states.set(stream, { path: memory(id, 'metrics'), data: dated('last_updated') })
      return
    case 'decision-made':
      listOf(contents, memory(id, 'decisions'), 'decisions').push(dated('recorded_at'))
      return
    case 'learning-added':
      listOf(contents, 'memory/global.json', id).push(
        Object.hasOwn(data, 'captured_at') ? data : dated('promoted_at'),
      )
      return
    case 'file-saved':
      states.set(stream, { path: id.split('/').map(fileName).join('/'), data })
  }
}

function fileOf({ files }: Contents, path: string): Record<string, unknown> {
  const known = files.get(path)
  if (known) return known
  const file: Record<string, unknown> = {}
  files.set(path, file)
  return file
}

function listOf(contents: Contents, path: string, field: string): unknown[] {
  const file = fileOf(contents, path)
  const known = file[field]
  if (Array.isArray(known)) return known
  const list: unknown[] = []
  file[field] = list
  return list
}

function repoOf(failure: string): string {
  return failure.slice(0, Math.max(0, failure.indexOf('/')))
}

function memory(repo: string, name: string): string {
  return repo === '' ? `memory/${name}.json` : `memory/${fileName(repo)}/${name}.json`
}

// A name that leads out of the folder, or that a file cannot have, is changed.
function fileName(id: string): string {
  const name = id.replace(/[/\\:*?"<>|]/g, '_').slice(0, 200)
  return /^\.*$/.test(name) ? '_' : name
}
