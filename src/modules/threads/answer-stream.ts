/**
 * A provider's reports as they come, thousands of deltas to an answer. Followers see each within
 * milliseconds through the live ring; durable are few parts, by length, by time and at the end of
 * the message. What was not durable yet is lost with the process.
 *
 * Invariant: a part is appended under the write lock and only while its turn is under way, so that
 * an answer that comes too late cannot bring an interrupted or deleted thread back.
 */
import {
  type CoalescedPart,
  Coalescer,
  type ModuleStore,
  type NewEvent,
  type ReadTransaction,
  StoreError,
} from '../../index.ts'
import type { ProviderEvent } from './commands.ts'
import { putActivity } from './decide-messages.ts'
import type { DecidedEvent } from './decision.ts'
import { acceptedOrThrow, type CommandOptions, dispatch } from './dispatch.ts'
import type { ThreadsEventData } from './event-data.ts'
import { threadStream } from './events.ts'
import { readModelOf } from './read-model.ts'
import { MESSAGE, rowOf, TURN } from './rows.ts'

/** Options of an answer stream. */
export interface AnswerStreamOptions {
  /** Length at which a part becomes durable. Default 8,192. */
  readonly maxLength?: number
  /** Milliseconds after which a part becomes durable, however short. Default 5,000. */
  readonly maxMs?: number
}

/** An activity whose output grows. */
export interface AnswerActivity {
  readonly activityId: string
  readonly kind: string
  /** Default `info`. */
  readonly tone?: string
  readonly summary: string
  /** All of the output so far, or what is shown of it. */
  readonly output: string
}

interface OpenMessage {
  readonly id: string
  readonly kind: 'text' | 'thinking'
}

const OPEN_TURN = `WHERE thread_id = ? AND status = 'running' ORDER BY number DESC LIMIT 1`

/** Takes the reports on one turn. */
export class AnswerStream {
  readonly #store: ModuleStore
  readonly #threadId: string
  readonly #turnId: string | undefined
  readonly #coalescer: Coalescer
  #open: OpenMessage | undefined
  readonly #activities = new Map<string, AnswerActivity>()

  /** @internal Use `threads.answer(threadId)`. */
  constructor(store: ModuleStore, threadId: string, options: AnswerStreamOptions) {
    this.#store = store
    this.#threadId = threadId
    this.#turnId = store.read((tx) => this.#openTurn(tx))
    this.#coalescer = new Coalescer(store, threadStream(threadId), {
      ...options,
      event: (part) => this.#eventOf(part),
    })
  }

  /**
   * Takes one report: text grows live, anything else is appended at once, after the text before it.
   * Throws `ARGUMENT_INVALID` when the turn is over.
   */
  ingest(event: ProviderEvent, options?: CommandOptions): void {
    if (event.kind === 'text-delta') this.#grow('text', event)
    else if (event.kind === 'thinking-delta') this.#grow('thinking', event)
    else {
      this.end()
      const threadId = this.#threadId
      acceptedOrThrow(dispatch(this.#store, { type: 'provider.ingest', threadId, event }, options))
    }
  }

  /**
   * Says how an activity stands, as often as it changes: its output is shown live under the key
   * `threads.thread/<id>#<activity id>`, and durable as one state, `{ output }`, at its end.
   */
  activity(activity: AnswerActivity): void {
    this.#activities.set(activity.activityId, activity)
    this.#coalescer.replace(activity.activityId, activity.output)
  }

  /** Makes an activity durable as it stands. */
  endActivity(activityId: string): void {
    if (!this.#activities.has(activityId)) return
    this.#coalescer.end(activityId)
    this.#activities.delete(activityId)
  }

  /** Makes the message that is growing durable as a whole; the next delta begins another. */
  end(): void {
    const open = this.#open
    if (!open) return
    this.#coalescer.end(open.id)
    this.#open = undefined
  }

  /** Makes what has come so far durable. */
  flush(): void {
    this.#coalescer.flush()
  }

  /** Ends what is growing, and the stream; before the store is closed. */
  close(): void {
    try {
      this.end()
      for (const activityId of [...this.#activities.keys()]) this.endActivity(activityId)
    } finally {
      this.#coalescer.close()
    }
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #grow(
    kind: OpenMessage['kind'],
    { delta, messageId }: { readonly delta: string; readonly messageId?: string },
  ): void {
    if (delta === '') return
    const goesOn = this.#open?.kind === kind && (messageId ?? this.#open.id) === this.#open.id
    if (!goesOn) this.end()
    this.#open ??= { id: messageId ?? this.#store.newId(), kind }
    this.#coalescer.add(this.#open.id, delta)
  }

  // Called inside the write that appends it.
  #eventOf({ key: id, text, isLast }: CoalescedPart): NewEvent & { readonly stream?: string } {
    const activity = this.#activities.get(id)
    return this.#store.read((tx) => {
      if (activity) return this.#stateOf(tx, activity)
      const threadId = this.#threadId
      const turnId = this.#openTurn(tx)
      if (rowOf(tx, MESSAGE, 'WHERE id = ?', [id])) {
        const data = { id, threadId, delta: text, ...(isLast && { isLast }) }
        return chunk(data)
      }
      const content = { kind: this.#open?.kind ?? 'text', text }
      const more = isLast ? {} : { isStreaming: true as const }
      return appended({ id, threadId, turnId, role: 'assistant', content, ...more })
    })
  }

  // As the command says it, so that it is the same row whichever way it came.
  #stateOf(tx: ReadTransaction, { output, ...activity }: AnswerActivity): DecidedEvent {
    const turnId = this.#openTurn(tx)
    const { clock: nowMs, newId, log } = this.#store
    const command = { ...activity, turnId, threadId: this.#threadId, payload: { output } }
    const context = {
      model: readModelOf(tx, (stream) => log.streamVersion(stream)),
      newId,
      nowMs: nowMs(),
    }
    const [event] = putActivity({ type: 'activity.put', ...command }, context).events
    if (!event) throw new Error('an activity that is put is an event')
    return event
  }

  #openTurn(tx: ReadTransaction): string {
    const turn = rowOf(tx, TURN, OPEN_TURN, [this.#threadId])
    if (turn && (this.#turnId === undefined || turn.id === this.#turnId)) return turn.id
    throw new StoreError('ARGUMENT_INVALID', `the turn of thread '${this.#threadId}' is over`, {
      hint: 'start a turn, and a new answer with it',
    })
  }
}

const chunk = (data: ThreadsEventData['threads.message.chunk-received']): NewEvent => ({
  type: 'threads.message.chunk-received',
  data,
})

const appended = (data: ThreadsEventData['threads.message.appended']): NewEvent => ({
  type: 'threads.message.appended',
  data,
})
