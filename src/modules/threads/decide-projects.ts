/** Decides what concerns projects and settings. */
import type { CommandOf } from './commands.ts'
import { surroundingsRemoved, threadDeleted } from './decide-removals.ts'
import { type Decider, type DecisionContext, decided, found, Refusal, unused } from './decision.ts'
import { projectStream, settingStream } from './events.ts'

// All of a project goes in one transaction, which others wait for.
const MAX_DELETED_THREADS = 10_000
const MAX_SURROUNDINGS = 20_000

/** A path is one project's. */
export const createProject: Decider<CommandOf<'project.create'>> = (command, context) => {
  const { model, newId } = context
  const { projectId: id = newId(), name, path, defaultModel = null } = command
  unused(model.wasUsed(projectStream(id)), 'project', id)
  refuseTakenPath(context, path)
  const data = { id, name, path, defaultModel }
  return { id, events: [decided(projectStream(id), 'threads.project.created', data)] }
}

/** Changes a project's name. */
export const renameProject: Decider<CommandOf<'project.rename'>> = (command, { model }) => {
  const { projectId: id, name } = command
  const project = found(model.project(id), 'project', id)
  if (project.name === name) return { id, events: [] }
  return { id, events: [decided(projectStream(id), 'threads.project.renamed', { id, name })] }
}

/** Changes whatever of a project is given. */
export const updateProject: Decider<CommandOf<'project.update'>> = (command, context) => {
  const { type: _, projectId: id, ...changes } = command
  const project = found(context.model.project(id), 'project', id)
  if (changes.path !== undefined && changes.path !== project.path) {
    refuseTakenPath(context, changes.path)
  }
  if (Object.keys(changes).length === 0) return { id, events: [] }
  const data = { id, ...changes }
  return { id, events: [decided(projectStream(id), 'threads.project.meta-updated', data)] }
}

/** Takes the project's threads with it. */
export const deleteProject: Decider<CommandOf<'project.delete'>> = (command, context) => {
  const { model, mayFollow = false } = context
  const { projectId: id } = command
  found(model.project(id), 'project', id)
  const threads = model.threadsOf(id)
  if (threads.length > MAX_DELETED_THREADS) {
    throw new Refusal(
      'too-large',
      `project '${id}' has ${threads.length} threads: delete some first`,
    )
  }
  const isGradual = mayFollow && model.isLarge(threads)
  const surroundings = threads.flatMap((thread) => surroundingsRemoved(model, thread, isGradual))
  if (surroundings.length > MAX_SURROUNDINGS) {
    throw new Refusal('too-large', `threads of project '${id}' are large: delete some first`)
  }
  return {
    id,
    events: [
      ...threads.map((thread) => threadDeleted(thread, isGradual)),
      decided(projectStream(id), 'threads.project.deleted', { id }),
      ...surroundings,
    ],
  }
}

/** The same value again changes nothing, and the log then appends nothing. */
export const changeSetting: Decider<CommandOf<'setting.change'>> = ({ key, value }) => {
  return {
    id: key,
    events: [decided(settingStream(key), 'threads.setting.changed', { key, value })],
  }
}

function refuseTakenPath({ model }: DecisionContext, path: string): void {
  const owner = model.projectAt(path)
  if (owner) throw new Refusal('already-exists', `project '${owner.id}' is at ${path}`)
}
