/**
 * What threads should do, in lists and plain objects: written from the rules, without a look at the
 * module's deciders or projections. It keeps what callers can see and nothing else.
 */
import type { Command } from '../../dist/modules/threads/index.js'

export interface ModelThread {
  id: string
  title: string
  status: string
  error: string | null
  runtimeMode: string
  interactionMode: string
  branch: string | null
  session: string | null
  turns: { id: string; status: string; input: string }[]
  /** `turn` is the number of the turn that it belongs to. */
  messages: ModelMessage[]
  approvals: { id: string; status: string; turn: number; turnId: string | null }[]
  checkpoints: { id: string | null; gitRef: string; turn: number }[]
  plans: { id: string | null; text: string; turn: number }[]
  activities: { id: string; payload: unknown; turn: number }[]
  branches: { name: string; remote: string | null }[]
  commits: { gitRef: string; message: string }[]
}

interface ModelMessage {
  role: string
  kind: string
  text: string
  turn: number
  id: string | null
  isStreaming: boolean
}

/** An answer of a stream, from its first delta to its end. */
export interface ModelAnswer {
  readonly type: 'answer'
  readonly threadId: string
  readonly deltas: readonly {
    readonly kind: 'text-delta' | 'thinking-delta'
    readonly delta: string
  }[]
  readonly ends: 'stream' | 'turn'
}

interface ModelProject {
  id: string
  name: string
  path: string
  defaultModel: string | null
  threads: ModelThread[]
}

type Outcome = 'ok' | 'not-found' | 'already-exists' | 'wrong-state'

/** The commands that the model knows. */
export type ModelCommand = Command

export class ThreadsModel {
  projects: ModelProject[] = []
  readonly settings: Record<string, unknown> = {}
  #selected: string | null = null
  readonly #usedProjects = new Set<string>()
  readonly #usedThreads = new Set<string>()
  #lostMessages = 0

  get threads(): ModelThread[] {
    return this.projects.flatMap((project) => project.threads)
  }

  /** The thread that was selected last, if it is still there. */
  get selected(): string | null {
    return this.threads.find(({ id }) => id === this.#selected)?.id ?? null
  }

  /** The deltas of a kind are one message; the stream's end, or the turn's, ends them all. */
  answer({ threadId, deltas, ends }: ModelAnswer): Outcome {
    const thread = this.threads.find(({ id }) => id === threadId)
    const open = thread?.turns.find(({ status }) => status === 'running')
    if (!thread || !open) return 'wrong-state'
    let last: ModelMessage | undefined
    for (const { kind: name, delta } of deltas) {
      const kind = name === 'text-delta' ? 'text' : 'thinking'
      if (last?.kind === kind) last.text += delta
      else {
        last = message(thread.turns.length, 'assistant', kind, delta, null)
        thread.messages.push(last)
      }
    }
    if (ends === 'turn') endTurn(thread, open, 'completed')
    return 'ok'
  }

  run(command: ModelCommand): Outcome {
    switch (command.type) {
      case 'project.create': {
        const { projectId = '', name, path } = command
        if (this.#usedProjects.has(projectId)) return 'already-exists'
        if (this.projects.some((project) => project.path === path)) return 'already-exists'
        this.#usedProjects.add(projectId)
        const { defaultModel = null } = command
        this.projects.push({ id: projectId, name, path, defaultModel, threads: [] })
        return 'ok'
      }
      case 'project.rename': {
        const project = this.projects.find(({ id }) => id === command.projectId)
        if (!project) return 'not-found'
        project.name = command.name
        return 'ok'
      }
      case 'project.update': {
        const { projectId, type: _, ...changes } = command
        const project = this.projects.find(({ id }) => id === projectId)
        if (!project) return 'not-found'
        if (this.projects.some((one) => one !== project && one.path === changes.path)) {
          return 'already-exists'
        }
        Object.assign(project, changes)
        return 'ok'
      }
      case 'project.delete': {
        const before = this.projects.length
        this.projects = this.projects.filter(({ id }) => id !== command.projectId)
        return this.projects.length < before ? 'ok' : 'not-found'
      }
      case 'thread.create': {
        const project = this.projects.find(({ id }) => id === command.projectId)
        if (!project) return 'not-found'
        const { threadId = '', title = 'New thread' } = command
        if (this.#usedThreads.has(threadId)) return 'already-exists'
        this.#usedThreads.add(threadId)
        project.threads.push(emptyThread(threadId, title))
        return 'ok'
      }
      case 'setting.change':
        this.settings[command.key] = command.value
        return 'ok'
      case 'approval.approve':
      case 'approval.reject': {
        const decision = command.type === 'approval.approve' ? 'approved' : 'rejected'
        return this.#answer(command.approvalId, decision)
      }
      case 'checkpoint.restore':
      case 'thread.fork':
        return this.#atCheckpoint(command)
      case 'message.extend': {
        const thread = this.threads.find(({ messages }) => hasId(messages, command.messageId))
        const message = thread?.messages.find(({ id }) => id === command.messageId)
        if (!message) return 'not-found'
        message.text += command.delta
        return 'ok'
      }
      default:
        return 'threadId' in command ? this.#onThread(command) : 'wrong-state'
    }
  }

  #onThread(command: ModelCommand & { readonly threadId?: string }): Outcome {
    const thread = this.threads.find(({ id }) => id === command.threadId)
    if (!thread) return 'not-found'
    const open = thread.turns.find(({ status }) => status === 'running')
    const turn = thread.turns.length
    const isAtRest = ['idle', 'error', 'completed'].includes(thread.status)
    switch (command.type) {
      case 'thread.select':
        this.#selected = thread.id
        return 'ok'
      case 'thread.set-runtime-mode':
        thread.runtimeMode = command.runtimeMode
        return 'ok'
      case 'thread.set-interaction-mode':
        thread.interactionMode = command.interactionMode
        return 'ok'
      case 'session.set':
        thread.session = command.status
        return 'ok'
      case 'session.stop':
        return thread.session === null ? 'not-found' : 'ok'
      case 'branch.create': {
        const { name } = command
        if (!thread.branches.some((one) => one.name === name)) {
          thread.branches.push({ name, remote: null })
        }
        thread.branch = name
        return 'ok'
      }
      case 'branch.push': {
        const { name, remote = 'origin' } = command
        const known = thread.branches.find((one) => one.name === name)
        if (known) known.remote = remote
        else thread.branches.push({ name, remote })
        return 'ok'
      }
      case 'changes.commit': {
        const { gitRef, message } = command
        const known = thread.commits.find((one) => one.gitRef === gitRef)
        if (known) known.message = message
        else thread.commits.push({ gitRef, message })
        return 'ok'
      }
      case 'thread.delete':
        for (const project of this.projects) {
          project.threads = project.threads.filter((one) => one !== thread)
        }
        return 'ok'
      case 'thread.update':
        thread.title = command.title ?? thread.title
        return 'ok'
      case 'thread.revert':
        if (!isAtRest || command.turnCount > turn) return 'wrong-state'
        goBack(thread, command.turnCount)
        return 'ok'
      case 'turn.start':
        if (!isAtRest) return 'wrong-state'
        if (this.threads.some(({ turns }) => hasId(turns, command.turnId ?? ''))) {
          return 'already-exists'
        }
        thread.turns.push({ id: command.turnId ?? '', status: 'running', input: command.input })
        thread.messages.push(message(turn + 1, 'user', 'text', command.input, null))
        thread.status = 'running'
        thread.error = null
        return 'ok'
      case 'turn.interrupt':
        if (!open) return 'wrong-state'
        endTurn(thread, open, 'interrupted')
        return 'ok'
      case 'message.append': {
        const id = command.messageId ?? null
        if (id !== null && this.threads.some(({ messages }) => hasId(messages, id))) {
          return 'already-exists'
        }
        if (command.content.kind !== 'text') return 'wrong-state'
        thread.messages.push(message(turn, command.role, 'text', command.content.text, id))
        return 'ok'
      }
      case 'plan.put': {
        const { planId: id = '', text } = command
        const owner = this.threads.find(({ plans }) => hasId(plans, id))
        if (owner && owner !== thread) return 'already-exists'
        const known = thread.plans.find((plan) => plan.id === id)
        if (known) known.text = text
        else thread.plans.push({ id, text, turn })
        return 'ok'
      }
      case 'activity.put': {
        const { activityId: id = '', payload } = command
        const owner = this.threads.find(({ activities }) => hasId(activities, id))
        if (owner && owner !== thread) return 'already-exists'
        const known = thread.activities.find((activity) => activity.id === id)
        if (known) known.payload = payload
        else thread.activities.push({ id, payload, turn })
        return 'ok'
      }
      case 'checkpoint.create': {
        const { checkpointId: id = null, gitRef } = command
        const isTaken = this.threads.some(({ checkpoints }) => hasId(checkpoints, id ?? ''))
        if (isTaken) return 'already-exists'
        thread.checkpoints.push({ id, gitRef, turn })
        return 'ok'
      }
      case 'provider.ingest':
        if (!open) return 'wrong-state'
        return this.#ingest(thread, open, command.event)
      default:
        return 'wrong-state'
    }
  }

  #ingest(
    thread: ModelThread,
    open: ModelThread['turns'][number],
    event: Extract<ModelCommand, { type: 'provider.ingest' }>['event'],
  ): Outcome {
    const turn = thread.turns.length
    switch (event.kind) {
      case 'text-delta':
      case 'thinking-delta': {
        const kind = event.kind === 'text-delta' ? 'text' : 'thinking'
        const { messageId: id } = event
        const everywhere = this.threads.flatMap(({ messages }) => messages)
        const last =
          id === undefined ? thread.messages.at(-1) : everywhere.find((one) => one.id === id)
        const isOwn = last !== undefined && thread.messages.includes(last)
        const goesOn =
          isOwn && last.turn === turn && last.role === 'assistant' && last.kind === kind
        if (goesOn) last.text += event.delta
        else if (last && id !== undefined) return 'wrong-state'
        else {
          const added = message(turn, 'assistant', kind, event.delta, id ?? null)
          thread.messages.push({ ...added, isStreaming: true })
        }
        return 'ok'
      }
      case 'tool-call':
        thread.messages.push(message(turn, 'assistant', 'tool-call', event.name, null))
        return 'ok'
      case 'tool-result':
        thread.messages.push(message(turn, 'tool', 'tool-result', String(event.output), null))
        return 'ok'
      case 'awaiting-approval': {
        const id = event.approvalId ?? ''
        if (this.threads.some(({ approvals }) => hasId(approvals, id))) return 'already-exists'
        thread.approvals.push({ id, status: 'pending', turn, turnId: open.id })
        thread.status = 'awaiting-approval'
        return 'ok'
      }
      case 'turn-complete':
        endTurn(thread, open, 'completed')
        return 'ok'
      case 'error':
        endTurn(thread, open, 'failed')
        thread.status = 'error'
        thread.error = event.error
        return 'ok'
    }
  }

  #answer(approvalId: string, decision: string): Outcome {
    const thread = this.threads.find(({ approvals }) => hasId(approvals, approvalId))
    const approval = thread?.approvals.find(({ id }) => id === approvalId)
    if (!thread || !approval) return 'not-found'
    if (approval.status !== 'pending') return 'wrong-state'
    approval.status = decision
    const isHeldUp = thread.approvals.some(({ status }) => status === 'pending')
    const isOpen = thread.turns.some(({ status }) => status === 'running')
    if (isOpen && !isHeldUp) thread.status = 'running'
    return 'ok'
  }

  #atCheckpoint(
    command: Extract<ModelCommand, { type: 'checkpoint.restore' | 'thread.fork' }>,
  ): Outcome {
    const { checkpointId } = command
    const project = this.projects.find(({ threads }) =>
      threads.some(({ checkpoints }) => hasId(checkpoints, checkpointId)),
    )
    const thread = project?.threads.find(({ checkpoints }) => hasId(checkpoints, checkpointId))
    const checkpoint = thread?.checkpoints.find(({ id }) => id === checkpointId)
    if (!project || !thread || !checkpoint) return 'not-found'
    if (command.type === 'checkpoint.restore') {
      if (!['idle', 'error', 'completed'].includes(thread.status)) return 'wrong-state'
      goBack(thread, checkpoint.turn)
      return 'ok'
    }
    const { threadId = '', title = `${thread.title} (fork)` } = command
    if (this.#usedThreads.has(threadId)) return 'already-exists'
    this.#usedThreads.add(threadId)
    const fork = emptyThread(threadId, title)
    fork.turns = thread.turns.slice(0, checkpoint.turn).map((turn) => ({
      ...turn,
      // Nobody can name what a copy is called.
      id: `copy ${this.#lostMessages++}`,
      status: turn.status === 'running' ? 'interrupted' : turn.status,
    }))
    fork.messages = thread.messages
      .filter(({ turn }) => turn <= checkpoint.turn)
      .map((one) => ({ ...one, id: null, isStreaming: false }))
      .sort((a, b) => a.turn - b.turn)
    fork.plans = thread.plans
      .filter(({ turn }) => turn <= checkpoint.turn)
      .map((one) => ({ ...one, id: null }))
    fork.runtimeMode = thread.runtimeMode
    fork.interactionMode = thread.interactionMode
    fork.checkpoints = [{ ...checkpoint, id: null }]
    project.threads.push(fork)
    return 'ok'
  }
}

function emptyThread(id: string, title: string): ModelThread {
  const lists = {
    turns: [],
    messages: [],
    approvals: [],
    checkpoints: [],
    plans: [],
    activities: [],
    branches: [],
    commits: [],
  }
  const modes = { runtimeMode: 'full-access', interactionMode: 'default' }
  const none = { error: null, branch: null, session: null }
  return { id, title, status: 'idle', ...modes, ...none, ...lists }
}

function message(
  turn: number,
  role: string,
  kind: string,
  text: string,
  id: string | null,
): ModelThread['messages'][number] {
  return { role, kind, text, turn, id, isStreaming: false }
}

function endTurn(thread: ModelThread, turn: ModelThread['turns'][number], status: string): void {
  turn.status = status
  thread.status = 'idle'
  thread.error = null
  const number = thread.turns.indexOf(turn) + 1
  for (const message of thread.messages) if (message.turn === number) message.isStreaming = false
  for (const approval of thread.approvals) {
    if (approval.turnId === turn.id && approval.status === 'pending') approval.status = 'cancelled'
  }
}

function goBack(thread: ModelThread, turns: number): void {
  thread.turns.splice(turns)
  for (const field of ['messages', 'approvals', 'checkpoints', 'plans', 'activities'] as const) {
    const rows: { turn: number }[] = thread[field]
    rows.splice(0, rows.length, ...rows.filter(({ turn }) => turn <= turns))
  }
  thread.status = 'idle'
  thread.error = null
}

function hasId(rows: readonly { readonly id: string | null }[], id: string): boolean {
  return id !== '' && rows.some((row) => row.id === id)
}
