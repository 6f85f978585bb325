/** The project that a thread is taken over into. */
import { type ModuleStore, type NewEvent, type ReadTransaction, StoreError } from '../../index.ts'
import type { ArchiveHeader } from './archive.ts'
import { projectStream } from './events.ts'
import { PROJECT, rowOf } from './rows.ts'

/** The project's id here, and the event that makes it where it is not there. */
export interface ProjectOfArchive {
  readonly id: string
  readonly created?: NewEvent
}

/** The project that was named, or the archive's own. */
export function projectFor(
  store: ModuleStore,
  tx: ReadTransaction,
  { project }: ArchiveHeader,
  projectId: string | undefined,
): ProjectOfArchive {
  store.log.ensureFolded({ stream: projectStream(projectId ?? project.id) })
  if (projectId !== undefined) {
    if (rowOf(tx, PROJECT, 'WHERE id = ?', [projectId])) return { id: projectId }
    throw new StoreError('NOT_FOUND', `there is no project '${projectId}'`, {
      hint: 'create it first, or leave it out to make the archive’s own',
    })
  }
  // The same folder is the same project, under whatever id it has here.
  const known =
    rowOf(tx, PROJECT, 'WHERE id = ?', [project.id]) ??
    rowOf(tx, PROJECT, 'WHERE path = ? ORDER BY id LIMIT 1', [project.path])
  if (known) return { id: known.id }
  const { id, name, path, defaultModel } = project
  if (store.log.streamVersion(projectStream(id)) > 0) {
    throw new StoreError('CONSTRAINT', `the archive’s project '${id}' was deleted in this store`, {
      hint: 'nothing was imported; name another to put the thread into, with the option projectId',
    })
  }
  const data = { id, name, path, defaultModel }
  return { id, created: { type: 'threads.project.created', data } }
}
