/**
 * Archive segments: what prune drops, written and synced before it is dropped. The format is in
 * docs/design/growth.md; a segment proves itself, and each of its lines the row it was.
 */
import { createHash } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { StoreError } from '../../errors.ts'
import { Checksums } from '../../log/checksum.ts'
import { EVENT_COLUMNS, type EventRow } from '../../log/read-row.ts'
import { textOf } from '../../log/stored-body.ts'
import type { PlannedDrop } from './plan.ts'
import type { PruneContext } from './types.ts'

const FORMAT = 'holdfast-archive-1'
const MAX_SEGMENT_BYTES = 1024 * 1024 * 1024

const ROWS = /* sql */ `
  SELECT ${EVENT_COLUMNS} FROM events
  WHERE sequence IN (SELECT value FROM json_each(?)) ORDER BY sequence`
const LOG_ID = /* sql */ `SELECT value FROM store WHERE key = 'logId'`

/** The first line of a segment. */
export interface SegmentHeader {
  readonly format: string
  /** The log that the events were of. */
  readonly logId: string
  readonly first: number
  readonly last: number
  readonly count: number
  /** Sum of the events' checksums. */
  readonly sum: number
  /** Of everything after this line, as hexadecimal digits. */
  readonly sha256: string
}

/** An event as a segment has it. */
export interface ArchivedEvent {
  readonly sequence: number
  readonly stream: string
  readonly version: number
  readonly type: string
  readonly schemaVersion: number
  readonly recordedAtMs: number
  readonly occurredAtMs: number | null
  readonly origin: string | null
  readonly originSequence: number | null
  /** JSON text. */
  readonly metadata: string | null
  readonly checksum: number
  readonly data: unknown
}

/** Writes segments into one folder. */
export class Archive {
  readonly segments: string[] = []
  readonly #context: PruneContext
  readonly #folder: string

  constructor(context: PruneContext, folder: string) {
    this.#context = context
    this.#folder = folder
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  }

  /** Writes the events that are about to go; when it returns they are on the disk. */
  write(drops: readonly PlannedDrop[]): void {
    const { connection } = this.#context
    const sequences = JSON.stringify(drops.map(({ sequence }) => sequence))
    // In one view of the store, so that no body goes after its row was read.
    const { rows, body } = connection.read(() => {
      const rows = connection.all<EventRow>(ROWS, [sequences])
      return { rows, body: rows.map((row) => this.#line(row)).join('') }
    })
    const [first] = rows
    const last = rows.at(-1)
    if (!first || !last) return
    const sha256 = createHash('sha256').update(body).digest('hex')
    const header: SegmentHeader = {
      format: FORMAT,
      logId: connection.get<{ value: string }>(LOG_ID)?.value ?? '',
      first: first.sequence,
      last: last.sequence,
      count: rows.length,
      sum: rows.reduce((sum, { checksum }) => sum + checksum, 0),
      sha256,
    }
    const name = `${pad(header.first)}-${pad(header.last)}.${sha256.slice(0, 8)}.jsonl.gz`
    const path = join(this.#folder, name)
    writeSynced(path, gzipSync(`${JSON.stringify(header)}\n${body}`))
    this.segments.push(path)
  }

  #line(row: EventRow): string {
    const { connection, reader } = this.#context
    const { context } = reader
    const head = {
      sequence: row.sequence,
      stream: context.streamOf(row.streamId),
      version: row.version,
      type: context.typeOf(row.typeId).name,
      schemaVersion: row.schemaVersion,
      recordedAtMs: row.recordedAtMs,
      occurredAtMs: row.occurredAtMs,
      origin: row.originId === null ? null : context.originOf(row.originId),
      originSequence: row.originSequence,
      metadata: row.metadata,
      checksum: row.checksum,
    }
    // As it was stored: parsed and written again, a number may have other digits.
    return `${JSON.stringify(head).slice(0, -1)},"data":${textOf(connection, row)}}\n`
  }
}

/** Reads a segment and proves it; throws `IMPORT_INVALID` when it is not what was written. */
export function readSegment(path: string): {
  readonly header: SegmentHeader
  readonly events: readonly ArchivedEvent[]
} {
  const text = unpack(path)
  const end = text.indexOf('\n')
  const header = JSON.parse(text.slice(0, end)) as SegmentHeader
  const body = text.slice(end + 1)
  if (header.format !== FORMAT) throw damaged(path, `its format is ${header.format}`)
  if (createHash('sha256').update(body).digest('hex') !== header.sha256) {
    throw damaged(path, 'its hash is not that of its content')
  }
  const checksums = new Checksums()
  const events = body
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const event = JSON.parse(line) as ArchivedEvent
      const { data: _, ...head } = event
      const stored = line.slice(JSON.stringify(head).length - 1 + ',"data":'.length, -1)
      if (checksums.of({ ...head, data: stored }) === head.checksum) return event
      throw damaged(path, `event ${head.sequence} is not what was appended`)
    })
  return { header, events }
}

function unpack(path: string): string {
  try {
    return gunzipSync(readFileSync(path), { maxOutputLength: MAX_SEGMENT_BYTES }).toString()
  } catch (cause) {
    throw damaged(path, 'it cannot be unpacked', cause)
  }
}

function damaged(path: string, problem: string, cause?: unknown): StoreError {
  return new StoreError('IMPORT_INVALID', `archive segment ${path}: ${problem}`, {
    hint: 'take this segment from another copy of the archive',
    cause,
  })
}

// Sorted by name, segments stand in the order of the log.
function pad(sequence: number): string {
  return String(sequence).padStart(12, '0')
}

function writeSynced(path: string, content: Uint8Array): void {
  const partial = `${path}.partial`
  const descriptor = openSync(partial, 'w', 0o600)
  try {
    for (let at = 0; at < content.length; ) at += writeSync(descriptor, content, at)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(partial, path)
  // The folder too: a drop must not outlive the name of what it archived.
  const folder = openSync(join(path, '..'), 'r')
  try {
    fsyncSync(folder)
  } catch {
    // Some systems cannot sync a folder; there the rename is as lasting as it gets.
  } finally {
    closeSync(folder)
  }
}
