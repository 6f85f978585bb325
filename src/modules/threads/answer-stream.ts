/**
 * A provider's reports as they come, thousands of deltas to an answer. Followers see each within
 * milliseconds through the live ring; durable are few parts, by length, by time and at the end of
 * the message. What was not durable yet is lost with the process.
 *
 * Invariant: what was shown of a turn becomes durable, also when somebody ends the turn before its
 * stream does; but only as words of that turn, under the write lock, so that a late answer neither
 * moves the thread's status nor brings a turn or thread back that is gone.
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
import { decide } from './decide.ts'
import type { DecidedEvent } from './decision.ts'
import { acceptedOrThrow, type CommandOptions, dispatch } from './dispatch.ts'
import type { ThreadsEventData } from './event-data.ts'
import { threadStream } from './events.ts'
import { readModelOf } from './read-model.ts'
import { ACTIVITY, MESSAGE, rowOf, TURN } from './rows.ts'
import type { Turn } from './types.ts'

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
  readonly #turn: Turn
  readonly #coalescer: Coalescer
  readonly #activities = new Map<string, AnswerActivity>()
  #open: OpenMessage | undefined
  #isOver = false
  /** An id that another has taken between its first delta and its first part. */
  #refusal: StoreError | undefined

  /** @internal Use `threads.answer(threadId)`. */
  constructor(store: ModuleStore, threadId: string, options: AnswerStreamOptions) {
    this.#store = store
    this.#threadId = threadId
    const turn = store.read((tx) => rowOf(tx, TURN, OPEN_TURN, [threadId]))
    if (!turn) throw this.#over()
    this.#turn = turn
    this.#coalescer = new Coalescer(store, threadStream(threadId), {
      ...options,
      event: (part) => this.#eventOf(part),
    })
  }

  /**
   * Takes one report: text grows live, anything else is appended at once, after the text before it.
   * The turn's end makes everything that was growing durable, in the same transaction. Throws
   * `ARGUMENT_INVALID` when the turn is over, and for the id of a message that is not of this turn.
   */
  ingest(event: ProviderEvent, options?: CommandOptions): void {
    const { kind } = event
    if (kind === 'text-delta') this.#grow('text', event)
    else if (kind === 'thinking-delta') this.#grow('thinking', event)
    else if (kind === 'turn-complete' || kind === 'error') {
      this.#endAll(() => this.#report(event, options))
    } else {
      this.end()
      this.#store.write(() => this.#report(event, options))()
    }
  }

  /**
   * Says how an activity stands, as often as it changes: its output is shown live under the key
   * `threads.thread/<id>#<activity id>`, and durable as one state, `{ output }`, at its end.
   */
  activity(activity: AnswerActivity): void {
    const { activityId: id, output } = activity
    this.#refuseLate()
    if (!this.#activities.has(id)) {
      const known = this.#store.read((tx) => rowOf(tx, ACTIVITY, 'WHERE id = ?', [id]))
      if (known && known.threadId !== this.#threadId) throw foreign('activity', id)
    }
    this.#activities.set(id, activity)
    this.#coalescer.replace(id, output)
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

  /**
   * Ends what is growing, and the stream; before the store is closed. What was shown of a turn that
   * somebody else has ended is kept as words of that turn; when the turn itself is gone, it goes too.
   */
  close(): void {
    this.#endAll(() => () => undefined)
    this.#coalescer.close()
    this.#throwRefusal()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #grow(
    kind: OpenMessage['kind'],
    { delta, messageId }: { readonly delta: string; readonly messageId?: string },
  ): void {
    if (delta === '') return
    this.#refuseLate()
    const goesOn = this.#open?.kind === kind && (messageId ?? this.#open.id) === this.#open.id
    if (!goesOn) this.end()
    if (!this.#open && messageId !== undefined) {
      const known = this.#store.read((tx) => this.#messageOf(tx, messageId, kind))
      if (known === 'foreign') throw foreign('message', messageId)
    }
    this.#open ??= { id: messageId ?? this.#store.newId(), kind }
    this.#coalescer.add(this.#open.id, delta)
  }

  #endAll(then: () => () => void): void {
    const afterCommit = this.#coalescer.endAll(then)
    this.#open = undefined
    this.#activities.clear()
    afterCommit()
  }

  // Inside a write. What it throws waits until that is committed: a refusal takes back no text.
  #report(event: ProviderEvent, options: CommandOptions | undefined): () => void {
    const turn = this.#store.read((tx) => this.#turnNow(tx))
    if (turn?.status !== 'running') return () => this.#throwOver()
    const threadId = this.#threadId
    const result = dispatch(this.#store, { type: 'provider.ingest', threadId, event }, options)
    return () => {
      acceptedOrThrow(result)
      this.#isOver = event.kind === 'turn-complete' || event.kind === 'error'
    }
  }

  // Called inside the write that appends it; nothing for a turn that is gone.
  #eventOf(part: CoalescedPart): (NewEvent & { readonly stream?: string }) | undefined {
    return this.#store.read((tx) => {
      const turn = this.#turnNow(tx)
      if (turn?.status !== 'running') this.#isOver = true
      if (!turn) return undefined
      const activity = this.#activities.get(part.key)
      return activity ? this.#stateOf(tx, activity) : this.#textOf(tx, turn, part)
    })
  }

  #textOf(tx: ReadTransaction, turn: Turn, part: CoalescedPart): NewEvent | undefined {
    const { key: id, text, isLast } = part
    const threadId = this.#threadId
    const kind = this.#open?.kind ?? 'text'
    const known = this.#messageOf(tx, id, kind)
    if (known === 'foreign') {
      this.#refusal = foreign('message', id)
      return undefined
    }
    if (known) return chunk({ id, threadId, delta: text, ...(isLast && { isLast }) })
    const more = isLast || turn.status !== 'running' ? {} : { isStreaming: true as const }
    const data = { id, threadId, turnId: turn.id, role: 'assistant' as const }
    return appended({ ...data, content: { kind, text }, ...more })
  }

  // As the command says it, so that it is the same row whichever way it came.
  #stateOf(tx: ReadTransaction, activity: AnswerActivity): DecidedEvent | undefined {
    const { output, ...fields } = activity
    const { clock, newId, log } = this.#store
    const model = readModelOf(tx, (stream) => log.streamVersion(stream))
    const place = { threadId: this.#threadId, turnId: this.#turn.id }
    const command = { type: 'activity.put', ...fields, ...place, payload: { output } } as const
    const decision = decide(command, { model, newId, nowMs: clock() })
    if (decision.accepted) return decision.events[0]
    this.#refusal = foreign('activity', activity.activityId)
    return undefined
  }

  // By the rule of `provider.ingest`: more of a message of this turn and kind, or a new one.
  #messageOf(
    tx: ReadTransaction,
    id: string,
    kind: OpenMessage['kind'],
  ): 'own' | 'foreign' | undefined {
    const message = rowOf(tx, MESSAGE, 'WHERE id = ?', [id])
    if (!message) return undefined
    const { turnId, role } = message
    const isOwn = turnId === this.#turn.id && role === 'assistant' && message.kind === kind
    return isOwn ? 'own' : 'foreign'
  }

  // An id of a turn that a revert took away may have been given again.
  #turnNow(tx: ReadTransaction): Turn | undefined {
    const { id, threadId, startedAtMs } = this.#turn
    const turn = rowOf(tx, TURN, 'WHERE id = ?', [id])
    return turn?.threadId === threadId && turn.startedAtMs === startedAtMs ? turn : undefined
  }

  #refuseLate(): void {
    this.#throwRefusal()
    if (this.#isOver) this.#throwOver()
  }

  #throwOver(): never {
    this.#isOver = true
    throw this.#over()
  }

  #throwRefusal(): void {
    const refusal = this.#refusal
    this.#refusal = undefined
    if (refusal) throw refusal
  }

  #over(): StoreError {
    return new StoreError('ARGUMENT_INVALID', `the turn of thread '${this.#threadId}' is over`, {
      hint: 'start a turn, and a new answer with it',
    })
  }
}

function foreign(what: 'message' | 'activity', id: string): StoreError {
  return new StoreError(
    'ARGUMENT_INVALID',
    `${what} '${id}' is not of this turn, or of another kind`,
    {
      hint: `leave out the id, or give one that no other ${what} has`,
    },
  )
}

const chunk = (data: ThreadsEventData['threads.message.chunk-received']): NewEvent => ({
  type: 'threads.message.chunk-received',
  data,
})

const appended = (data: ThreadsEventData['threads.message.appended']): NewEvent => ({
  type: 'threads.message.appended',
  data,
})
