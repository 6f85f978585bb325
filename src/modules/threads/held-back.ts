/**
 * What nothing is done with for now: threads that are half imported, and whatever has an event in the
 * quarantine, which the tables lack with all that came after it.
 *
 * Invariant: a "no" that the rest of an archive or a mended event could turn into a "yes" is thrown
 * (`STREAM_BLOCKED`), never decided, so that no receipt keeps it.
 */
import type { ModuleStore, ReadTransaction } from '../../index.ts'
import type { Command } from './commands.ts'
import { importStream, projectStream, sessionStream, threadStream } from './events.ts'
import type { ReadModel } from './read-model.ts'
import { subjectOf, threadOf } from './subject.ts'
import { refuseHalfImported, refuseHalfImportedIn } from './unfinished-imports.ts'

/** Throws `STREAM_BLOCKED` for a command on something that is held back. */
export function refuseHeldBack(
  store: ModuleStore,
  tx: ReadTransaction,
  command: Command,
  model: ReadModel,
): void {
  if ('projectId' in command && command.projectId !== undefined) {
    refuseHeldBackProject(store, command.projectId)
  }
  const threadId = threadOf(command, model)
  if (threadId === null) refuseUnknownPart(store)
  else if (threadId !== undefined) refuseHeldBackThread(store, tx, threadId)
  const subject = subjectOf(command, model)
  if (subject !== undefined) store.log.ensureFolded({ stream: subject })
  if (command.type === 'project.delete') refuseHalfImportedIn(tx, command.projectId)
}

/** Throws `STREAM_BLOCKED` for a thread that is. */
export function refuseHeldBackThread(
  store: ModuleStore,
  tx: ReadTransaction,
  threadId: string,
): void {
  // The import's too: without its row a thread that is half there would pass for a whole one.
  for (const streamOf of [threadStream, sessionStream, importStream]) {
    store.log.ensureFolded({ stream: streamOf(threadId) })
  }
  refuseHalfImported(tx, threadId)
}

/** Throws `STREAM_BLOCKED` for a project that is. */
export function refuseHeldBackProject(store: ModuleStore, projectId: string): void {
  store.log.ensureFolded({ stream: projectStream(projectId) })
}

// Nothing tells of which thread it is: perhaps of one that waits.
function refuseUnknownPart(store: ModuleStore): void {
  store.log.ensureFolded({ prefix: threadStream('') })
}
