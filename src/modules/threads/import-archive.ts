/**
 * Taking a thread over from an archive: checked to its end first, then appended in transactions of at most
 * 100 ms, each of which says how far the import has come. So a kill at any point leaves what a second
 * import of the same archive completes, and processes that race on it share its events
 * (docs/design/threads.md).
 */
import {
  isStoreError,
  type ModuleStore,
  type NewEvent,
  StoreError,
  type WriteTransaction,
} from '../../index.ts'
import type { ArchivedEvent } from './archive.ts'
import { type ArchiveBatch, archiveBatches, invalidArchive } from './archive-batches.ts'
import { archiveLines } from './archive-lines.ts'
import { takenBy } from './archived-event.ts'
import { type CheckedArchive, checkArchive, idsTaken } from './check-archive.ts'
import { importStream, projectStream, threadStream } from './events.ts'
import { projectFor } from './import-project.ts'
import { findImport, isWhole, otherArchive, type ThreadImport } from './unfinished-imports.ts'

// Appended together, between two looks at the clock: a few milliseconds. A longer event comes alone.
const EVENTS_AN_APPEND = 25
const TEXT_AN_APPEND = 128 * 1024
const LEFT_HALF = `what came before it stays, half imported, and can only be given up: threads.discardImport(id)`

/** Options of an import. */
export interface ImportThreadOptions {
  /** The project to put the thread into. Default: its own, made when it is not there. */
  readonly projectId?: string
  /** Checks all of the archive and says what would be stored, but stores nothing. Default false. */
  readonly dryRun?: boolean
  /** Told after each batch how many events are stored. */
  readonly onProgress?: (done: number, events: number) => void
}

/** What was imported. */
export interface ImportedThread {
  readonly threadId: string
  readonly projectId: string
  /** All of the archive, those included that another call or process has stored. */
  readonly events: number
  /** How many of them this call has stored; 0 when all of the archive was there already. */
  readonly stored: number
}

/** Imports an archive, or goes on with it; throws as `Threads.importThread` says. */
export function importThread(
  store: ModuleStore,
  archive: string | Iterable<string>,
  options: ImportThreadOptions = {},
): ImportedThread {
  const lines = archiveLines(archive)
  const asked = new ArchiveImport(store, checkArchive(store, lines), options)
  return options.dryRun ? asked.plan() : asked.run(lines)
}

/** How far an import is. */
interface Place {
  readonly projectId: string
  readonly beganAtMs: number
  done: number
  /** Of the last event stored. */
  stream: string
  version: number
}

class ArchiveImport {
  readonly #store: ModuleStore
  readonly #archive: CheckedArchive
  readonly #options: ImportThreadOptions
  /** True once this call has seen the import's row: when that is gone, somebody has ended it. */
  #hasBegun: boolean
  #isWhole = false
  #projectId = ''
  #stored = 0

  constructor(store: ModuleStore, archive: CheckedArchive, options: ImportThreadOptions) {
    this.#store = store
    this.#archive = archive
    this.#options = options
    this.#hasBegun = archive.found !== undefined
  }

  /** What `run` would do, as the store is now. */
  plan(): ImportedThread {
    const { events, header, found } = this.#archive
    const { threadId } = header
    if (found) this.#refuseOtherProject(found.projectId)
    const wanted = this.#options.projectId
    const { id } =
      found === undefined
        ? this.#store.read((tx) => projectFor(this.#store, tx, header, wanted))
        : { id: found.projectId }
    return { threadId, projectId: id, events, stored: events - (found?.done ?? 0) }
  }

  run(lines: Iterable<string>): ImportedThread {
    const { events, hashes, header, found } = this.#archive
    if (found && isWhole(found)) this.#settle(found)
    let batches = 0
    for (const batch of this.#isWhole ? [] : archiveBatches(lines)) {
      if (batch.hash !== hashes[batches++]) throw changedMeanwhile()
      this.#store.writeInSlices((tx, isTimeUp) => this.#takeSlice(tx, batch, isTimeUp))
      if (this.#isWhole) break
      this.#options.onProgress?.(batch.first + batch.events.length, events)
    }
    if (!this.#isWhole) throw changedMeanwhile()
    this.#options.onProgress?.(events, events)
    return { threadId: header.threadId, projectId: this.#projectId, events, stored: this.#stored }
  }

  #takeSlice(tx: WriteTransaction, batch: ArchiveBatch, isTimeUp: () => boolean): boolean {
    const place = this.#placeIn(tx)
    if (!place) return true
    this.#projectId = place.projectId
    const before = place.done
    const end = batch.first + batch.events.length
    try {
      while (place.done < end) {
        this.#append(tx, chunkOf(batch, place.done - batch.first), place)
        if (isTimeUp()) break
      }
    } catch (error) {
      throw before > 0 ? leftHalf(error, place.done) : error
    }
    this.#hasBegun = true
    if (place.done === before) return true
    this.#isWhole = place.done >= this.#archive.events
    this.#stored += place.done - before
    this.#advance(tx, place)
    return place.done >= end
  }

  // Under the lock; undefined when somebody else has brought it to its end.
  #placeIn(tx: WriteTransaction): Place | undefined {
    const { header, sha256 } = this.#archive
    const { threadId } = header
    const found = findImport(tx, threadId)
    if (found) {
      if (found.archive !== sha256) throw otherArchive(found)
      if (isWhole(found)) return this.#settle(found)
      const { projectId, beganAtMs, done, stream, version } = found
      this.#refuseOtherProject(projectId)
      return { projectId, beganAtMs, done, stream, version }
    }
    if (this.#hasBegun) throw givenUp(threadId)
    if (this.#store.log.streamVersion(threadStream(threadId)) > 0) {
      throw idsTaken([threadStream(threadId)])
    }
    const { id: projectId, created } = projectFor(this.#store, tx, header, this.#options.projectId)
    if (created) tx.append(projectStream(projectId), created)
    return { projectId, beganAtMs: this.#store.clock(), done: 0, stream: '', version: 0 }
  }

  #append(tx: WriteTransaction, chunk: readonly ArchivedEvent[], place: Place): void {
    const [first] = chunk
    if (!first) throw changedMeanwhile()
    const { stream } = first
    for (const event of chunk) {
      const taken = takenBy(tx, event, this.#archive.header.threadId)
      if (taken !== undefined) throw idsTaken([taken])
    }
    const added = chunk.map((event) => this.#asNew(event, place.projectId))
    const expectedVersion = stream === place.stream ? place.version : 'none'
    const { version } = tx.append(stream, added, { expectedVersion })
    Object.assign(place, { stream, version, done: place.done + chunk.length })
  }

  #asNew({ stream: _, sequence, ...event }: ArchivedEvent, projectId: string): NewEvent {
    const { logId } = this.#archive.header
    const isCreation = event.type === 'threads.thread.created'
    const data = isCreation ? { ...(event.data as object), projectId } : event.data
    const metadata = { ...event.metadata, importedFrom: { logId, sequence } }
    return { ...event, data, metadata }
  }

  #advance(tx: WriteTransaction, place: Place): void {
    const { header, events, sha256: archive } = this.#archive
    const { threadId, logId } = header
    const data = { threadId, archive, logId, events, ...place }
    tx.append(importStream(threadId), { type: 'threads.import.advanced', data })
  }

  // All of it is there, by whomever.
  #settle({ projectId }: ThreadImport): undefined {
    this.#refuseOtherProject(projectId)
    this.#projectId = projectId
    this.#isWhole = true
  }

  #refuseOtherProject(projectId: string): void {
    const { projectId: wanted } = this.#options
    if (wanted === undefined || wanted === projectId) return
    const { threadId } = this.#archive.header
    const here = `thread '${threadId}' was imported into project '${projectId}'`
    throw new StoreError('CONSTRAINT', `${here}, not '${wanted}'`, {
      hint: 'leave projectId out: it is there, and if it is half imported that finishes it',
    })
  }
}

// Neighbours of one stream, from a place in a batch on.
function chunkOf({ events, lengths }: ArchiveBatch, from: number): readonly ArchivedEvent[] {
  const stream = events[from]?.stream
  let length = lengths[from] ?? 0
  let to = from + 1
  for (; to - from < EVENTS_AN_APPEND && to < events.length; to++) {
    length += lengths[to] ?? 0
    if (events[to]?.stream !== stream || length > TEXT_AN_APPEND) break
  }
  return events.slice(from, to)
}

function givenUp(threadId: string): StoreError {
  return new StoreError('CONSTRAINT', `thread '${threadId}' was given up while it was imported`, {
    hint: 'nothing of it is left; its id stays used',
  })
}

// What the archive says, or the store has meanwhile, is the same the next time; a full disk is not.
const FAULTS = ['CONSTRAINT', 'EVENT_INVALID', 'PROJECTION_FAILED', 'VERSION_CONFLICT'] as const

function leftHalf(error: unknown, done: number): unknown {
  if (!isStoreError(error) || !FAULTS.some((code) => error.code === code)) return error
  const { code, message } = error
  return new StoreError(
    code,
    `the archive’s events from ${done + 1} on cannot be stored: ${message}`,
    {
      hint: LEFT_HALF,
      cause: error,
    },
  )
}

function changedMeanwhile(): StoreError {
  return invalidArchive(
    'it was changed while it was imported',
    'what came in stays, half imported; go on with the archive as it was, or give it up: threads.discardImport(id)',
  )
}
