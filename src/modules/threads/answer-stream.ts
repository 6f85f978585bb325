/**
 * A provider's reports as they come, thousands of deltas to an answer. Followers see each within
 * milliseconds through the live ring; durable are few parts, by length, by time and at the end of
 * the message. What was shown survives the process: a record says where it is (answer-records.ts).
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
  StoreError,
} from '../../index.ts'
import { type AnswerActivity, AnswerParts } from './answer-parts.ts'
import type { AnswerRecords, Growing } from './answer-records.ts'
import type { ProviderEvent } from './commands.ts'
import { acceptedOrThrow, type CommandOptions, dispatch } from './dispatch.ts'
import { threadStream } from './events.ts'
import { refuseHeldBackThread } from './held-back.ts'
import { takeOver } from './recover-answers.ts'
import { ACTIVITY, rowOf, TURN } from './rows.ts'
import type { Turn } from './types.ts'

/** Options of an answer stream. */
export interface AnswerStreamOptions {
  /** Length at which a part becomes durable. Default 8,192. */
  readonly maxLength?: number
  /** Milliseconds after which a part becomes durable, however short. Default 5,000. */
  readonly maxMs?: number
}

type OpenMessage = NonNullable<Growing['message']>

const OPEN_TURN = `WHERE thread_id = ? AND status = 'running' ORDER BY number DESC LIMIT 1`

/** Takes the reports on one turn. */
export class AnswerStream {
  readonly #store: ModuleStore
  readonly #records: AnswerRecords
  readonly #recordId: string
  readonly #threadId: string
  readonly #turn: Turn
  readonly #parts: AnswerParts
  readonly #coalescer: Coalescer
  readonly #activities = new Map<string, AnswerActivity>()
  #open: OpenMessage | undefined
  #isOver = false
  /** What the record says. */
  #noted: string | undefined
  /** An id that another has taken between its first delta and its first part. */
  #refusal: StoreError | undefined

  /** @internal Use `threads.answer(threadId)`. */
  constructor(
    store: ModuleStore,
    records: AnswerRecords,
    threadId: string,
    options: AnswerStreamOptions,
  ) {
    this.#store = store
    this.#records = records
    this.#recordId = store.newId()
    this.#threadId = threadId
    this.#turn = store.write((tx) => {
      refuseHeldBackThread(store, tx, threadId)
      // What was shown by a process that has ended comes before what this one says.
      takeOver(store, tx, records, threadId)
      const turn = rowOf(tx, TURN, OPEN_TURN, [threadId])
      if (!turn) throw this.#over()
      return turn
    })
    this.#parts = new AnswerParts(store, this.#turn)
    this.#note()
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
    // Outputs are cut off anywhere, within a character too.
    this.#activities.set(id, { ...activity, output: output.toWellFormed() })
    this.#note()
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
    this.#endAll(() => {
      this.#forget()
      return () => undefined
    })
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
    this.#open ??= this.#opened({ id: messageId ?? this.#store.newId(), kind })
    this.#coalescer.add(this.#open.id, delta)
  }

  // The record comes first, so that no text is shown of which another process would not know.
  #opened(message: Omit<OpenMessage, 'offset'>): OpenMessage {
    const known = this.#store.read((tx) => this.#parts.messageNow(tx, message))
    if (known === 'foreign') throw foreign('message', message.id)
    const open = { ...message, offset: known?.text.length ?? 0 }
    this.#note(open)
    return open
  }

  #note(message: OpenMessage | null = this.#open ?? null): void {
    const activities = Array.from(this.#activities.values(), ({ output: _, ...fields }) => fields)
    const growing = { message, activities }
    const noted = JSON.stringify(growing)
    if (noted === this.#noted) return
    this.#store.write((tx) => this.#records.put(tx, this.#recordId, { turn: this.#turn, growing }))
    this.#noted = noted
  }

  #forget(): void {
    this.#store.write((tx) => this.#records.drop(tx, this.#recordId))
  }

  #endAll(then: () => () => void): void {
    const afterCommit = this.#coalescer.endAll(then)
    this.#open = undefined
    this.#activities.clear()
    afterCommit()
  }

  // Inside a write. What it throws waits until that is committed: a refusal takes back no text.
  #report(event: ProviderEvent, options: CommandOptions | undefined): () => void {
    const turn = this.#store.read((tx) => this.#parts.turnNow(tx))
    if (turn?.status !== 'running') return () => this.#throwOver()
    const threadId = this.#threadId
    const result = dispatch(this.#store, { type: 'provider.ingest', threadId, event }, options)
    const isEnd = event.kind === 'turn-complete' || event.kind === 'error'
    if (result.accepted && isEnd) this.#forget()
    return () => {
      acceptedOrThrow(result)
      this.#isOver = isEnd
    }
  }

  // Called inside the write that appends it; nothing for a turn that is gone.
  #eventOf(part: CoalescedPart): (NewEvent & { readonly stream?: string }) | undefined {
    return this.#store.read((tx) => {
      const turn = this.#parts.turnNow(tx)
      const isTurnOpen = turn?.status === 'running'
      if (!isTurnOpen) this.#isOver = true
      if (!turn) return undefined
      const { key: id } = part
      const activity = this.#activities.get(id)
      const kind = this.#open?.kind ?? 'text'
      const made = activity
        ? this.#parts.stateOf(tx, activity)
        : this.#parts.textOf(tx, { id, kind }, { ...part, isTurnOpen })
      if (made !== 'foreign') return made
      this.#refusal = foreign(activity ? 'activity' : 'message', id)
      return undefined
    })
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
