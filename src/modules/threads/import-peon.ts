/** Reads the rows of the seed's `events(sequence, event_type, payload, stored_at)` and `settings(key, value)`. */
import type { ImportItem, SqlRow } from '../../index.ts'
import { type DecidedEvent, decided } from './decision.ts'
import { settingStream } from './events.ts'
import { goesAlong, KnownThreads, unfounded } from './known-threads.ts'
import { fromPeon, type Locator, type OrchestrationEvent } from './peon-events.ts'
import { PEON_PROFILE } from './profiles.ts'

/** The items of the rows, in their order. */
export function* peonItems(rows: Iterable<SqlRow>): Generator<ImportItem> {
  const known = new Known()
  const threads = new KnownThreads()
  for (const row of rows) {
    const raw = JSON.stringify(row)
    const event = parse(row)
    const made = event ? fromPeon(event, known) : 'the payload is no JSON object'
    const reason = typeof made === 'string' ? made : unfounded(made, threads)
    if (typeof made === 'string' || reason !== undefined) {
      yield { kind: 'reject', reason: reason ?? '', raw }
      continue
    }
    known.note(made)
    for (const one of [...goesAlong(made, threads), made]) {
      threads.note(one)
      yield { kind: 'event', raw, ...one }
    }
  }
}

/** The items of the rows of settings; a value is JSON. */
export function* peonSettings(rows: Iterable<SqlRow>): Generator<ImportItem> {
  for (const row of rows) {
    const raw = JSON.stringify(row)
    const { key, value } = row
    if (typeof key !== 'string' || key === '') {
      yield { kind: 'reject', reason: 'a setting without a key', raw }
      continue
    }
    const data = { key, value: jsonOf(value) }
    if (data.value === undefined) {
      yield { kind: 'reject', reason: `the value of setting '${key}' is no JSON`, raw }
      continue
    }
    yield { kind: 'event', raw, ...decided(settingStream(key), 'threads.setting.changed', data) }
  }
}

function jsonOf(text: unknown): unknown {
  try {
    return JSON.parse(String(text))
  } catch {
    return undefined
  }
}

function parse(row: SqlRow): OrchestrationEvent | undefined {
  const payload = jsonOf(row['payload'])
  if (typeof payload !== 'object' || payload === null) return undefined
  const { type, at } = payload as { type?: unknown; at?: unknown }
  // The name stands twice, and may differ in files of a release that renamed a variant: the one
  // that means something is taken, the payload's own first.
  const isKnown = typeof type === 'string' && Object.hasOwn(PEON_PROFILE, type)
  const name = isKnown ? type : String(row['event_type'])
  const time = typeof at === 'string' ? at : String(row['stored_at'] ?? '')
  return { ...payload, type: name, at: time } as OrchestrationEvent
}

/** What earlier rows said of turns, messages and checkpoints. */
class Known implements Locator {
  readonly #turns = new Map<string, { threadId: string; number: number }>()
  readonly #messages = new Map<string, string>()
  readonly #checkpoints = new Map<string, { threadId: string; turnNumber: number }>()
  readonly #turnCounts = new Map<string, number>()

  threadOfTurn(id: string): string | undefined {
    return this.#turns.get(id)?.threadId
  }

  threadOfMessage(id: string): string | undefined {
    return this.#messages.get(id)
  }

  checkpoint(id: string): { readonly threadId: string; readonly turnNumber: number } | undefined {
    return this.#checkpoints.get(id)
  }

  note({ type, data }: DecidedEvent): void {
    const { id, threadId, turnId, turnNumber } = data as {
      id: string
      threadId: string
      turnId?: string | null
      turnNumber?: number
    }
    const count = this.#turnCounts.get(threadId) ?? 0
    if (type === 'threads.turn.started') {
      this.#turns.set(id, { threadId, number: count + 1 })
      this.#turnCounts.set(threadId, count + 1)
    } else if (type === 'threads.message.appended') {
      this.#messages.set(id, threadId)
    } else if (type === 'threads.checkpoint.created') {
      const number = turnId ? (this.#turns.get(turnId)?.number ?? count) : count
      this.#checkpoints.set(id, { threadId, turnNumber: number })
    } else if (type === 'threads.checkpoint.restored') {
      this.#turnCounts.set(threadId, turnNumber ?? count)
    }
  }
}
