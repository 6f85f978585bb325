/**
 * The items of a line of more than 4 MiB, of which no value is built. It is cut into objects from
 * left to right as any line is, but nothing in it is mended: from the first mistake on, the rest of
 * it is one reject.
 */
import { isUtf8 } from 'node:buffer'
import type { JsonlItem, Place, RejectReason, Repair } from './items.ts'
import { blankEndOf, scanJson } from './json-bytes.ts'
import { COMMA_CODE, OPEN_OBJECT } from './json-codes.ts'
import { type Line, LONG_LINE_BYTES } from './line-source.ts'
import { type RecordOptions, toItem } from './records.ts'

const HEAD_BYTES = 1 << 16

/** Yields the items of `line`, whose bytes are `bytes`. */
export function* longItems(
  line: Line,
  bytes: Buffer,
  options: RecordOptions,
  wanted: readonly string[],
): Generator<JsonlItem, void, undefined> {
  const rest = (from: number, reason: RejectReason): JsonlItem => {
    const place = placeIn(line, from, bytes.length)
    const rawBytes = bytes.subarray(from)
    const raw = rawBytes.toString('utf8', 0, HEAD_BYTES)
    if (options.growing && !line.terminated) return { kind: 'torn', ...place, raw, rawBytes }
    return { kind: 'reject', ...place, reason, raw, rawBytes, rawBase64: undefined }
  }
  const isWide = line.width === 2
  if (isWide || !isUtf8(bytes)) {
    yield rest(0, isWide ? 'too long' : 'not UTF-8')
    return
  }
  const start = skip(bytes, 0)
  for (let at = start; at < bytes.length; ) {
    const { status, end, members } = scanJson(bytes, at, wanted)
    const isObject = bytes[at] === OPEN_OBJECT
    if (status !== 'complete' || !isObject) {
      const isOther = status === 'complete' && skip(bytes, end) === bytes.length
      const depth = status === 'too deep' ? 'nested too deeply' : 'not JSON'
      yield rest(at, isOther ? 'not an object' : depth)
      return
    }
    const behind = skip(bytes, end)
    const hasComma = bytes[behind] === COMMA_CODE
    const to = hasComma ? behind + 1 : end
    const next = skip(bytes, to)
    const place = placeIn(line, at, to)
    if (end - at > LONG_LINE_BYTES) {
      const rawBytes = bytes.subarray(at, end)
      const raw = rawBytes.toString('utf8', 0, HEAD_BYTES)
      const tooLong = { reason: 'too long', raw, rawBytes, members } as const
      yield { kind: 'reject', ...place, ...tooLong, rawBase64: undefined }
    } else {
      const repairs: Repair[] = []
      if (at > start || next < bytes.length) repairs.push('split-line')
      if (hasComma) repairs.push('separator')
      const part: Line = {
        text: bytes.toString('utf8', at, end),
        number: line.number,
        offset: place.offset,
        endOffset: place.endOffset,
        width: 0,
        terminated: true,
        bytes: undefined,
        tooLong: false,
      }
      const span = { first: part, from: 0, last: part, to: part.text.length }
      const raw = bytes.toString('utf8', at, to)
      yield toItem(span, part.text, undefined, { raw, repairs }, options)
    }
    at = next
  }
}

function placeIn({ number, offset }: Line, from: number, to: number): Place {
  return { line: number, endLine: number, offset: offset + from, endOffset: offset + to }
}

/** Passes over blanks, byte order marks among them. */
function skip(bytes: Buffer, from: number): number {
  let at = blankEndOf(bytes, from)
  while (bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) {
    at = blankEndOf(bytes, at + 3)
  }
  return at
}
