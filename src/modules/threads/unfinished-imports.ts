/**
 * Threads that archives have brought: which are there by half, that nothing else is done with those, and
 * giving one up.
 *
 * Invariant: a thread that an archive brings has a row of `threads_import` from its first event on until it is
 * deleted, which moves in the transaction of the events that it counts; all of it is there when `done` is
 * `events`.
 */
import { type Finding, type ModuleStore, type ReadTransaction, StoreError } from '../../index.ts'
import { surroundingsRemoved, threadDeleted } from './decide-removals.ts'
import type { ImportState } from './event-data.ts'
import { readModelOf } from './read-model.ts'
import { sweepOnTheWay } from './sweep.ts'

/** How far a thread has come in. */
export interface ThreadImport extends ImportState {
  readonly updatedAtMs: number
}

/** Options of giving one up. */
export interface DiscardOptions {
  /** Says which it is, and changes nothing. Default false. */
  readonly dryRun?: boolean
}

const MAX_LISTED = 1_000
const SELECT = /* sql */ `
  SELECT thread_id AS threadId, project_id AS projectId, archive, log_id AS logId, events, done,
    stream, version, began_at_ms AS beganAtMs, updated_at_ms AS updatedAtMs
  FROM threads_import`
const OF_THREAD = `${SELECT} WHERE thread_id = ?`
const OF_PROJECT = `${SELECT} WHERE project_id = ? AND done < events ORDER BY thread_id LIMIT 1`
const ALL = `${SELECT} WHERE done < events ORDER BY began_at_ms, thread_id LIMIT ${MAX_LISTED}`

/** How far an archive has brought a thread; `undefined` when none has. */
export function findImport(tx: ReadTransaction, threadId: string): ThreadImport | undefined {
  return tx.get<ThreadImport>(OF_THREAD, [threadId])
}

/** As `findImport`, when it has not come to its end. */
export function findUnfinished(tx: ReadTransaction, threadId: string): ThreadImport | undefined {
  const found = findImport(tx, threadId)
  return found && !isWhole(found) ? found : undefined
}

/** Whether all of the archive is there. */
export const isWhole = ({ done, events }: ThreadImport): boolean => done >= events

/** Those that are unfinished, the oldest first; at most 1,000. */
export function listUnfinished(tx: ReadTransaction): ThreadImport[] {
  return tx.all<ThreadImport>(ALL)
}

/** Throws `STREAM_BLOCKED` for a thread that is half imported. */
export function refuseHalfImported(tx: ReadTransaction, threadId: string): void {
  const unfinished = findUnfinished(tx, threadId)
  if (unfinished) throw halfImported(unfinished)
}

/** Throws `STREAM_BLOCKED` for a project with such a thread. */
export function refuseHalfImportedIn(tx: ReadTransaction, projectId: string): void {
  const unfinished = tx.get<ThreadImport>(OF_PROJECT, [projectId])
  if (unfinished) throw halfImported(unfinished)
}

/**
 * Gives a half imported thread up: it is deleted, as by the command, with all that came in. Throws `NOT_FOUND`
 * when there is no such import.
 */
export function discardImport(
  store: ModuleStore,
  threadId: string,
  { dryRun = false }: DiscardOptions = {},
): ThreadImport {
  if (dryRun) return store.read((tx) => unfinishedOf(tx, threadId))
  const mayFollow = !store.isWriting
  const discarded = store.write((tx) => {
    const unfinished = unfinishedOf(tx, threadId)
    const model = readModelOf(tx, (stream) => store.log.streamVersion(stream))
    const isGradual = mayFollow && model.isLarge([threadId])
    const surroundings = surroundingsRemoved(model, threadId, isGradual)
    for (const { stream, ...event } of [threadDeleted(threadId, isGradual), ...surroundings]) {
      tx.append(stream, event)
    }
    return unfinished
  })
  if (mayFollow) sweepOnTheWay(store)
  return discarded
}

function unfinishedOf(tx: ReadTransaction, threadId: string): ThreadImport {
  const unfinished = findUnfinished(tx, threadId)
  if (unfinished) return unfinished
  throw new StoreError('NOT_FOUND', `no import of a thread '${threadId}' is unfinished`, {
    hint: 'see which are: threads.unfinishedImports(), holdfast query --preset unfinished-imports',
  })
}

/** What `holdfast doctor` says of them. */
export function findingsOf(imports: readonly ThreadImport[]): Finding[] {
  return imports.map((unfinished) => ({
    kind: 'thread-half-imported',
    severity: 'fault',
    what: `${sentenceOf(unfinished)}; it went on last at ${timeOf(unfinished.updatedAtMs)}`,
    hint: WAY_ON,
  }))
}

/** The error of an archive that is not the one which has brought the thread. */
export function otherArchive(found: ThreadImport): StoreError {
  const { threadId, archive } = found
  if (isWhole(found)) {
    const whole = `thread '${threadId}' was imported already, from another archive`
    return new StoreError('CONSTRAINT', `${whole}, whose last line has the hash ${archive}`, {
      hint: 'nothing was imported; a thread is imported once, and its id stays used when it is deleted',
    })
  }
  const half = `thread '${threadId}' is half imported from another archive`
  return new StoreError('CONSTRAINT', `${half}, whose last line has the hash ${archive}`, {
    hint: 'import that one again to finish it, or give it up: threads.discardImport(id)',
  })
}

const WAY_ON =
  'import the same archive again to finish it (holdfast threads import <file>), or give it up: threads.discardImport(id)'

function halfImported(unfinished: ThreadImport): StoreError {
  return new StoreError('STREAM_BLOCKED', sentenceOf(unfinished), { hint: WAY_ON })
}

function sentenceOf({ threadId, done, events }: ThreadImport): string {
  return `thread '${threadId}' is half imported: ${done} of ${events} events`
}

const timeOf = (ms: number): string => new Date(ms).toISOString()
