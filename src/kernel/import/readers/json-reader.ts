/**
 * Reads a file that is one JSON document, salvaging what is broken.
 *
 * A document that only needs mending is mended. One that was cut off, or that breaks in the
 * middle, gives its complete parts (`torn-json.ts`), and the rest of the text is a reject:
 * the two together are the whole file.
 */

import { isUtf8 } from 'node:buffer'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { BYTES, checkArgument, PATH } from '../../arguments.ts'
import { keepFirst } from './duplicate-keys.ts'
import type { RejectReason, Repair } from './items.ts'
import { MAX_RECORD_BYTES } from './jsonl-reader.ts'
import { attempt } from './read-errors.ts'
import { parseJson } from './records.ts'
import { RepairingScanner } from './repairing-scanner.ts'
import { blankEnd, isBlank, skipBlank } from './rubbish.ts'
import { decode, detectEncoding, escapeLoneSurrogates } from './text.ts'
import { findCut } from './torn-json.ts'

/** How {@link readJsonFile} and {@link readJsonBytes} read. */
export interface JsonFileOptions {
  /** Largest file taken, in bytes; 64 MiB by default. */
  readonly maxBytes?: number
  /**
   * Keys of the outermost object whose first occurrence keeps the name: later ones become `key#2`.
   * Of others `value` has the last.
   */
  readonly firstKeyWins?: readonly string[]
}

/** A part of a document that was not understood. */
export interface JsonReject {
  readonly reason: RejectReason
  /** Line in which it begins, from 1. */
  readonly line: number
  readonly raw: string
  /** The whole file's bytes, where they are not what its encoding promises. */
  readonly rawBase64: string | undefined
}

/** What a document gave. */
export type JsonFileResult =
  | {
      readonly kind: 'value'
      readonly value: unknown
      /** Valid JSON of the value: the file's own text unless something was repaired or cut. */
      readonly text: string
      readonly salvaged: boolean
      readonly repairs: readonly Repair[]
      /** True when the document breaks off or breaks in the middle, so that the value is its beginning. */
      readonly isPartial: boolean
      /** The file's text, where `text` differs from it. */
      readonly raw: string | undefined
      /** The file's bytes, where they are not what its encoding promises. */
      readonly rawBase64: string | undefined
      /** What was left out of the value, in order. */
      readonly rejects: readonly JsonReject[]
    }
  | ({ readonly kind: 'rejected' } & JsonReject)

/** How much of a file beyond the limit is kept to show. */
const HEAD_BYTES = 1 << 16

/**
 * Reads a JSON file. Its content never makes it throw; a file that cannot be read throws
 * `NOT_FOUND` or `IO`.
 *
 * @example
 * ```ts
 * const result = readJsonFile('state.json')
 * if (result.kind === 'value') restore(result.value, result.rejects)
 * ```
 */
export function readJsonFile(path: string, options: JsonFileOptions = {}): JsonFileResult {
  checkArgument('readJsonFile: the path', path, PATH)
  const maxBytes = options.maxBytes ?? MAX_RECORD_BYTES
  return readJsonBytes(readAtMost(path, maxBytes + 1), { ...options, maxBytes })
}

/** Reads a JSON document from its bytes, as {@link readJsonFile} does. */
export function readJsonBytes(bytes: Buffer, options: JsonFileOptions = {}): JsonFileResult {
  checkArgument('readJsonBytes', bytes, BYTES)
  const { encoding, markBytes } = detectEncoding(bytes)
  const body = bytes.subarray(markBytes)
  if (bytes.length > (options.maxBytes ?? MAX_RECORD_BYTES)) {
    const raw = decode(body.subarray(0, HEAD_BYTES), encoding)
    return { kind: 'rejected', reason: 'too long', line: 1, raw, rawBase64: undefined }
  }
  const isExact = encoding === 'utf8' ? isUtf8(body) : body.length % 2 === 0
  const decoded = decode(body, encoding)
  const text = encoding === 'utf8' ? decoded : escapeLoneSurrogates(decoded)
  const rawBase64 = isExact ? undefined : bytes.toString('base64')
  const repairs: Repair[] = isExact ? [] : ['replaced-bytes']
  if (text !== decoded) repairs.push('lone-surrogate')
  const found = readText(text, rawBase64)
  if ('reason' in found) return { kind: 'rejected', ...found }
  repairs.push(...found.repairs)
  const salvaged = repairs.length + found.rejects.length > 0
  const kept = keepFirst(options.firstKeyWins ?? [])(found.text)
  if (kept !== found.text) repairs.push('duplicate-key')
  const value = kept === found.text ? found.value : parseJson(kept)
  const raw = kept === found.own ? undefined : found.own
  const { isPartial, rejects } = found
  return { kind: 'value', value, text: kept, salvaged, repairs, isPartial, raw, rawBase64, rejects }
}

interface Found {
  readonly text: string
  readonly value: unknown
  /** What `text` was made of. */
  readonly own: string
  readonly isPartial: boolean
  readonly repairs: readonly Repair[]
  readonly rejects: readonly JsonReject[]
}

function readText(text: string, rawBase64: string | undefined): Found | JsonReject {
  const start = skipNoise(text, 0)
  const before = toRejects(text, 0, start, 'NUL bytes', rawBase64)
  const own = text.slice(start, blankEnd(text))
  const value = parseJson(own)
  const sound = { repairs: [], isPartial: false, rejects: before }
  if (value !== undefined) return { text: own, value, own, ...sound }
  const scanner = new RepairingScanner()
  const end = scanner.feed(text, start)
  if (scanner.status === 'complete') {
    const behind = skipNoise(text, end) >= text.length
    const rest = toRejects(text, end, text.length, behind ? 'NUL bytes' : 'not JSON', rawBase64)
    const { text: mended, repairs } = scanner
    const parsed = parseJson(mended)
    if (parsed !== undefined) {
      const rejects = [...before, ...rest]
      return {
        ...sound,
        text: mended,
        value: parsed,
        own: text.slice(start, end),
        repairs,
        rejects,
      }
    }
  }
  const whole = { line: 1, raw: text, rawBase64 }
  if (scanner.status === 'too deep') return { reason: 'nested too deeply', ...whole }
  const reason = scanner.status === 'open' || isCutOff(text, end) ? 'torn' : 'not JSON'
  const cut = findCut(text, end)
  if (!cut) return { reason, ...whole }
  const kept = new RepairingScanner()
  kept.feed(text.slice(start, cut.at) + cut.closing)
  const part = parseJson(kept.text)
  if (part === undefined) return { reason, ...whole }
  const rejects = [...before, ...toRejects(text, cut.at, text.length, reason, rawBase64)]
  const { repairs } = kept
  const from = text.slice(start, cut.at)
  return { text: kept.text, value: part, own: from, isPartial: true, repairs, rejects }
}

/** The reject for a part of the text, or none where it is blank. */
function toRejects(
  text: string,
  from: number,
  to: number,
  reason: RejectReason,
  rawBase64: string | undefined,
): JsonReject[] {
  const start = skipBlank(text, from)
  const raw = text.slice(start, blankEnd(text, to))
  return raw === '' ? [] : [{ reason, line: lineAt(text, start), raw, rawBase64 }]
}

function lineAt(text: string, index: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < index; at = text.indexOf('\n', at + 1))
    line += 1
  return line
}

/** Skips blanks, and the zeros that a crash leaves where data should have come. */
function skipNoise(text: string, at: number): number {
  let next = at
  while (next < text.length && (text.charCodeAt(next) === 0 || isBlank(text.charCodeAt(next)))) {
    next += 1
  }
  return next
}

/** Tells half a word or number at the very end from a mistake in the middle. */
function isCutOff(text: string, at: number): boolean {
  let end = at
  while (end < text.length && end < at + 32 && /[\w.+-]/.test(text.charAt(end))) end += 1
  return skipNoise(text, end) >= text.length
}

/** The first `limit` bytes of a file, or all there are. */
export function readAtMost(path: string, limit: number): Buffer {
  return attempt(path, () => {
    const file = openSync(path, 'r')
    try {
      // One byte more than the size, so that the end is seen without growing.
      let buffer = Buffer.allocUnsafe(Math.min(limit, fstatSync(file).size + 1))
      let length = 0
      for (;;) {
        const count = readSync(file, buffer, length, buffer.length - length, null)
        length += count
        if (count === 0 || length >= limit) return buffer.subarray(0, length)
        if (length < buffer.length) continue
        const larger = Buffer.allocUnsafe(Math.min(limit, buffer.length * 2))
        buffer.copy(larger)
        buffer = larger
      }
    } finally {
      closeSync(file)
    }
  })
}
