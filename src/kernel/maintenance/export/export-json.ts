/**
 * Writes a store as plain files, for a life without Holdfast: each collection an array, each
 * document an object, and the events of all other modules as JSON lines, a file a module.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Connection } from '../../connection/connection.ts'
import { KERNEL_MODULE } from '../../migrations/kernel-schema.ts'
import { readModules } from '../../migrations/ledger.ts'
import { readPayload } from '../../payloads/payloads.ts'
import { redactValue } from '../redact.ts'
import { openForExport } from './export-store.ts'
import { LINES_A_PAGE } from './line-sql.ts'
import { type OutputFileOptions, writeFileWhole } from './output-file.ts'

/** One file that was written. */
export interface ExportedFile {
  readonly path: string
  readonly kind: 'collection' | 'document' | 'events'
  /** Items or events in it. */
  readonly count: number
}

/** Options of {@link exportJson}. */
export interface ExportJsonOptions extends OutputFileOptions {
  /** Takes secrets out of what is written. Default false: files have what the store has. */
  readonly isRedacting?: boolean
}

type Write = (bytes: Uint8Array) => void
/** Rewrites the JSON text of an item or an event. */
type Rewrite = (text: string) => string

const EVENTS = /* sql */ `
  SELECT events.sequence, streams.name AS stream, event_types.name AS type,
         ifnull(occurred_at_ms, recorded_at_ms) AS atMs, payload_id AS payloadId, data
  FROM events JOIN streams ON streams.id = stream_id JOIN event_types ON event_types.id = type_id
  WHERE events.sequence > :after AND event_types.name GLOB :types
  ORDER BY events.sequence LIMIT :limit`

interface EventRow {
  readonly sequence: number
  readonly stream: string
  readonly type: string
  readonly atMs: number
  readonly payloadId: number | null
  readonly data: string
}

/** Writes the store in `path` into `folder`; throws when a file is there, unless it may replace. */
export function exportJson(
  path: string,
  folder: string,
  options: ExportJsonOptions = {},
): ExportedFile[] {
  const connection = openForExport(path)
  try {
    mkdirSync(folder, { recursive: true })
    return connection.read(() => exportModules(connection, folder, options))
  } finally {
    connection.close()
  }
}

function exportModules(
  connection: Connection,
  folder: string,
  options: ExportJsonOptions,
): ExportedFile[] {
  const rewrite: Rewrite = options.isRedacting
    ? (text) => JSON.stringify(redactValue(JSON.parse(text)))
    : (text) => text
  const files: ExportedFile[] = []
  for (const { name, shape } of readModules(connection).values()) {
    if (name === KERNEL_MODULE) continue
    const kind =
      shape === null ? 'events' : (JSON.parse(shape) as { kind: 'collection' | 'document' }).kind
    const path = join(folder, kind === 'events' ? `${name}.events.jsonl` : `${name}.json`)
    const produce = {
      collection: (write: Write) => writeCollection(connection, name, write, rewrite),
      document: (write: Write) => writeDocument(connection, name, write, rewrite),
      events: (write: Write) => writeEvents(connection, name, write, rewrite),
    }[kind]
    files.push({ path, kind, count: writeFileWhole(path, produce, options) })
  }
  return files
}

function writeCollection(
  connection: Connection,
  name: string,
  write: Write,
  rewrite: Rewrite,
): number {
  let count = 0
  let after = ''
  write(Buffer.from('['))
  for (;;) {
    // A module's name was checked when it was defined: letters, digits and underscores.
    const sql = `SELECT id, data FROM "${name}" WHERE id > ? ORDER BY id LIMIT ${LINES_A_PAGE}`
    const rows = connection.all<{ id: string; data: string }>(sql, [after])
    const lines = rows.map(
      ({ data }, place) => `${count + place === 0 ? '' : ','}\n  ${rewrite(data)}`,
    )
    write(Buffer.from(lines.join('')))
    count += rows.length
    after = rows.at(-1)?.id ?? after
    if (rows.length < LINES_A_PAGE) break
  }
  write(Buffer.from(count === 0 ? ']\n' : '\n]\n'))
  return count
}

function writeDocument(
  connection: Connection,
  name: string,
  write: Write,
  rewrite: Rewrite,
): number {
  const row = connection.get<{ data: string }>(`SELECT data FROM "${name}"`)
  const value: unknown = JSON.parse(rewrite(row?.data ?? 'null'))
  write(Buffer.from(`${JSON.stringify(value, null, 2)}\n`))
  return row ? 1 : 0
}

function writeEvents(
  connection: Connection,
  module: string,
  write: Write,
  rewrite: Rewrite,
): number {
  let count = 0
  for (let after = 0; ; ) {
    const parameters = { after, types: `${module}.*`, limit: LINES_A_PAGE }
    const rows = connection.all<EventRow>(EVENTS, parameters)
    write(Buffer.from(rows.map((row) => lineOf(row, rewrite(textOf(connection, row)))).join('')))
    count += rows.length
    after = rows.at(-1)?.sequence ?? after
    if (rows.length < LINES_A_PAGE) return count
  }
}

function textOf(connection: Connection, { payloadId, data }: EventRow): string {
  return payloadId === null ? data : Buffer.from(readPayload(connection, payloadId)).toString()
}

function lineOf({ sequence, stream, type, atMs }: EventRow, text: string): string {
  const head = JSON.stringify({ ts: new Date(atMs).toISOString(), type, stream, sequence })
  // On one line even where it was stored on several; in a string a line break is escaped.
  return `${head.slice(0, -1)},"data":${text.replace(/[\r\n]/g, ' ')}}\n`
}
