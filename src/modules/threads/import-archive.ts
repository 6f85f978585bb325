/**
 * Taking a thread over from an archive: everything is checked before anything is written, and all
 * of it is one transaction, since nobody may see half a thread. Hashes and ids are checked before it
 * begins; in it only what another process could have taken meanwhile, and would not be told of by the
 * table itself: a primary key refuses a turn or message, but a plan of the same id would be replaced.
 */
import { createHash } from 'node:crypto'
import {
  type ModuleStore,
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
  MAX_ARCHIVE_EVENTS,
} from './archive.ts'
import { projectStream, threadStream } from './events.ts'
import { PROJECT, rowOf } from './rows.ts'

const MAX_NAMED = 5
// An append judges all of its events before it writes the first.
const EVENTS_AN_APPEND = 500

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
  store.read((tx) => refuseCollisions(store, tx, archive, ID_TABLES))
  return store.write((tx) => {
    refuseCollisions(store, tx, archive, REPLACING_TABLES)
    const projectId = projectFor(store, tx, archive.header, options)
    const { threadId, logId } = archive.header
    for (const { stream, events } of runsOf(archive.events)) {
      const added = events.map(({ stream: _, sequence, ...event }) => {
        const isCreation = event.type === 'threads.thread.created'
        const data = isCreation ? { ...(event.data as object), projectId } : event.data
        const metadata = { ...event.metadata, importedFrom: { logId, sequence } }
        return { ...event, data, metadata }
      })
      tx.append(stream, added)
    }
    return { threadId, projectId, events: archive.events.length }
  })
}

// Neighbours of one stream are appended together.
function* runsOf(events: readonly ArchivedEvent[]) {
  for (let from = 0; from < events.length; ) {
    const stream = events[from]?.stream ?? ''
    let to = from + 1
    while (to < events.length && to - from < EVENTS_AN_APPEND && events[to]?.stream === stream) to++
    yield { stream, events: events.slice(from, to) }
    from = to
  }
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
    if (events.length > MAX_ARCHIVE_EVENTS) {
      throw invalid(
        `it has more than ${MAX_ARCHIVE_EVENTS} events`,
        'nothing was imported; no archive is that large, and none is written',
      )
    }
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

const REPLACING_TABLES = ['approval', 'plan', 'checkpoint']
const ID_TABLES = [...REPLACING_TABLES, 'turn', 'message', 'activity']

function refuseCollisions(
  store: ModuleStore,
  tx: ReadTransaction,
  { header, events }: Archive,
  tables: readonly string[],
): void {
  const taken = new Set<string>()
  const streams = new Set([threadStream(header.threadId), ...events.map(({ stream }) => stream)])
  for (const stream of streams) {
    if (store.log.streamVersion(stream) > 0) taken.add(stream)
  }
  for (const { type, data } of events) {
    const entity = type.split('.')[1]
    const id = (data as { id?: unknown }).id
    const table = tables.find((name) => name === entity)
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
  store: ModuleStore,
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
    rowOf(tx, PROJECT, 'WHERE path = ? ORDER BY id LIMIT 1', [project.path])
  if (known) return known.id
  const { id, name, path, defaultModel } = project
  if (store.log.streamVersion(projectStream(id)) > 0) {
    throw new StoreError('CONSTRAINT', `the archive’s project '${id}' was deleted in this store`, {
      hint: 'nothing was imported; name another to put the thread into, with the option projectId',
    })
  }
  const data = { id, name, path, defaultModel }
  tx.append(projectStream(id), { type: 'threads.project.created', data })
  return id
}

function invalid(
  problem: string,
  hint = 'nothing was imported; export the thread again',
): StoreError {
  return new StoreError('IMPORT_INVALID', `the archive cannot be taken over: ${problem}`, { hint })
}
