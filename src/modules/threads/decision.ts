/** What a decider gives: events, or a refusal with a reason that a program can tell apart. */
import type { ThreadsEventData, ThreadsEventType } from './event-data.ts'
import { threadStream } from './events.ts'
import type { ReadModel } from './read-model.ts'
import type { Thread } from './types.ts'

/** Why a command is refused. */
export type RefusalReason =
  | 'not-found'
  | 'already-exists'
  | 'wrong-state'
  | 'too-large'
  | 'held-back'

/** An event that a decision appends. */
export interface DecidedEvent {
  readonly stream: string
  readonly type: ThreadsEventType
  readonly data: unknown
  /** Of a fact that is copied: when it first happened. */
  readonly occurredAtMs?: number
}

/** A command's consequences. */
export interface Accepted {
  readonly accepted: true
  /** What the command made or changed. */
  readonly id: string
  readonly events: readonly DecidedEvent[]
}

/** A command that has none, and why. */
export interface Refused {
  readonly accepted: false
  readonly reason: RefusalReason
  readonly message: string
}

/** What a decider gives. */
export type Decision = Accepted | Refused

/** What a decider knows besides the command. */
export interface DecisionContext {
  readonly model: ReadModel
  readonly newId: () => string
  /** Epoch milliseconds. */
  readonly nowMs: number
  /** Whether what is large may follow in transactions of its own. Left out: all is to be said at once. */
  readonly mayFollow?: boolean
}

/** Decides one kind of command; throws a {@link Refusal}. */
export type Decider<Command> = (
  command: Command,
  context: DecisionContext,
) => Omit<Accepted, 'accepted'>

/** Leaves a decider early; never leaves `decide`. */
export class Refusal extends Error {
  readonly reason: RefusalReason

  constructor(reason: RefusalReason, message: string) {
    super(message)
    this.reason = reason
  }
}

/** An event, its data checked against its type. */
export function decided<Type extends ThreadsEventType>(
  stream: string,
  type: Type,
  data: ThreadsEventData[Type],
): DecidedEvent {
  return { stream, type, data }
}

/** An event of a thread's own stream. */
export function ofThread<Type extends ThreadsEventType>(
  threadId: string,
  type: Type,
  data: ThreadsEventData[Type],
): DecidedEvent {
  return decided(threadStream(threadId), type, data)
}

/** A thread's change of status. */
export function statusChanged(
  id: string,
  status: Thread['status'],
  error: string | null = null,
): DecidedEvent {
  return ofThread(id, 'threads.thread.status-changed', { id, status, error })
}

/** What was found; refuses when it was not. */
export function found<Item>(item: Item | undefined, what: string, id: string): Item {
  if (item !== undefined) return item
  throw new Refusal('not-found', `there is no ${what} '${id}'`)
}

/** Refuses an id that is, or was, another's. */
export function unused(isTaken: boolean, what: string, id: string): void {
  if (isTaken) throw new Refusal('already-exists', `${what} '${id}' exists, or did`)
}
