/** From what the readers found to items for the import. */
import {
  type EventMetadata,
  type ImportEvent,
  type ImportItem,
  type ImportSource,
  type JsonFileResult,
  type JsonlRecord,
  readJsonFile,
  SourceTexts,
} from '../../index.ts'
import { streamOf } from './streams.ts'
import { isObject, type LegacyData } from './values.ts'

/** What an event of a log becomes. */
export interface LogTarget {
  readonly stream: string
  readonly type: string
  readonly metadata?: EventMetadata | undefined
  readonly occurredAtMs: number | null
}

/** A record of JSON lines as an event; what was mended is said in its metadata. */
export function fromRecord(record: JsonlRecord, target: LogTarget): ImportEvent {
  const { line, endLine, offset, endOffset, text, value, salvaged, repairs, raw } = record
  const { rawBase64 } = record
  const bytes = rawBase64 === undefined ? {} : { rawBase64 }
  const mended =
    repairs.length === 0 ? undefined : { import: { line, repairs: [...repairs], ...bytes } }
  const metadata = mended || target.metadata ? { ...target.metadata, ...mended } : undefined
  return {
    kind: 'event',
    stream: target.stream,
    type: target.type,
    data: value,
    text,
    metadata,
    occurredAtMs: target.occurredAtMs ?? undefined,
    line,
    endLine,
    offset,
    endOffset,
    salvaged,
    repairs,
    raw,
  }
}

/** An event of a file that is read as a whole; its data is what stood there. */
export interface FileEvent {
  readonly stream: string
  readonly type: string
  readonly data: LegacyData
  readonly occurredAtMs: number
  /** When an entity was in this state, where the file says it. */
  readonly stateAtMs?: number | undefined
}

/**
 * Reads a JSON file and hands its object to `take`. Parts that could not be read are rejects, and so
 * is a file that is no object. What stood in the file is stored as it stood there.
 */
export function* fromFile(
  source: ImportSource,
  take: (data: LegacyData) => Iterable<FileEvent | RejectedPart>,
): Iterable<ImportItem> {
  const result = readJsonFile(source.path)
  yield* rejectsOf(result)
  if (result.kind !== 'value') return
  if (!isObject(result.value)) {
    yield { kind: 'reject', reason: 'not an object', raw: result.raw ?? result.text }
    return
  }
  const { isPartial, salvaged } = result
  const texts = new SourceTexts(result)
  yield* texts.repeated
  const metadata = mendingOf(result)
  for (const part of take(result.value)) {
    if ('rejected' in part) yield toReject(part, texts)
    else {
      const text = texts.of(part.data)
      // What is cut off is the file; an element that is there is whole.
      const isBeginning = isPartial && !texts.isWithin(part.data)
      yield { kind: 'event', ...part, text, metadata, isPartial: isBeginning, salvaged }
    }
  }
}

// What the file was, where its parts do not say the same any more.
function mendingOf(result: Extract<JsonFileResult, { kind: 'value' }>): EventMetadata | undefined {
  const { repairs, raw, rawBase64 } = result
  if (repairs.length === 0) return undefined
  const bytes = rawBase64 === undefined ? {} : { rawBase64 }
  const text = raw !== undefined && repairs.includes('not-a-number') ? { raw } : {}
  return { import: { repairs: [...repairs], ...text, ...bytes } }
}

/** An element that is none of what its list holds. */
export interface RejectedPart {
  readonly rejected: unknown
  readonly reason: string
}

/** Each object of a list by `make`; whatever else stands in it is rejected. */
export function* fromList(
  list: readonly unknown[],
  make: (data: LegacyData) => FileEvent,
): Iterable<FileEvent | RejectedPart> {
  for (const element of list) {
    if (isObject(element)) yield make(element)
    else yield { rejected: element, reason: 'not an object' }
  }
}

/** What a file holds beyond that which became events of its own; nothing where there is none. */
export function* fromRest(source: ImportSource, rest: LegacyData): Iterable<FileEvent> {
  if (Object.keys(rest).length === 0) return
  yield {
    stream: streamOf('file', source.relativePath),
    type: 'pipeline.record.file-saved',
    data: rest,
    occurredAtMs: source.modifiedAtMs,
  }
}

function rejectsOf(result: JsonFileResult): ImportItem[] {
  const rejects = result.kind === 'value' ? result.rejects : [result]
  return rejects.map(({ reason, line, raw, rawBase64 }) => ({
    kind: 'reject',
    reason,
    line,
    raw,
    rawBase64,
  }))
}

function toReject({ rejected, reason }: RejectedPart, texts: SourceTexts): ImportItem {
  const isPart = typeof rejected === 'object' && rejected !== null
  const raw = (isPart ? texts.of(rejected) : undefined) ?? JSON.stringify(rejected) ?? 'null'
  return { kind: 'reject', reason, raw }
}
