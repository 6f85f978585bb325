/**
 * The lines of an archive as batches of events, each line compared with its hash and the last with all of
 * them. A batch carries the hash of everything up to its end: by it a second reading proves itself the same as
 * the first before anything of the batch is used.
 */
import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { StoreError } from '../../index.ts'
import {
  ARCHIVE_FORMAT,
  ARCHIVE_VERSION,
  type ArchivedEvent,
  type ArchiveHeader,
  hashOf,
} from './archive.ts'

/** Events of a batch; long ones fill it by their characters. */
export const MAX_EVENTS = 2_000
const MAX_TEXT = 4 * 1024 * 1024
const AS_WRITTEN = 'nothing was imported; give it unpacked, as UTF-8'

const id = v.pipe(v.string(), v.minLength(1), v.maxLength(400))
const HEADER = v.object({
  format: v.literal(ARCHIVE_FORMAT),
  version: v.literal(ARCHIVE_VERSION),
  threadId: id,
  logId: v.string(),
  project: v.object({
    id,
    name: v.string(),
    path: v.string(),
    defaultModel: v.nullable(v.string()),
  }),
})

/** Neighbours in an archive. */
export interface ArchiveBatch {
  readonly header: ArchiveHeader
  /** How many events come before. */
  readonly first: number
  readonly events: readonly ArchivedEvent[]
  /** Characters of each event's line. */
  readonly lengths: readonly number[]
  /** Number of the line of the batch's first event. */
  readonly line: number
  /** Of every line up to its last event. */
  readonly hash: string
}

/** What the last line says, once it was found true. */
interface ArchiveEnd {
  readonly events: number
  /** The archive's name. */
  readonly sha256: string
}

/** Reads to the end; throws `IMPORT_INVALID` for lines that are not those that were written. */
export function* archiveBatches(lines: Iterable<string>): Generator<ArchiveBatch, ArchiveEnd> {
  const hash = createHash('sha256')
  let header: ArchiveHeader | undefined
  let end: ArchiveEnd | undefined
  let events: ArchivedEvent[] = []
  let lengths: number[] = []
  let first = 0
  let length = 0
  let place = 0
  let firstLine = 0
  const batch = (of: ArchiveHeader): ArchiveBatch => {
    const made = {
      ...{ header: of, first, events, lengths, line: firstLine },
      hash: hash.copy().digest('hex'),
    }
    first += events.length
    events = []
    lengths = []
    length = 0
    return made
  }
  for (const line of lines) {
    place++
    if (line === '') continue
    if (end) throw invalidArchive(`line ${place} comes after the end`)
    const value = parse(line, place, header === undefined)
    if (!header) header = asHeader(value)
    else if ('events' in value) {
      if (events.length > 0) yield batch(header)
      end = asEnd(value, { events: first, sha256: hash.copy().digest('hex') })
    } else {
      if (events.length >= MAX_EVENTS || length >= MAX_TEXT) yield batch(header)
      if (events.length === 0) firstLine = place
      events.push(asEvent(value, place))
      lengths.push(line.length)
      length += line.length
    }
    hash.update(`${line}\n`)
  }
  if (!end) throw invalidArchive('its end is missing')
  return end
}

function parse(line: string, place: number, isFirst: boolean): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Said below, as for everything else that is no object.
  }
  throw invalidArchive(`line ${place} is no JSON object`, isFirst ? AS_WRITTEN : undefined)
}

function asHeader(value: Record<string, unknown>): ArchiveHeader {
  const { format, version } = value
  if (format !== ARCHIVE_FORMAT || version !== ARCHIVE_VERSION) {
    throw invalidArchive(`it is not of format ${ARCHIVE_FORMAT}, version ${ARCHIVE_VERSION}`)
  }
  const { success, output, issues } = v.safeParse(HEADER, value)
  if (success) return output
  throw invalidArchive(`line 1: ${v.getDotPath(issues[0]) ?? ''}: ${issues[0].message}`)
}

function asEvent(value: Record<string, unknown>, place: number): ArchivedEvent {
  const { sha256, ...event } = value
  const archived = event as unknown as ArchivedEvent
  if (sha256 === hashOf(archived)) return archived
  throw invalidArchive(`line ${place} was changed: its hash is another`)
}

function asEnd(value: Record<string, unknown>, read: ArchiveEnd): ArchiveEnd {
  if (value['events'] === read.events && value['sha256'] === read.sha256) return read
  throw invalidArchive(`the last line is not that of these ${read.events} events`)
}

/** The error of an archive of which nothing was taken. */
export function invalidArchive(
  problem: string,
  hint = 'nothing was imported; export the thread again',
): StoreError {
  return new StoreError('IMPORT_INVALID', `the archive cannot be taken over: ${problem}`, { hint })
}
