/**
 * Taking a thread over from an archive: everything is checked before anything is written, and all
 * of it is one transaction.
 */
import { createHash } from 'node:crypto'
import {
  type ModuleStore,
  type NewEvent,
  type ReadTransaction,
  StoreError,
  type WriteTransaction,
} from '../../index.ts'
import {
  ARCHIVE_FORMAT,
  ARCHIVE_VERSION,
  type ArchivedEvent,
  type ArchiveHeader,
  hashOf,
} from './archive.ts'
import { projectStream, threadStream } from './events.ts'
import { PROJECT, rowOf } from './rows.ts'

// It stands in memory while it is checked.
const MAX_EVENTS = 200_000
const MAX_NAMED = 5

/** Options of an import. */
export interface ImportThreadOptions {
  /** The project to put the thread into. Default: its own, made when it is not there. */
  readonly projectId?: string
}

/** What was imported. */
export interface ImportedThread {
  readonly threadId: string
  readonly projectId: string
  readonly events: number
}

interface Archive {
  readonly header: ArchiveHeader
  readonly events: readonly ArchivedEvent[]
}

/**
 * Imports the lines of an archive. Throws `IMPORT_INVALID` where a hash is not that of its lines or
 * the end is missing, `CONSTRAINT` where the store has one of its ids already.
 */
export function importThread(
  store: ModuleStore,
  lines: Iterable<string>,
  options: ImportThreadOptions = {},
): ImportedThread {
  const archive = readArchive(lines)
  return store.write((tx) => {
    refuseCollisions(store, tx, archive)
    const projectId = projectFor(tx, archive.header, options)
    const { threadId, logId } = archive.header
    for (const { stream, sequence, ...event } of archive.events) {
      const isCreation = event.type === 'threads.thread.created'
      const data = isCreation ? { ...(event.data as object), projectId } : event.data
      const metadata = { ...event.metadata, importedFrom: { logId, sequence } }
      tx.append(stream, { ...event, data, metadata } as NewEvent)
    }
    return { threadId, projectId, events: archive.events.length }
  })
}

function readArchive(lines: Iterable<string>): Archive {
  const hash = createHash('sha256')
  const events: ArchivedEvent[] = []
  let header: ArchiveHeader | undefined
  let place = 0
  let isEnded = false
  for (const line of lines) {
    place++
    if (line === '') continue
    if (isEnded) throw invalid(`line ${place} comes after the end`)
    const value = parse(line, place)
    if (!header) header = asHeader(value)
    else if ('events' in value) {
      isEnded = true
      const whole = hash.copy().digest('hex')
      if (value['events'] !== events.length || value['sha256'] !== whole) {
        throw invalid(`the last line is not that of these ${events.length} events`)
      }
    } else events.push(asEvent(value, place))
    if (events.length > MAX_EVENTS) throw invalid(`it has more than ${MAX_EVENTS} events`)
    hash.update(`${line}\n`)
  }
  if (!header || !isEnded) throw invalid('its end is missing')
  return { header, events }
}

function parse(line: string, place: number): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Said below, as for everything else that is no object.
  }
  throw invalid(`line ${place} is no JSON object`)
}

function asHeader(value: Record<string, unknown>): ArchiveHeader {
  if (value['format'] === ARCHIVE_FORMAT && value['version'] === ARCHIVE_VERSION) {
    return value as unknown as ArchiveHeader
  }
  throw invalid(`it is not of format ${ARCHIVE_FORMAT}, version ${ARCHIVE_VERSION}`)
}

function asEvent(value: Record<string, unknown>, place: number): ArchivedEvent {
  const { sha256, ...event } = value
  const archived = event as unknown as ArchivedEvent
  const isOfThreads = String(archived.type).startsWith('threads.')
  if (isOfThreads && sha256 === hashOf(archived)) return archived
  throw invalid(`line ${place} was changed: its hash is another`)
}

const TABLES = ['turn', 'message', 'approval', 'plan', 'checkpoint', 'activity'] as const

function refuseCollisions(
  store: ModuleStore,
  tx: ReadTransaction,
  { header, events }: Archive,
): void {
  const taken = new Set<string>()
  const streams = new Set([threadStream(header.threadId), ...events.map(({ stream }) => stream)])
  for (const stream of streams) {
    if (store.log.streamVersion(stream) > 0) taken.add(stream)
  }
  for (const { type, data } of events) {
    const entity = type.split('.')[1]
    const id = (data as { id?: unknown }).id
    const table = TABLES.find((name) => name === entity)
    if (!table || typeof id !== 'string') continue
    if (tx.get(`SELECT 1 FROM threads_${table} WHERE id = ?`, [id])) taken.add(`${table} ${id}`)
  }
  if (taken.size === 0) return
  const named = [...taken].slice(0, MAX_NAMED).join(', ')
  throw new StoreError('CONSTRAINT', `this store has ${taken.size} of its ids already: ${named}`, {
    hint: 'nothing was imported; a thread is imported once, and its id stays used when it is deleted',
  })
}

function projectFor(
  tx: WriteTransaction,
  { project }: ArchiveHeader,
  { projectId }: ImportThreadOptions,
): string {
  if (projectId !== undefined) {
    if (rowOf(tx, PROJECT, 'WHERE id = ?', [projectId])) return projectId
    throw new StoreError('NOT_FOUND', `there is no project '${projectId}'`, {
      hint: 'create it first, or leave it out to make the archive’s own',
    })
  }
  // The same folder is the same project, under whatever id it has here.
  const known =
    rowOf(tx, PROJECT, 'WHERE id = ?', [project.id]) ??
    rowOf(tx, PROJECT, 'WHERE path = ?', [project.path])
  if (known) return known.id
  const { id, name, path, defaultModel } = project
  const data = { id, name, path, defaultModel }
  tx.append(projectStream(id), { type: 'threads.project.created', data })
  return id
}

function invalid(problem: string): StoreError {
  return new StoreError('IMPORT_INVALID', `the archive cannot be taken over: ${problem}`, {
    hint: 'nothing was imported; export the thread again',
  })
}
