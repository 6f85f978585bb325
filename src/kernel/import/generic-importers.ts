/** The importers of the generic rule: a log's events, a collection's items, a document. */
import { isUtf8 } from 'node:buffer'
import type { ImportEvent, Importer } from '../log/importer.ts'
import { eventNames } from './import-module.ts'
import { repeatedIds, rowOf } from './json-shape.ts'
import { occurredAtMs } from './occurred-at.ts'
import { compactInPlace } from './readers/compact-json.ts'
import type { JsonlRecord, Place } from './readers/items.ts'
import { JsonDocument, type JsonMember } from './readers/json-document.ts'
import { readJsonFile } from './readers/json-reader.ts'
import { readJsonl } from './readers/jsonl-reader.ts'

const HEAD_BYTES = 1 << 16

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
    *read({ path }) {
      const document = JsonDocument.read(path)
      const salvaged = !document.isWhole()
      const repeated = repeatedIds(document, key)
      const seen = new Set<string>()
      for (const part of document.members()) {
        if (part.kind === 'reject') {
          yield part
          continue
        }
        const { id, text } = rowOf(part, key)
        const isSecond = id !== undefined && seen.has(id)
        if (id === undefined || isSecond) {
          const reason = isSecond ? `a second '${id}'` : `has no '${key}'`
          const { line, endLine, raw = part.text, rawBase64 } = part
          // Of a map the name stands before the value, and nowhere else.
          const before = part.name === undefined ? '' : `${JSON.stringify(part.name)}:`
          const bytes =
            rawBase64 && Buffer.concat([Buffer.from(before), Buffer.from(rawBase64, 'base64')])
          yield {
            ...{ kind: 'reject', reason, line, endLine, raw: before + raw },
            rawBase64: bytes ? bytes.toString('base64') : undefined,
          }
          continue
        }
        if (repeated.has(id)) seen.add(id)
        const [stream, type] = [`${name}.item/${id}`, `${name}.item.saved`]
        yield toState(stream, type, part, { text, salvaged })
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
    *read({ path }) {
      const result = readJsonFile(path)
      if (result.kind === 'value') {
        const { raw, rawBase64, repairs } = result
        const text = compactInPlace(Buffer.from(result.text)).toString()
        const { salvaged, isPartial } = result
        const whole = { line: 1, endLine: undefined, raw, rawBase64, repairs }
        const [stream, type] = [`${name}.document/document`, `${name}.document.saved`]
        const state = toState(stream, type, whole, { text, salvaged })
        yield { ...state, isPartial }
      }
      for (const reject of result.kind === 'value' ? result.rejects : [result]) {
        const { reason, line, raw, rawBase64 } = reject
        yield { kind: 'reject', reason, line, raw, rawBase64 }
      }
    },
  }
}

/**
 * A whole JSON file that is too large for its value to be built, as one event of the log `name`: it
 * is stored as the bytes that it was, for nothing folds it.
 */
export function longDocumentImporter(name: string): Importer {
  const { stream, type } = eventNames(name)
  return {
    name: 'long-document',
    format: 'file',
    matches: () => true,
    *read({ path }) {
      const document = JsonDocument.read(path)
      const { bytes } = document
      if (document.isWhole() && isUtf8(bytes)) {
        const textBytes = compactInPlace(bytes)
        yield { kind: 'event', stream, type, data: undefined, textBytes, line: 1, salvaged: false }
        return
      }
      const reason = document.isTooLong ? 'too long' : 'not JSON'
      const raw = bytes.toString('utf8', 0, HEAD_BYTES)
      const rawBytes = document.isTooLong ? undefined : bytes
      yield { kind: 'reject', reason, line: 1, raw, rawBytes }
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

// An item's or a document's own text; its value is made of it when it is folded, and what stood there
// when it is refused.
function toState(
  stream: string,
  type: string,
  part: Pick<JsonMember, 'line' | 'repairs' | 'raw' | 'rawBase64'> & {
    readonly endLine: number | undefined
  },
  { text, salvaged }: { readonly text: string; readonly salvaged: boolean },
): ImportEvent {
  const { line, endLine, repairs } = part
  const metadata =
    repairs.length === 0 ? undefined : { import: { line, repairs, ...originalOf(part) } }
  return {
    ...{ kind: 'event', stream, type, data: undefined, text, line, endLine, salvaged, metadata },
    repairs,
    get raw() {
      return part.raw
    },
  }
}

// Only where the text does not say the same any more.
function originalOf({
  repairs,
  raw,
  rawBase64,
}: Pick<JsonlRecord, 'repairs' | 'raw' | 'rawBase64'>): { rawBase64?: string; raw?: string } {
  if (rawBase64 !== undefined) return { rawBase64 }
  return raw !== undefined && repairs.includes('not-a-number') ? { raw } : {}
}
