/**
 * A thread as its stream alone tells it: the events up to a version, folded in memory. It says the
 * same as the tables, which a test asserts, and so also what they said at any version before.
 */
import type { RecordedEvent } from '../../index.ts'
import type { ThreadsEventData, ThreadsEventType } from './event-data.ts'
import { messageColumns } from './message-columns.ts'
import { RowsByTurn } from './rows-by-turn.ts'
import type {
  Approval,
  Branch,
  Commit,
  Message,
  Plan,
  Thread,
  ThreadCheckpoint,
  Turn,
} from './types.ts'

/** What a thread's stream tells. */
export interface ThreadHistory {
  readonly thread: Thread
  readonly turns: readonly Turn[]
  readonly messages: readonly Message[]
  readonly approvals: readonly Approval[]
  readonly plans: readonly Plan[]
  readonly checkpoints: readonly ThreadCheckpoint[]
  readonly branches: readonly Branch[]
  readonly commits: readonly Commit[]
}

type Draft<Item> = { -readonly [Field in keyof Item]: Item[Field] }

/** Folds the events of one thread's stream, oldest first. */
export class ThreadFold {
  #thread: Draft<Thread> | undefined
  readonly #turns = new Map<string, Draft<Turn>>()
  readonly #messages = new Map<string, Draft<Message>>()
  readonly #approvals = new Map<string, Draft<Approval>>()
  readonly #plans = new Map<string, Draft<Plan>>()
  readonly #checkpoints = new Map<string, Draft<ThreadCheckpoint>>()
  readonly #branches = new Map<string, Draft<Branch>>()
  readonly #commits = new Map<string, Draft<Commit>>()
  // What an event changes is found without a look at all that came before it.
  readonly #running = new Set<string>()
  readonly #streaming = new Set<string>()
  readonly #pending = new Set<string>()
  readonly #ofTurn = new RowsByTurn()

  /** The thread so far; `undefined` before it was made and after it was deleted. */
  get history(): ThreadHistory | undefined {
    if (!this.#thread) return undefined
    return {
      thread: { ...this.#thread, messageCount: this.#messages.size },
      turns: [...this.#turns.values()],
      messages: [...this.#messages.values()],
      approvals: [...this.#approvals.values()],
      plans: [...this.#plans.values()],
      checkpoints: [...this.#checkpoints.values()],
      branches: [...this.#branches.values()],
      commits: [...this.#commits.values()],
    }
  }

  /** Takes the next event. */
  add(event: RecordedEvent): void {
    const nowMs = event.occurredAtMs
    this.#fold(event, nowMs)
    const thread = this.#thread
    if (!thread) return
    thread.version = event.version
    thread.updatedAtMs = Math.max(thread.updatedAtMs, nowMs)
  }

  #fold(event: RecordedEvent, nowMs: number): void {
    const type = event.type as ThreadsEventType
    const dataOf = <Type extends ThreadsEventType>(_: Type) => event.data as ThreadsEventData[Type]
    switch (type) {
      case 'threads.thread.created': {
        const times = { createdAtMs: nowMs, updatedAtMs: nowMs, version: event.version }
        const counts = { turnCount: 0, messageCount: 0, status: 'idle', error: null } as const
        this.#thread = { ...dataOf(type), ...counts, isHalfImported: false, ...times }
        return
      }
      case 'threads.thread.meta-updated':
      case 'threads.thread.runtime-mode-set':
      case 'threads.thread.interaction-mode-set':
      case 'threads.thread.status-changed':
        this.#change(dataOf(type))
        return
      case 'threads.thread.reverted':
        this.#prune(dataOf(type).turnCount)
        return
      case 'threads.checkpoint.restored':
        this.#prune(dataOf(type).turnNumber)
        return
      case 'threads.thread.deleted':
        this.#thread = undefined
        return
      case 'threads.thread.swept':
        // The thread went before.
        return
      case 'threads.turn.started':
        this.#start(dataOf(type), nowMs)
        return
      case 'threads.turn.completed':
        this.#end(dataOf(type).id, 'completed', null, nowMs)
        return
      case 'threads.turn.interrupted':
        this.#end(dataOf(type).id, 'interrupted', null, nowMs)
        return
      case 'threads.turn.failed':
        this.#end(dataOf(type).id, 'failed', dataOf(type).error, nowMs)
        return
      case 'threads.turn.diff-completed': {
        const { turnId, ...more } = dataOf(type)
        const turn = this.#turns.get(turnId)
        if (turn && this.#running.delete(turnId)) {
          Object.assign(turn, { status: 'completed', endedAtMs: nowMs })
        }
        this.#saveCheckpoint({ id: `${turnId}.checkpoint`, turnId, ...more }, nowMs)
        return
      }
      case 'threads.message.appended': {
        const { content, isStreaming = false, ...place } = dataOf(type)
        const turnNumber = this.#numberOf(place.turnId)
        const columns = messageColumns(content)
        this.#addMessage(event, { ...place, ...columns, turnNumber, isStreaming })
        return
      }
      case 'threads.message.chunk-received':
        this.#extend(dataOf(type).id, dataOf(type).delta, nowMs)
        if (dataOf(type).isLast) this.#setStreaming(dataOf(type).id, false)
        return
      case 'threads.message.sent':
        this.#send(event, dataOf(type), nowMs)
        return
      case 'threads.approval.requested': {
        const data = dataOf(type)
        if (this.#approvals.has(data.id)) return
        const turnNumber = this.#numberOf(data.turnId)
        const detail = data.detail ?? null
        const state = { status: 'pending', requestedAtMs: nowMs, answeredAtMs: null } as const
        this.#ofTurn.set(this.#approvals, { ...data, detail, turnNumber, ...state })
        this.#pending.add(data.id)
        return
      }
      case 'threads.approval.answered': {
        const { id, decision } = dataOf(type)
        const approval = this.#approvals.get(id)
        if (approval) Object.assign(approval, { status: decision, answeredAtMs: nowMs })
        this.#pending.delete(id)
        return
      }
      case 'threads.plan.upserted': {
        const data = dataOf(type)
        const {
          turnNumber = this.#numberOf(data.turnId),
          createdAtMs = nowMs,
          turnId,
        } = this.#plans.get(data.id) ?? { turnId: data.turnId }
        const times = { createdAtMs, updatedAtMs: nowMs }
        this.#ofTurn.set(this.#plans, { ...data, turnId, turnNumber, ...times })
        return
      }
      case 'threads.checkpoint.created': {
        const data = dataOf(type)
        this.#saveCheckpoint({ ...data, turnNumber: this.#numberOf(data.turnId) }, nowMs)
        return
      }
      case 'threads.branch.created': {
        const data = dataOf(type)
        const known = this.#branches.get(data.name)
        const unpushed = { remote: null, createdAtMs: nowMs, pushedAtMs: null }
        this.#branches.set(data.name, { ...unpushed, ...known, ...data })
        this.#change({ branch: data.name })
        return
      }
      case 'threads.branch.pushed': {
        const { threadId, name, remote } = dataOf(type)
        const known = this.#branches.get(name) ?? {
          threadId,
          name,
          gitRef: null,
          createdAtMs: nowMs,
        }
        this.#branches.set(name, { ...known, remote, pushedAtMs: nowMs })
        return
      }
      case 'threads.changes.committed': {
        const data = dataOf(type)
        const { committedAtMs = nowMs } = this.#commits.get(data.gitRef) ?? {}
        this.#commits.set(data.gitRef, { ...data, committedAtMs })
        return
      }
      default:
        // Wishes and answers that change no row but the thread's version.
        return
    }
  }

  #change(fields: Partial<Thread>): void {
    if (this.#thread) Object.assign(this.#thread, fields)
  }

  #numberOf(turnId: string | null): number {
    const turn = turnId === null ? undefined : this.#turns.get(turnId)
    return turn?.number ?? this.#thread?.turnCount ?? 0
  }

  #start({ id, threadId, input }: ThreadsEventData['threads.turn.started'], nowMs: number): void {
    const number = this.#turns.size + 1
    const state = { status: 'running', error: null, startedAtMs: nowMs, endedAtMs: null } as const
    this.#turns.set(id, { id, threadId, number, input, ...state })
    this.#running.add(id)
    this.#change({ turnCount: number })
  }

  #end(id: string, status: Turn['status'], error: string | null, nowMs: number): void {
    const turn = this.#turns.get(id)
    if (turn) Object.assign(turn, { status, error, endedAtMs: nowMs })
    this.#running.delete(id)
    for (const approvalId of this.#pending) {
      const approval = this.#approvals.get(approvalId)
      if (approval?.turnId !== id) continue
      Object.assign(approval, { status: 'cancelled', answeredAtMs: nowMs })
      this.#pending.delete(approvalId)
    }
    for (const messageId of this.#streaming) {
      if (this.#messages.get(messageId)?.turnId === id) this.#setStreaming(messageId, false)
    }
  }

  // Turns are numbered without a gap, and the last go first: their number is how many there are.
  #prune(number: number): void {
    for (const [id, turn] of this.#turns) {
      if (turn.number <= number) continue
      this.#turns.delete(id)
      this.#running.delete(id)
    }
    this.#ofTurn.dropAfter(number)
    for (const id of this.#streaming) if (!this.#messages.has(id)) this.#streaming.delete(id)
    for (const id of this.#pending) if (!this.#approvals.has(id)) this.#pending.delete(id)
    this.#change({ turnCount: this.#turns.size, status: 'idle', error: null })
  }

  #addMessage(
    event: RecordedEvent,
    message: Omit<Message, 'position' | 'createdAtMs' | 'updatedAtMs'>,
  ): void {
    const nowMs = event.occurredAtMs
    const times = { createdAtMs: nowMs, updatedAtMs: nowMs }
    this.#ofTurn.set(this.#messages, { ...message, position: event.version, ...times })
    if (message.isStreaming) this.#streaming.add(message.id)
  }

  #extend(id: string, delta: string, nowMs: number): void {
    const message = this.#messages.get(id)
    if (!message) return
    message.text += delta
    message.updatedAtMs = nowMs
  }

  #setStreaming(id: string, isStreaming: boolean): void {
    const message = this.#messages.get(id)
    if (!message) return
    message.isStreaming = isStreaming
    if (isStreaming) this.#streaming.add(id)
    else this.#streaming.delete(id)
  }

  #send(event: RecordedEvent, data: ThreadsEventData['threads.message.sent'], nowMs: number): void {
    const { id, role, text, isStreaming, turnId } = data
    const known = this.#messages.get(id)
    if (known) {
      if (isStreaming) this.#extend(id, text, nowMs)
      else Object.assign(known, { text: text || known.text, updatedAtMs: nowMs })
      this.#setStreaming(id, isStreaming)
      return
    }
    const isNext = turnId === null && role === 'user' && this.#running.size === 0
    const turnNumber = this.#numberOf(turnId) + Number(isNext)
    this.#addMessage(event, { ...data, kind: 'text', detail: null, turnNumber })
  }

  #saveCheckpoint(
    data: Omit<ThreadCheckpoint, 'additions' | 'deletions' | 'createdAtMs'>,
    nowMs: number,
  ): void {
    const { files, gitRef, status } = data
    const additions = files.reduce((sum, file) => sum + file.additions, 0)
    const deletions = files.reduce((sum, file) => sum + file.deletions, 0)
    const known = this.#checkpoints.get(data.id)
    const changed = { gitRef, status, files, additions, deletions }
    this.#ofTurn.set(this.#checkpoints, {
      ...(known ?? { ...data, createdAtMs: nowMs }),
      ...changed,
    })
  }
}
