/**
 * Reads the rows of T3 Code's `orchestration_events`. Its turns begin and end by what is said of
 * the session; here each beginning and end is an event of its own, made where the rows imply one.
 */
import type { EventMetadata, ImportItem, SqlRow } from '../../index.ts'
import { type DecidedEvent, ofThread, statusChanged } from './decision.ts'
import { goesAlong, KnownThreads, unfounded } from './known-threads.ts'
import { T3_PROFILE } from './profiles.ts'
import { fromT3, type T3Event } from './t3-events.ts'

/** The items of the rows, in their order. */
export function* t3Items(rows: Iterable<SqlRow>): Generator<ImportItem> {
  const turns = new Turns()
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
    const metadata = metadataOf(row)
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

function metadataOf(row: SqlRow): EventMetadata {
  const metadata: Record<string, unknown> = moreOf(row['metadata_json'])
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

interface OpenThread {
  turnCount: number
  activities: number
  input: string
  openTurn: string | undefined
}

/** What earlier rows said of each thread's turns. */
class Turns {
  readonly #threads = new Map<string, OpenThread>()
  readonly #numbers = new Map<string, number>()
  readonly #ordinals = new Map<string, number>()
  readonly #answered = new Set<string>()

  /** The number of a turn, of a thread's newest without one. */
  numberOf(threadId: string, turnId: string | null): number {
    return (turnId && this.#numbers.get(turnId)) || this.#thread(threadId).turnCount
  }

  /** The place of an activity, which it keeps. */
  ordinalOf(threadId: string, activityId: string): number {
    const known = this.#ordinals.get(activityId)
    if (known !== undefined) return known
    const thread = this.#thread(threadId)
    thread.activities++
    this.#ordinals.set(activityId, thread.activities)
    return thread.activities
  }

  isAnswered(requestId: string): boolean {
    return this.#answered.has(requestId)
  }

  /** The events with those before and after them that begin and end turns. */
  around(event: T3Event, made: readonly DecidedEvent[]): DecidedEvent[] {
    const { type, payload } = event
    const threadId = String(payload['threadId'] ?? event.streamId)
    const thread = this.#thread(threadId)
    const session = (payload['session'] ?? {}) as Record<string, unknown>
    const turnId = payload['turnId'] ?? session['activeTurnId']
    const before = typeof turnId === 'string' ? this.#begin(threadId, thread, turnId) : []
    const after: DecidedEvent[] = []
    if (type === 'thread.message-sent' && payload['role'] === 'user') {
      thread.input = String(payload['text'] ?? '')
    } else if (type === 'thread.session-set') {
      after.push(...this.#end(threadId, thread, session))
    } else if (type === 'thread.reverted') {
      thread.turnCount = Number(payload['turnCount'] ?? thread.turnCount)
      thread.openTurn = undefined
    }
    for (const one of made) {
      if (one.type === 'threads.approval.answered')
        this.#answered.add((one.data as { id: string }).id)
    }
    return [...before, ...made, ...after]
  }

  #begin(threadId: string, thread: OpenThread, id: string): DecidedEvent[] {
    if (this.#numbers.has(id)) return []
    const ended = this.#end(threadId, thread, { status: 'ready' })
    thread.turnCount++
    thread.openTurn = id
    this.#numbers.set(id, thread.turnCount)
    const started = { id, threadId, input: thread.input }
    return [
      ...ended,
      ofThread(threadId, 'threads.turn.started', started),
      statusChanged(threadId, 'running'),
    ]
  }

  #end(threadId: string, thread: OpenThread, session: Record<string, unknown>): DecidedEvent[] {
    const { openTurn: id } = thread
    const { status, activeTurnId, lastError } = session
    if (id === undefined || status === 'running' || status === 'starting') return []
    if (activeTurnId === id && status !== 'interrupted' && status !== 'error') return []
    thread.openTurn = undefined
    if (status === 'error') {
      const error = String(lastError ?? '')
      return [
        ofThread(threadId, 'threads.turn.failed', { id, threadId, error }),
        statusChanged(threadId, 'error', error),
      ]
    }
    const type = status === 'interrupted' ? 'threads.turn.interrupted' : 'threads.turn.completed'
    return [ofThread(threadId, type, { id, threadId }), statusChanged(threadId, 'idle')]
  }

  #thread(id: string): OpenThread {
    let thread = this.#threads.get(id)
    if (!thread) {
      thread = { turnCount: 0, activities: 0, input: '', openTurn: undefined }
      this.#threads.set(id, thread)
    }
    return thread
  }
}
