/**
 * The turns of T3 Code's threads. They begin and end by what is said of the session, and are counted by
 * their checkpoints; here each beginning and end is an event of its own, made where the rows imply one,
 * and all of them are counted.
 */
import { type DecidedEvent, ofThread, statusChanged } from './decision.ts'
import type { ThreadsEventData } from './event-data.ts'
import type { T3Event, T3Places } from './t3-events.ts'

interface OpenThread {
  turnCount: number
  activities: number
  input: string
  openTurn: string | undefined
  /** By the number of a turn: how many checkpoints there were with its own. */
  readonly checkpoints: Map<number, number>
}

/** What earlier rows said of each thread’s turns. */
export class T3Turns implements T3Places {
  readonly #threads = new Map<string, OpenThread>()
  readonly #numbers = new Map<string, number>()
  readonly #ordinals = new Map<string, number>()
  readonly #answered = new Set<string>()

  /** The number of a turn, of a thread's newest without one. */
  numberOf(threadId: string, turnId: string | null): number {
    return (turnId && this.#numbers.get(turnId)) || this.#thread(threadId).turnCount
  }

  numberOfDiff(threadId: string, turnId: string): number {
    return this.#numbers.get(turnId) ?? this.#thread(threadId).turnCount + 1
  }

  /**
   * T3 Code counts checkpoints, which a turn lacks whose program ended before its own was made. Such a
   * turn stays with the one after it: that it was undone is not said.
   */
  turnsAt(threadId: string, checkpointCount: number): number {
    const { checkpoints } = this.#thread(threadId)
    if (checkpoints.size === 0) return checkpointCount
    const kept = [...checkpoints].filter(([, count]) => count <= checkpointCount)
    return Math.max(0, ...kept.map(([number]) => number))
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
    const [first] = made
    if (type === 'thread.message-sent' && payload['role'] === 'user') {
      thread.input = String(payload['text'] ?? '')
    } else if (type === 'thread.session-set') {
      after.push(...this.#end(threadId, thread, session))
    } else if (first?.type === 'threads.turn.diff-completed') {
      const { turnNumber } = first.data as ThreadsEventData[typeof first.type]
      thread.checkpoints.set(turnNumber, Number(payload['checkpointTurnCount'] ?? turnNumber))
      // Of a turn that nothing else was said of, this is all.
      if (before.length > 0) after.push(...this.#end(threadId, thread, { status: 'ready' }))
    } else if (first?.type === 'threads.thread.reverted') {
      this.#goBack(thread, (first.data as ThreadsEventData[typeof first.type]).turnCount)
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

  #goBack(thread: OpenThread, turnCount: number): void {
    thread.turnCount = turnCount
    thread.openTurn = undefined
    for (const number of thread.checkpoints.keys()) {
      if (number > turnCount) thread.checkpoints.delete(number)
    }
  }

  #thread(id: string): OpenThread {
    let thread = this.#threads.get(id)
    if (!thread) {
      thread = {
        turnCount: 0,
        activities: 0,
        input: '',
        openTurn: undefined,
        checkpoints: new Map(),
      }
      this.#threads.set(id, thread)
    }
    return thread
  }
}
