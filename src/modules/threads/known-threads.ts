/**
 * What a source has said so far of projects and threads: which are there, and what of a thread stands
 * in other streams. An event that refers to nothing would leave rows that no command can reach and
 * that use up their ids, so it is refused; and who goes takes along what the command would.
 */
import { type DecidedEvent, decided, ofThread } from './decision.ts'
import { activityStream, sessionStream } from './events.ts'

/** What is there, and which streams have ever had an event. */
export interface Existing {
  hasProject(id: string): boolean
  hasThread(id: string): boolean
  wasUsed(stream: string): boolean
}

/** What of a thread stands outside of its own stream. */
export interface Surroundings {
  /** Ids of a project's threads. */
  threadsOf(projectId: string): readonly string[]
  /** Ids of a thread's activities of later turns. */
  activitiesOf(threadId: string, afterTurn: number): readonly string[]
  hasSession(threadId: string): boolean
}

interface Fields {
  readonly id: string
  readonly projectId?: string
  readonly threadId?: string
  readonly turnNumber?: number
  readonly turnCount?: number
}

const fieldsOf = ({ data }: DecidedEvent): Fields => data as Fields

/** Why an event refers to nothing, or `undefined`. */
export function unfounded(event: DecidedEvent, existing: Existing): string | undefined {
  const { stream, type } = event
  const { id, projectId = id, threadId = id } = fieldsOf(event)
  if (type === 'threads.setting.changed') return undefined
  const isProject = type.startsWith('threads.project.')
  const isCreation = type === 'threads.project.created' || type === 'threads.thread.created'
  if (isCreation && existing.wasUsed(stream)) {
    return `${isProject ? 'project' : 'thread'} '${id}' exists, or did`
  }
  if (type === 'threads.project.created') return undefined
  if (isProject || isCreation) {
    return existing.hasProject(projectId) ? undefined : `there is no project '${projectId}'`
  }
  return existing.hasThread(threadId) ? undefined : `there is no thread '${threadId}'`
}

/** What goes together with what an event takes away, as the command says it. */
export function goesAlong(event: DecidedEvent, around: Surroundings): DecidedEvent[] {
  const { id, threadId = id, turnNumber, turnCount = turnNumber } = fieldsOf(event)
  switch (event.type) {
    case 'threads.project.deleted':
      return around
        .threadsOf(id)
        .flatMap((thread) => [
          ofThread(thread, 'threads.thread.deleted', { id: thread }),
          ...surroundingsOf(thread, around),
        ])
    case 'threads.thread.deleted':
      return surroundingsOf(id, around)
    case 'threads.thread.reverted':
    case 'threads.checkpoint.restored':
      return activitiesRemoved(threadId, around.activitiesOf(threadId, turnCount ?? 0))
    default:
      return []
  }
}

function surroundingsOf(threadId: string, around: Surroundings): DecidedEvent[] {
  const events = activitiesRemoved(threadId, around.activitiesOf(threadId, -1))
  if (!around.hasSession(threadId)) return events
  return [...events, decided(sessionStream(threadId), 'threads.session.removed', { threadId })]
}

function activitiesRemoved(threadId: string, ids: readonly string[]): DecidedEvent[] {
  return ids.map((id) => decided(activityStream(id), 'threads.activity.removed', { id, threadId }))
}

interface KnownThread {
  readonly projectId: string
  /** The turn of each activity. */
  readonly activities: Map<string, number>
  hasSession: boolean
}

/** Both, as the events of a file so far have it. */
export class KnownThreads implements Existing, Surroundings {
  readonly #projects = new Map<string, Set<string>>()
  readonly #threads = new Map<string, KnownThread>()
  readonly #used = new Set<string>()

  hasProject(id: string): boolean {
    return this.#projects.has(id)
  }

  hasThread(id: string): boolean {
    return this.#threads.has(id)
  }

  wasUsed(stream: string): boolean {
    return this.#used.has(stream)
  }

  threadsOf(projectId: string): readonly string[] {
    return [...(this.#projects.get(projectId) ?? [])]
  }

  activitiesOf(threadId: string, afterTurn: number): readonly string[] {
    const activities = this.#threads.get(threadId)?.activities ?? []
    return [...activities].flatMap(([id, turn]) => (turn > afterTurn ? [id] : []))
  }

  hasSession(threadId: string): boolean {
    return this.#threads.get(threadId)?.hasSession ?? false
  }

  /** Takes an event that is going to be stored. */
  note(event: DecidedEvent): void {
    const { id, projectId = '', threadId = id, turnNumber = 0 } = fieldsOf(event)
    const thread = this.#threads.get(threadId)
    switch (event.type) {
      case 'threads.project.created':
        this.#projects.set(id, new Set())
        this.#used.add(event.stream)
        return
      case 'threads.project.deleted':
        this.#projects.delete(id)
        return
      case 'threads.thread.created':
        this.#threads.set(id, { projectId, activities: new Map(), hasSession: false })
        this.#projects.get(projectId)?.add(id)
        this.#used.add(event.stream)
        return
      case 'threads.thread.deleted':
        this.#projects.get(thread?.projectId ?? '')?.delete(id)
        this.#threads.delete(id)
        return
      case 'threads.activity.appended':
        thread?.activities.set(id, turnNumber)
        return
      case 'threads.activity.removed':
        thread?.activities.delete(id)
        return
      case 'threads.session.set':
        if (thread) thread.hasSession = true
    }
  }
}
