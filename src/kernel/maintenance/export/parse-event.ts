/** From an event's line to the columns of its row, with JSON texts exactly as they stand. */
import { skipJson } from './skip-json.ts'

/** An event's line, read. */
export interface ExportedEvent {
  readonly stream: string
  readonly type: string
  readonly origin?: string
  /** JSON text, or `null`. */
  readonly metadata: string | null
  /** JSON text; empty when the body is a payload. */
  readonly data: string
  /** The other columns, in camel case. */
  readonly [field: string]: string | number | null | undefined
}

const METADATA = ',"metadata":'
const DATA = ',"data":'

/**
 * Reads a line. All values before `metadata` and `data` are numbers and strings, and in a string a
 * quotation mark is escaped: so the first place with such a mark is the field itself, whatever
 * stands inside the values.
 */
export function parseEventLine(line: string): ExportedEvent {
  const metadata = cutOut(line, METADATA, DATA)
  const data = cutOut(metadata.rest, DATA)
  const { metadataText, dataText, ...fields } = JSON.parse(data.rest)
  return {
    ...fields,
    metadata: metadataText ?? metadata.text ?? null,
    data: dataText ?? data.text ?? '',
  }
}

// The field's text and the line without it; unless `end` stands before, for then it is inside that.
function cutOut(line: string, mark: string, end?: string): { text?: string; rest: string } {
  const start = line.indexOf(mark)
  const limit = end === undefined ? -1 : line.indexOf(end)
  if (start < 0 || (limit >= 0 && limit < start)) return { rest: line }
  const stop = skipJson(line, start + mark.length)
  return {
    text: line.slice(start + mark.length, stop),
    rest: line.slice(0, start) + line.slice(stop),
  }
}
