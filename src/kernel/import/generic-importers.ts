/** The importers of the generic rule: a log's events, a collection's items, a document. */
import type { ImportEvent, Importer, ImportItem, ImportReject } from '../log/importer.ts'
import { eventNames } from './import-module.ts'
import { rowsOf } from './json-shape.ts'
import { occurredAtMs } from './occurred-at.ts'
import type { JsonlRecord, Place } from './readers/items.ts'
import { type JsonFileResult, readJsonFile } from './readers/json-reader.ts'
import { readJsonl } from './readers/jsonl-reader.ts'

/** Each record of JSON lines as an event of the log `name`. */
export function logImporter(name: string): Importer {
  const { stream, type } = eventNames(name)
  return {
    name: 'events',
    format: 'jsonl',
    matches: () => true,
    *read(source, context) {
      for (const item of readJsonl({ path: source.path }, context)) {
        if (item.kind === 'record') yield toEvent(item, stream, type)
        else if (item.kind === 'reject' && item.members && item.rawBytes) {
          yield toLongEvent(item, item.rawBytes, occurredAtMs(item.members), stream, type)
        } else yield item
      }
    },
  }
}

/** Each item of a JSON file as the state of an item of the collection `name`. */
export function collectionImporter(name: string, key: string): Importer {
  return {
    name: 'collection',
    format: 'file',
    matches: () => true,
    *read(source) {
      const result = readJsonFile(source.path)
      yield* rejectsOf(result)
      if (result.kind !== 'value') return
      const seen = new Set<string>()
      for (const { id, item } of rowsOf(result.value, key)) {
        const reason = id === undefined ? `has no '${key}'` : seen.has(id) ? `a second '${id}'` : ''
        if (id === undefined || reason !== '') {
          yield { kind: 'reject', reason, raw: JSON.stringify(item) ?? 'null' }
          continue
        }
        seen.add(id)
        const { salvaged } = result
        yield {
          kind: 'event',
          stream: `${name}.item/${id}`,
          type: `${name}.item.saved`,
          data: item,
          salvaged,
        }
      }
    },
  }
}

/** A whole JSON file as the document `name`. */
export function documentImporter(name: string): Importer {
  return {
    name: 'document',
    format: 'file',
    matches: () => true,
    *read(source) {
      const result = readJsonFile(source.path)
      yield* rejectsOf(result)
      if (result.kind !== 'value') return
      yield {
        kind: 'event',
        stream: `${name}.document/document`,
        type: `${name}.document.saved`,
        data: result.value,
        salvaged: result.salvaged,
      }
    },
  }
}

// The sequence and the ledger tell where an event came from; only what was mended is said with it.
function toEvent(record: JsonlRecord, stream: string, type: string): ImportEvent {
  const { line, endLine, offset, endOffset, text, value, salvaged, repairs, raw } = record
  const event: ImportEvent = {
    kind: 'event',
    stream,
    type,
    // Nothing folds it, and to hold on to two thousand parsed records costs more than to parse them.
    data: undefined,
    text,
    occurredAtMs: occurredAtMs(value),
    // Not where it goes: a copy of this log may go by another name.
    identity: text,
    line,
    endLine,
    offset,
    endOffset,
    salvaged,
  }
  if (repairs.length === 0) return event
  const metadata = { import: { line, repairs, ...originalOf(record) } }
  return { ...event, metadata, repairs, raw }
}

// Too long to be a value; stored as the bytes that it was, for nothing folds it.
function toLongEvent(
  { line, endLine, offset, endOffset }: Place,
  textBytes: Buffer,
  occurredAtMs: number | undefined,
  stream: string,
  type: string,
): ImportEvent {
  const place = { line, endLine, offset, endOffset, salvaged: false }
  return { kind: 'event', stream, type, data: undefined, textBytes, occurredAtMs, ...place }
}

// Only where the text does not say the same any more.
function originalOf({ repairs, raw, rawBase64 }: JsonlRecord) {
  if (rawBase64 !== undefined) return { rawBase64 }
  return raw !== undefined && repairs.includes('not-a-number') ? { raw } : {}
}

function rejectsOf(result: JsonFileResult): ImportItem[] {
  const rejects = result.kind === 'value' ? result.rejects : [result]
  return rejects.map(
    ({ reason, line, raw, rawBase64 }): ImportReject => ({
      kind: 'reject',
      reason,
      line,
      raw,
      rawBase64,
    }),
  )
}
