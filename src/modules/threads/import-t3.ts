/** Reads the rows of T3 Code's `orchestration_events`. */
import type { EventMetadata, ImportItem, SqlRow } from '../../index.ts'
import { goesAlong, KnownThreads, unfounded } from './known-threads.ts'
import { T3_PROFILE } from './profiles.ts'
import { fromT3, type T3Event } from './t3-events.ts'
import { T3Turns } from './t3-turns.ts'

/** The items of the rows, in their order. */
export function* t3Items(rows: Iterable<SqlRow>): Generator<ImportItem> {
  const turns = new T3Turns()
  const threads = new KnownThreads()
  for (const row of rows) {
    const raw = JSON.stringify(row)
    const event = parse(row)
    if (!event) {
      yield { kind: 'reject', reason: 'the payload is no JSON object', raw }
      continue
    }
    if (!Object.hasOwn(T3_PROFILE, event.type)) {
      yield { kind: 'reject', reason: `unknown event type '${event.type}'`, raw }
      continue
    }
    const made = fromT3(event, turns)
    const reason = made[0] && unfounded(made[0], threads)
    if (reason !== undefined) {
      yield { kind: 'reject', reason, raw }
      continue
    }
    const { occurredAtMs } = event
    const metadata = metadataOf(row, event)
    const all = turns.around(event, made).flatMap((one) => [...goesAlong(one, threads), one])
    const identity = String(row['event_id'] ?? `${event.type} ${row['sequence']}`)
    for (const [index, one] of all.entries()) {
      threads.note(one)
      const item = { ...one, occurredAtMs, metadata, raw, identity: `${identity}.${index}` }
      yield { kind: 'event', ...item }
    }
  }
}

function parse(row: SqlRow): T3Event | undefined {
  try {
    const payload: unknown = JSON.parse(String(row['payload_json']))
    if (typeof payload !== 'object' || payload === null) return undefined
    const time = Date.parse(String(row['occurred_at']))
    return {
      type: String(row['event_type']),
      streamId: String(row['stream_id']),
      payload: payload as Record<string, unknown>,
      occurredAtMs: Number.isNaN(time) ? 0 : time,
    }
  } catch {
    return undefined
  }
}

// Which event caused which is told by their ids, so that an event keeps its own.
const METADATA: Readonly<Record<string, string>> = {
  event_id: 'eventId',
  actor_kind: 'actor',
  command_id: 'commandId',
  causation_event_id: 'causationId',
  correlation_id: 'correlationId',
}

function metadataOf(row: SqlRow, { payload }: T3Event): EventMetadata {
  const metadata: Record<string, unknown> = moreOf(row['metadata_json'])
  // They name files of that tool's; messages here are texts.
  const { attachments } = payload
  if (Array.isArray(attachments) && attachments.length > 0) metadata['attachments'] = attachments
  for (const [column, name] of Object.entries(METADATA)) {
    const value = row[column]
    if (typeof value === 'string') metadata[name] = value
  }
  return metadata
}

function moreOf(text: unknown): Record<string, unknown> {
  if (typeof text !== 'string' || text === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // Kept as it stands, below.
  }
  return { metadata: text }
}
