/**
 * What the parts of an answer become: events of the turn that it is of, by the rules of the commands, so
 * that a row is the same whichever way it came. Whoever writes the answer says it by these, and whoever
 * takes over what an ended process has left.
 */
import type { ModuleStore, NewEvent, ReadTransaction } from '../../index.ts'
import { decide } from './decide.ts'
import type { DecidedEvent } from './decision.ts'
import type { ThreadsEventData } from './event-data.ts'
import { threadStream } from './events.ts'
import { readModelOf } from './read-model.ts'
import { MESSAGE, rowOf, TURN } from './rows.ts'
import type { Message, Turn } from './types.ts'

/** An activity whose output grows. */
export interface AnswerActivity {
  /** The same for every state of it. */
  readonly activityId: string
  /** What it is: a tool's name, as a rule. */
  readonly kind: string
  /** Default `info`. */
  readonly tone?: string
  /** One line for people. */
  readonly summary: string
  /** All of the output so far, or what is shown of it. */
  readonly output: string
}

/** A message that grows. */
export interface AnswerMessage {
  readonly id: string
  readonly kind: 'text' | 'thinking'
}

/** What tells a turn from another that was given its id later. */
export type TurnKey = Pick<Turn, 'id' | 'threadId' | 'startedAtMs'>

/** Makes the events of one turn's answer; called inside the write that appends them. */
export class AnswerParts {
  readonly #store: ModuleStore
  readonly #turn: TurnKey

  constructor(store: ModuleStore, turn: TurnKey) {
    this.#store = store
    this.#turn = turn
  }

  /**
   * The turn as it is; `undefined` once it is gone: an id that a revert freed may be given again. Throws
   * `STREAM_BLOCKED` where it may only be missing, for what was shown of a turn that is gone goes too.
   */
  turnNow(tx: ReadTransaction): Turn | undefined {
    const { id, threadId, startedAtMs } = this.#turn
    const turn = rowOf(tx, TURN, 'WHERE id = ?', [id])
    if (turn?.threadId === threadId && turn.startedAtMs === startedAtMs) return turn
    this.#store.log.ensureFolded({ stream: threadStream(threadId) })
    return undefined
  }

  /** The message of this id, by the rule of `provider.ingest`: of this turn and kind, or none. */
  messageNow(tx: ReadTransaction, { id, kind }: AnswerMessage): Message | 'foreign' | undefined {
    const message = rowOf(tx, MESSAGE, 'WHERE id = ?', [id])
    if (!message) return undefined
    const { turnId, role } = message
    const isOwn = turnId === this.#turn.id && role === 'assistant' && message.kind === kind
    return isOwn ? message : 'foreign'
  }

  /** A part of a message's text. */
  textOf(
    tx: ReadTransaction,
    message: AnswerMessage,
    part: { readonly text: string; readonly isLast: boolean; readonly isTurnOpen: boolean },
  ): NewEvent | 'foreign' {
    const { id, kind } = message
    const { text, isLast, isTurnOpen } = part
    const { id: turnId, threadId } = this.#turn
    const known = this.messageNow(tx, message)
    if (known === 'foreign') return known
    if (known) return chunk({ id, threadId, delta: text, ...(isLast && { isLast }) })
    const more = isLast || !isTurnOpen ? {} : { isStreaming: true as const }
    const data = { id, threadId, turnId, role: 'assistant' as const }
    return appended({ ...data, content: { kind, text }, ...more })
  }

  /** The state of an activity. */
  stateOf(tx: ReadTransaction, activity: AnswerActivity): DecidedEvent | 'foreign' {
    const { output, ...fields } = activity
    const { clock, newId, log } = this.#store
    const model = readModelOf(tx, (stream) => log.streamVersion(stream))
    const place = { threadId: this.#turn.threadId, turnId: this.#turn.id }
    const command = { type: 'activity.put', ...fields, ...place, payload: { output } } as const
    const decision = decide(command, { model, newId, nowMs: clock() })
    return (decision.accepted && decision.events[0]) || 'foreign'
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
