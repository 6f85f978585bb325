/**
 * Makes items out of parts of lines: the one place where a text becomes a record, so that
 * each promise about a record's text is kept here.
 */

import { isTooDeep } from './depth.ts'
import type { KeyRenamer } from './duplicate-keys.ts'
import {
  type JsonlItem,
  type JsonlReject,
  type JsonObject,
  NO_REPAIRS,
  type Place,
  type RejectReason,
  type Repair,
} from './items.ts'
import type { Line } from './line-source.ts'
import { escapeLoneSurrogates } from './text.ts'

/** From one place in a line to another, perhaps in a later line. */
export interface Span {
  readonly first: Line
  readonly from: number
  readonly last: Line
  readonly to: number
}

/** What decides how lines become items. */
export interface RecordOptions {
  readonly growing: boolean
  readonly renameKeys: KeyRenamer
  readonly maxRecordBytes: number
}

/** What else is known about a record that was mended. */
export interface Mending {
  readonly raw: string
  readonly repairs: readonly Repair[]
}

/**
 * Parses a text; `undefined` if it is not JSON, or nested too deeply. Depth is looked at
 * first: 32 million brackets make `JSON.parse` take 17 s and 3 GB.
 */
export function parseJson(text: string): unknown {
  if (isTooDeep(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON: the caller keeps the text as a reject or tries to mend it.
    return undefined
  }
}

/**
 * Turns a line that is one whole object into its record. The usual case, so what `toItem` would
 * find out about it is written down: nothing was mended, and the record stands where its line does.
 */
export function toWholeLine(line: Line, value: unknown, options: RecordOptions): JsonlItem {
  const { text, number, offset, endOffset } = line
  if (line.width === 2 || options.renameKeys(text) !== text) {
    const span = { first: line, from: 0, last: line, to: text.length }
    return toItem(span, text, value, undefined, options)
  }
  return {
    kind: 'record',
    line: number,
    endLine: number,
    offset,
    endOffset,
    text,
    value: value as JsonObject,
    salvaged: false,
    repairs: NO_REPAIRS,
    raw: undefined,
    rawBase64: undefined,
  }
}

/** Turns the text of one object, which begins with a brace, into a record, or a reject if it cannot be stored. */
export function toItem(
  span: Span,
  text: string,
  parsed: unknown,
  mending: Mending | undefined,
  options: RecordOptions,
): JsonlItem {
  const { first, last } = span
  const isWide = first.width === 2
  const paired = isWide ? escapeLoneSurrogates(text) : text
  const kept = options.renameKeys(paired)
  const value = kept === text ? (parsed ?? parseJson(text)) : parseJson(kept)
  if (value === undefined) return toReject(span, 'not JSON', mending?.raw ?? text)
  let repairs = mending?.repairs ?? NO_REPAIRS
  if (paired !== text) repairs = [...repairs, 'lone-surrogate']
  const salvaged = repairs.length > 0
  if (kept !== paired) repairs = [...repairs, 'duplicate-key']
  const raw = mending?.raw ?? text
  const { line, endLine, offset, endOffset } = placeOf(span)
  return {
    kind: 'record',
    line,
    endLine,
    offset,
    endOffset,
    text: kept,
    value: value as JsonObject,
    salvaged,
    repairs,
    raw: raw === kept ? undefined : raw,
    rawBase64: first === last ? first.bytes?.toString('base64') : undefined,
  }
}

/** Keeps a part of the source that was not understood. */
export function toReject(span: Span, reason: RejectReason, raw: string): JsonlReject {
  return { kind: 'reject', ...placeOf(span), reason, raw, rawBase64: rawBytes(span) }
}

/** The lines and bytes that a span takes. */
export function placeOf(span: Span): Place {
  return {
    line: span.first.number,
    endLine: span.last.number,
    offset: offsetAt(span.first, span.from),
    endOffset: offsetAt(span.last, span.to),
  }
}

function offsetAt(line: Line, index: number): number {
  if (index === 0) return line.offset
  if (index >= line.text.length || line.bytes) return line.endOffset
  if (line.width > 0) return line.offset + index * line.width
  return line.offset + Buffer.byteLength(line.text.slice(0, index))
}

function rawBytes({ first, last }: Span): string | undefined {
  return first === last ? first.bytes?.toString('base64') : undefined
}
