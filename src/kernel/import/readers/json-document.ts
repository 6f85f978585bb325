/**
 * A JSON document as the bytes that it stands in, member by member: elements of its outermost list,
 * or members of its outermost object. No value is built of more than one of them, and what is handed
 * out is the source's own slice, so that no digit and no repeated key is lost.
 *
 * Invariant: what `members()` yields, records and rejects, is together the whole document but for
 * brackets, commas and white space between them.
 */
import { isUtf8 } from 'node:buffer'
import { compactInPlace } from './compact-json.ts'
import { isTooDeep } from './depth.ts'
import { NO_REPAIRS, type RejectReason, type Repair } from './items.ts'
import { blankEndOf, scanJson, stringEndOf } from './json-bytes.ts'
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON_CODE,
  COMMA_CODE,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
} from './json-codes.ts'
import { readAtMost } from './json-reader.ts'
import { MAX_RECORD_BYTES } from './jsonl-reader.ts'
import { LONG_LINE_BYTES } from './line-source.ts'
import { RepairingScanner } from './repairing-scanner.ts'
import { repeatedOf } from './repeated.ts'
import { decode, detectEncoding, escapeLoneSurrogates } from './text.ts'

/** An element of a list or a member of an object. */
export interface JsonMember {
  readonly kind: 'member'
  /** Of an object; of a list `undefined`. */
  readonly name: string | undefined
  /** Valid JSON without white space between its parts; else the source's own unless repaired. */
  readonly text: string
  readonly line: number
  readonly endLine: number
  readonly repairs: readonly Repair[]
  /** The source's text, where `text` differs from it. */
  readonly raw: string | undefined
  /** The source's bytes, where they are not UTF-8. */
  readonly rawBase64: string | undefined
}

/** A part of a document that is no member, or not one that can be taken. */
export interface JsonPart {
  readonly kind: 'reject'
  readonly reason: RejectReason
  readonly line: number
  readonly endLine: number
  /** The source's text; of a long part its head. */
  readonly raw: string
  readonly rawBase64: string | undefined
  /** All of a long part. */
  readonly rawBytes: Buffer | undefined
}

interface Place {
  readonly name: string | undefined
  /** Of the name, in an object. */
  readonly from: number
  readonly valueFrom: number
  readonly to: number
  readonly mended: { readonly text: string; readonly repairs: readonly Repair[] } | undefined
}

interface End {
  /** Behind the last member that is whole. */
  readonly keptTo: number
  readonly problem: RejectReason | undefined
}

const HEAD_BYTES = 1 << 16

/** One document in memory. */
export class JsonDocument {
  /** UTF-8, or meant to be. */
  readonly bytes: Buffer
  /** True where the file is longer than what is read: then `bytes` is its head. */
  readonly isTooLong: boolean
  readonly #start: number
  #latin1: string | undefined
  #scratch: Buffer = Buffer.alloc(0)

  constructor(bytes: Buffer, isTooLong = false) {
    this.bytes = bytes
    this.isTooLong = isTooLong
    this.#start = noiseEnd(bytes, 0)
  }

  /** Reads a file of at most 64 MiB; throws `NOT_FOUND` or `IO`. */
  static read(path: string): JsonDocument {
    const all = readAtMost(path, MAX_RECORD_BYTES + 1)
    const isTooLong = all.length > MAX_RECORD_BYTES
    const { encoding, markBytes } = detectEncoding(all)
    const bytes = (isTooLong ? all.subarray(0, HEAD_BYTES) : all).subarray(markBytes)
    const isPlain = encoding === 'utf8'
    return new JsonDocument(
      isPlain ? bytes : Buffer.from(escapeLoneSurrogates(decode(bytes, encoding))),
      isTooLong,
    )
  }

  /** What it is as a whole. */
  get kind(): 'list' | 'object' | 'other' {
    const code = this.bytes[this.#start]
    return code === OPEN_ARRAY ? 'list' : code === OPEN_OBJECT ? 'object' : 'other'
  }

  /** True where no value of the whole of it is built unasked. */
  get isLong(): boolean {
    return this.bytes.length > LONG_LINE_BYTES
  }

  /** True when all of it is valid JSON. */
  isWhole(): boolean {
    if (this.isTooLong) return false
    const { status, end } = scanJson(this.bytes, this.#start)
    return status === 'complete' && blankEndOf(this.bytes, end) >= this.bytes.length
  }

  /** All of it, without white space between its parts; of a document that is whole. */
  compactText(): string {
    return compactInPlace(Buffer.from(this.bytes)).toString()
  }

  /** Goes over it from its beginning; a repeated name is its last one, and a reject before. */
  *members(): Generator<JsonMember | JsonPart, void, undefined> {
    if (this.kind === 'other' || this.isTooLong) {
      const reason = this.isTooLong ? 'too long' : 'not JSON'
      yield this.#part(0, this.bytes.length, reason, 1)
      return
    }
    const counts = this.kind === 'list' ? undefined : repeatedOf(() => this.#names())
    const places = this.#places()
    let line = 1
    // The next break is looked for once: a file of one line has none, and that takes all of it.
    let nextBreak = this.bytes.indexOf(10)
    const lineAt = (at: number): number => {
      while (nextBreak >= 0 && nextBreak < at) {
        line++
        nextBreak = this.bytes.indexOf(10, nextBreak + 1)
      }
      return line
    }
    if (this.#start > 0 && noiseEnd(this.bytes, 0) > blankEndOf(this.bytes, 0)) {
      yield this.#part(0, this.#start, 'NUL bytes', 1)
    }
    for (;;) {
      const { value: place, done } = places.next()
      if (done) {
        const { keptTo, problem } = place
        if (problem !== undefined) {
          yield this.#part(
            keptTo,
            this.bytes.length,
            problem,
            lineAt(blankEndOf(this.bytes, keptTo)),
          )
        }
        return
      }
      const first = lineAt(place.from)
      const left = place.name === undefined ? 0 : (counts?.get(place.name) ?? 0)
      if (left > 1 && place.name !== undefined) {
        counts?.set(place.name, left - 1)
        yield this.#part(place.from, place.to, 'repeated key', first)
      } else if (place.to - place.valueFrom > LONG_LINE_BYTES) {
        yield this.#part(place.from, place.to, 'too long', first)
      } else yield this.#member(place, first, lineAt(place.to))
    }
  }

  *#names(): Generator<string> {
    for (const { name } of this.#places()) if (name !== undefined) yield name
  }

  *#places(): Generator<Place, End, undefined> {
    const { bytes } = this
    const close = this.kind === 'object' ? CLOSE_OBJECT : CLOSE_ARRAY
    let keptTo = this.#start + 1
    for (let isFirst = true; ; isFirst = false) {
      let at = blankEndOf(bytes, keptTo)
      if (bytes[at] === COMMA_CODE && !isFirst) at = blankEndOf(bytes, at + 1)
      else if (bytes[at] !== close && !isFirst) return { keptTo, problem: this.#problemAt(at) }
      if (bytes[at] === close) return this.#endBehind(at + 1)
      const place = this.#placeAt(at)
      if (typeof place === 'string') return { keptTo, problem: place }
      yield place
      keptTo = place.to
    }
  }

  #placeAt(from: number): Place | RejectReason {
    const { bytes } = this
    if (this.kind === 'list') return this.#valueAt(from, from, undefined)
    if (bytes[from] !== QUOTE) return this.#problemAt(from)
    const end = stringEndOf(bytes, from)
    const mended = end < 0 ? this.#mend(from) : undefined
    if (typeof mended === 'string') return mended
    const name = JSON.parse(mended?.text ?? bytes.toString('utf8', from, end)) as string
    const colon = blankEndOf(bytes, mended?.to ?? end)
    if (bytes[colon] !== COLON_CODE) return this.#problemAt(colon)
    return this.#valueAt(from, blankEndOf(bytes, colon + 1), name)
  }

  #valueAt(from: number, valueFrom: number, name: string | undefined): Place | RejectReason {
    const { status, end } = scanJson(this.bytes, valueFrom)
    if (status === 'complete') return { name, from, valueFrom, to: end, mended: undefined }
    if (status === 'too deep') return 'nested too deeply'
    const mended = this.#mend(valueFrom)
    if (typeof mended === 'string') return mended
    return { name, from, valueFrom, to: mended.to, mended }
  }

  // Each byte as a character, so that places in the text are places in the bytes.
  #mend(
    from: number,
  ):
    | { readonly text: string; readonly to: number; readonly repairs: readonly Repair[] }
    | RejectReason {
    if (this.isLong) return this.#problemAt(from)
    this.#latin1 ??= this.bytes.toString('latin1')
    const scanner = new RepairingScanner()
    const to = scanner.feed(this.#latin1, from)
    if (scanner.status === 'open') return 'torn'
    if (scanner.status === 'too deep') return 'nested too deeply'
    if (scanner.status === 'error') return this.#problemAt(to)
    const text = Buffer.from(scanner.text, 'latin1').toString()
    return { text, to, repairs: scanner.repairs }
  }

  // Half a word or number at the very end is no mistake but an end that is missing.
  #problemAt(at: number): RejectReason {
    const { bytes } = this
    let end = at
    while (end < at + 32 && /[\w.+-]/.test(String.fromCharCode(bytes[end] ?? 0))) end++
    return noiseEnd(bytes, end) >= bytes.length ? 'torn' : 'not JSON'
  }

  #endBehind(end: number): End {
    const { bytes } = this
    if (blankEndOf(bytes, end) >= bytes.length) return { keptTo: end, problem: undefined }
    const isNoise = noiseEnd(bytes, end) >= bytes.length
    return { keptTo: end, problem: isNoise ? 'NUL bytes' : 'not JSON' }
  }

  #member({ name, valueFrom, to, mended }: Place, line: number, endLine: number): JsonMember {
    const slice = this.bytes.subarray(valueFrom, to)
    const text = mended?.text ?? this.#compact(slice)
    const isExact = isUtf8(slice)
    const broken: readonly Repair[] = isExact ? NO_REPAIRS : ['replaced-bytes']
    return {
      kind: 'member',
      name,
      text,
      line,
      endLine,
      repairs: mended ? [...mended.repairs, ...broken] : broken,
      // Hardly ever asked for, and as much again.
      get raw() {
        return mended || text.length < slice.length ? slice.toString() : undefined
      },
      rawBase64: isExact ? undefined : slice.toString('base64'),
    }
  }

  // A buffer for each of a million members would wait for the garbage collector.
  #compact(slice: Buffer): string {
    if (this.#scratch.length < slice.length) this.#scratch = Buffer.allocUnsafe(slice.length * 2)
    const copied = slice.copy(this.#scratch)
    return compactInPlace(this.#scratch.subarray(0, copied)).toString()
  }

  #part(from: number, to: number, reason: RejectReason, line: number): JsonPart {
    const slice = this.bytes.subarray(blankEndOf(this.bytes, from), to)
    const isLong = slice.length > LONG_LINE_BYTES
    const raw = slice.toString('utf8', 0, isLong ? HEAD_BYTES : slice.length).trimEnd()
    const rawBase64 = isLong || isUtf8(slice) ? undefined : slice.toString('base64')
    const rawBytes = isLong ? slice : undefined
    return { kind: 'reject', reason, line, endLine: line, raw, rawBase64, rawBytes }
  }
}

/** The value of a member, which is valid JSON. */
export function parsedOf({ text }: Pick<JsonMember, 'text'>): unknown {
  return isTooDeep(text) ? undefined : JSON.parse(text)
}

// White space, and the zeros that a crash leaves where data should have come.
function noiseEnd(bytes: Buffer, at: number): number {
  let next = blankEndOf(bytes, at)
  while (next < bytes.length && bytes[next] === 0) next = blankEndOf(bytes, next + 1)
  return next
}
