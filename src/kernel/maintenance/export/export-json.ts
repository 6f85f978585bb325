/**
 * Writes a store as plain files, for a life without Holdfast: each collection a list or a
 * map, each document an object, the events of all other modules in the files of their exporter or as JSON
 * lines, a file a module, and what an import could not understand.
 *
 * Lines of events and rejects begin with one that names Holdfast, so that no import takes them for
 * something that they are not.
 */
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ANY, BOOLEAN, checkArgument, checkOptions, type Kinds, PATH } from '../../arguments.ts'
import type { Connection } from '../../connection/connection.ts'
import type { Exporter, OutgoingEvent } from '../../log/exporter.ts'
import { IMPORT_MODULE_NAME } from '../../log/importer.ts'
import type { Module } from '../../log/module.ts'
import { type BodyPlace, textOf } from '../../log/stored-body.ts'
import { KERNEL_MODULE } from '../../migrations/kernel-schema.ts'
import { readModules } from '../../migrations/ledger.ts'
import { redactValue } from '../redact.ts'
import { asAppended, type NewestBody, withNewestBody } from './as-appended.ts'
import { writeCollection } from './collection-file.ts'
import { openForExport } from './export-store.ts'
import { exportImportedLogs } from './imported-logs.ts'
import { indentJson } from './indent-json.ts'
import { LINES_A_PAGE } from './line-sql.ts'
import { outputError } from './output-errors.ts'
import { type OutputFileOptions, writeWhole } from './output-file.ts'
import { UnfinishedFiles } from './unfinished-file.ts'

/** One file that was written. */
export interface ExportedFile {
  readonly path: string
  readonly kind: 'collection' | 'document' | 'events' | 'module' | 'rejects'
  /** Items, events or rejects in it; parts of a file that a module wrote. */
  readonly count: number
}

/** Options of {@link exportJson}. */
export interface ExportJsonOptions extends OutputFileOptions {
  /** Takes secrets out of what is written. Default false: files have what the store has. */
  readonly isRedacting?: boolean
  /** Modules whose exporters write their own files; of others events are written as lines. */
  readonly modules?: ReadonlyMap<string, Module>
}

const OPTIONS: Kinds = { isReplacing: BOOLEAN, isRedacting: BOOLEAN, modules: ANY }

/** With the names that its unfinished files have. */
interface SettledOptions extends ExportJsonOptions {
  readonly unfinished: UnfinishedFiles
}

type Write = (bytes: Uint8Array) => void
/** Rewrites the JSON text of an item or an event. */
type Rewrite = (text: string) => string

const EVENTS = /* sql */ `
  SELECT events.sequence, streams.name AS stream, event_types.name AS type,
         ifnull(occurred_at_ms, recorded_at_ms) AS atMs, payload_id AS payloadId, metadata, data
  FROM events JOIN streams ON streams.id = stream_id JOIN event_types ON event_types.id = type_id
  WHERE events.sequence > :after AND event_types.name GLOB :types
  ORDER BY events.sequence LIMIT :limit`

interface KnownShape {
  readonly kind: 'collection' | 'document' | 'events'
  readonly key?: string
}

// No log, collection or document can have its name: theirs have no hyphen.
const REJECTS_FILE = 'import-rejects.jsonl'

// One of them can be of 16 MiB.
const REJECTS_A_PAGE = 8
const REJECTS = /* sql */ `
  SELECT rejects.id, imports.path, rejects.line, rejects.byte_offset AS byteOffset, rejects.reason,
    rejects.raw
  FROM rejects JOIN imports ON imports.id = rejects.import_id
  WHERE rejects.id > :after ORDER BY rejects.id LIMIT :limit`

interface RejectRow {
  readonly id: number
  readonly path: string
  readonly line: number | null
  readonly byteOffset: number | null
  readonly reason: string
  readonly raw: Uint8Array
}

interface EventRow extends BodyPlace {
  readonly sequence: number
  readonly stream: string
  readonly type: string
  readonly atMs: number
  readonly metadata: string | null
}

/** Writes the store in `path` into `folder`; throws when a file is there, unless it may replace. */
export function exportJson(
  path: string,
  folder: string,
  options: ExportJsonOptions = {},
): ExportedFile[] {
  checkArgument('exportJson: the folder', folder, PATH)
  checkOptions('exportJson', options, OPTIONS)
  const connection = openForExport(path)
  const unfinished = new UnfinishedFiles()
  try {
    makeFolder(folder)
    const settled = { ...options, unfinished }
    return connection.read(() => exportModules(connection, folder, settled))
  } finally {
    connection.close()
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    throw outputError(folder, error)
  }
}

function exportModules(
  connection: Connection,
  folder: string,
  options: SettledOptions,
): ExportedFile[] {
  const rewrite: Rewrite = options.isRedacting ? redactedText : (text) => text
  const files: ExportedFile[] = []
  for (const { name, shape } of readModules(connection).values()) {
    if (name === KERNEL_MODULE) continue
    const exporter = shape === null ? exporterOf(name, options) : undefined
    if (exporter) {
      files.push(...writeModule(connection, name, exporter, { folder, rewrite, options }))
      continue
    }
    const isUnset = () => connection.get(`SELECT 1 FROM "${name}"`) === undefined
    const { kind, key = 'id' }: KnownShape = shape === null ? { kind: 'events' } : JSON.parse(shape)
    // A document that was never set is no document; a file saying null would be one when it comes back.
    if (kind === 'document' && isUnset()) continue
    const path = join(folder, kind === 'events' ? `${name}.events.jsonl` : `${name}.json`)
    const produce = {
      collection: (write: Write) => {
        const { isRedacting = false } = options
        return writeCollection(connection, { name, key, write, rewrite, isRedacting })
      },
      document: (write: Write) => writeDocument(connection, name, write, rewrite),
      events: (write: Write) => writeEvents(connection, name, write, rewrite),
    }[kind]
    files.push({ path, kind, count: writeWhole(path, produce, options) })
  }
  const rejects = join(folder, REJECTS_FILE)
  if (connection.get('SELECT 1 FROM rejects LIMIT 1') !== undefined) {
    const produce = (write: Write) => writeRejects(connection, write, options)
    files.push({ path: rejects, kind: 'rejects', count: writeWhole(rejects, produce, options) })
  }
  return files
}

// Where there is nothing to take out, with its digits.
function redactedText(text: string): string {
  const value: unknown = JSON.parse(text)
  const redacted = JSON.stringify(redactValue(value))
  return redacted === JSON.stringify(value) ? text : redacted
}

function exporterOf(name: string, { modules }: ExportJsonOptions): Exporter | undefined {
  return name === IMPORT_MODULE_NAME ? exportImportedLogs : modules?.get(name)?.exporter
}

interface Destination {
  readonly folder: string
  readonly rewrite: Rewrite
  readonly options: SettledOptions
}

function writeModule(
  connection: Connection,
  module: string,
  exporter: Exporter,
  { folder, rewrite, options }: Destination,
): ExportedFile[] {
  const files: ExportedFile[] = []
  for (const { path: name, text } of exporter(() => outgoing(connection, module, rewrite))) {
    const parts = text[Symbol.iterator]()
    const first = parts.next()
    // What a module has nothing of is no file.
    if (first.done) continue
    const path = join(folder, name)
    makeFolder(dirname(path))
    const produce = (write: Write) => {
      let count = 0
      for (let part: IteratorResult<string> = first; !part.done; part = parts.next()) {
        write(Buffer.from(part.value))
        count++
      }
      return count
    }
    files.push({ path, kind: 'module', count: writeWhole(path, produce, options) })
  }
  return files
}

function* outgoing(
  connection: Connection,
  module: string,
  rewrite: Rewrite,
): Generator<OutgoingEvent> {
  for (const row of eventRows(connection, module)) {
    const { stream, type, atMs, metadata } = row
    const text = rewrite(textOf(connection, row))
    yield { stream, type, atMs, text, metadata: metadata === null ? null : JSON.parse(metadata) }
  }
}

function writeRejects(
  connection: Connection,
  write: Write,
  { isRedacting = false }: ExportJsonOptions,
): number {
  write(Buffer.from('{"holdfast":"rejects"}\n'))
  let count = 0
  for (let after = 0; ; ) {
    const rows = connection.all<RejectRow>(REJECTS, { after, limit: REJECTS_A_PAGE })
    for (const { id: _, raw, ...place } of rows) {
      const text = Buffer.from(raw).toString()
      const isText = Buffer.from(text).equals(Buffer.from(raw))
      const kept = isText ? { raw: text } : { rawBase64: Buffer.from(raw).toString('base64') }
      const line = isRedacting ? redactValue({ ...place, ...kept }) : { ...place, ...kept }
      write(Buffer.from(`${JSON.stringify(line)}\n`))
    }
    count += rows.length
    after = rows.at(-1)?.id ?? after
    if (rows.length < REJECTS_A_PAGE) return count
  }
}

function writeDocument(
  connection: Connection,
  name: string,
  write: Write,
  rewrite: Rewrite,
): number {
  const sql = withNewestBody({
    columns: 'item.data',
    from: `"${name}" AS item LEFT JOIN streams ON streams.name = '${name}.document/' || item.id`,
  })
  const row = connection.get<{ data: string } & NewestBody>(sql)
  const text = row ? asAppended(connection, row, row.data) : 'null'
  write(Buffer.from(`${indentJson(rewrite(text))}\n`))
  return row ? 1 : 0
}

function writeEvents(
  connection: Connection,
  module: string,
  write: Write,
  rewrite: Rewrite,
): number {
  write(Buffer.from(`{"holdfast":"events","module":"${module}"}\n`))
  let count = 0
  for (const row of eventRows(connection, module)) {
    write(Buffer.from(lineOf(row, rewrite(textOf(connection, row)))))
    count++
  }
  return count
}

function* eventRows(connection: Connection, module: string): Generator<EventRow> {
  for (let after = 0; ; ) {
    const parameters = { after, types: `${module}.*`, limit: LINES_A_PAGE }
    const rows = connection.all<EventRow>(EVENTS, parameters)
    yield* rows
    after = rows.at(-1)?.sequence ?? after
    if (rows.length < LINES_A_PAGE) return
  }
}

function lineOf({ sequence, stream, type, atMs }: EventRow, text: string): string {
  const head = JSON.stringify({ ts: new Date(atMs).toISOString(), type, stream, sequence })
  // On one line even where it was stored on several; in a string a line break is escaped.
  return `${head.slice(0, -1)},"data":${text.replace(/[\r\n]/g, ' ')}}\n`
}
