/**
 * Tells whether bytes are JSON without building anything of it, in memory that does not depend on
 * them: the value of a line of 64 MB may take gigabytes (22 million `{}` take two).
 *
 * Accepts what `JSON.parse` accepts, down to {@link MAX_DEPTH} levels. The bytes are to be UTF-8.
 */
import type { JsonObject } from './items.ts'
import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON_CODE,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
} from './json-codes.ts'
import { MAX_DEPTH } from './repairing-scanner.ts'

/** What stands at a place. */
export interface ScannedValue {
  readonly status: 'complete' | 'error' | 'too deep'
  /** The index behind the value, or where it stopped being one. */
  readonly end: number
  /** Of an object, those of the members asked for that are short and no list or object. */
  readonly members: JsonObject
}

// The first two may close at once.
const FIRST_ELEMENT = 0
const FIRST_KEY = 1
const VALUE = 2
const KEY = 3
const COLON = 4
const AFTER = 5

/** A longer key or value is not handed out. */
const MAX_MEMBER_BYTES = 64

/** Scans the value that begins at `from`, keeping those members of its outermost object that are `wanted`. */
export function scanJson(
  bytes: Buffer,
  from: number,
  wanted: readonly string[] = [],
): ScannedValue {
  const stack = new Uint8Array(MAX_DEPTH)
  const found = new Map<string, unknown>()
  let depth = 0
  let expects = VALUE
  let key: string | undefined
  let at = from
  const ended = (status: ScannedValue['status']): ScannedValue => ({
    status,
    end: at,
    members: Object.fromEntries(found),
  })
  for (;;) {
    at = blankEndOf(bytes, at)
    const code = bytes[at] ?? -1
    if (expects === COLON) {
      if (code !== COLON_CODE) return ended('error')
      at++
      expects = VALUE
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      const first = code === CLOSE_OBJECT ? FIRST_KEY : FIRST_ELEMENT
      // An opening bracket of either kind is two below the one that closes it.
      const fits = depth > 0 && stack[depth - 1] === code - 2
      if (!fits || (expects !== AFTER && expects !== first)) return ended('error')
      depth--
      at++
      expects = AFTER
    } else if (expects === AFTER) {
      if (code !== 44) return ended('error')
      at++
      expects = stack[depth - 1] === OPEN_OBJECT ? KEY : VALUE
    } else if (expects === KEY || expects === FIRST_KEY) {
      const end = code === QUOTE ? stringEndOf(bytes, at) : -1
      if (end < 0) return ended('error')
      if (depth === 1) key = wantedKey(bytes, at, end, wanted)
      at = end
      expects = COLON
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      if (depth === MAX_DEPTH) return ended('too deep')
      // As in `JSON.parse`, the last of two members of one name is the one that counts.
      if (depth === 1 && key !== undefined) found.delete(key)
      stack[depth++] = code
      at++
      expects = code === OPEN_OBJECT ? FIRST_KEY : FIRST_ELEMENT
    } else {
      const end = scalarEndOf(bytes, at, code)
      if (end < 0) return ended('error')
      if (depth === 1 && key !== undefined) found.set(key, shortValue(bytes, at, end))
      at = end
      expects = AFTER
    }
    if (depth === 0) return ended('complete')
  }
}

/** The first index from `at` on that is not white space of JSON. */
export function blankEndOf(bytes: Buffer, at: number): number {
  let next = at
  for (;;) {
    const code = bytes[next]
    if (code !== 32 && code !== 9 && code !== 10 && code !== 13) return next
    next++
  }
}

function wantedKey(
  bytes: Buffer,
  from: number,
  to: number,
  wanted: readonly string[],
): string | undefined {
  const key = shortValue(bytes, from, to)
  return typeof key === 'string' && wanted.includes(key) ? key : undefined
}

function shortValue(bytes: Buffer, from: number, to: number): unknown {
  return to - from > MAX_MEMBER_BYTES ? undefined : JSON.parse(bytes.toString('utf8', from, to))
}

function scalarEndOf(bytes: Buffer, at: number, code: number): number {
  switch (code) {
    case QUOTE:
      return stringEndOf(bytes, at)
    case 116:
      return wordEndOf(bytes, at, 'true')
    case 102:
      return wordEndOf(bytes, at, 'false')
    case 110:
      return wordEndOf(bytes, at, 'null')
    default:
      return numberEndOf(bytes, at)
  }
}

/** The index behind the string that opens at `from`; -1 where it is none. */
export function stringEndOf(bytes: Buffer, from: number): number {
  const { length } = bytes
  for (let at = from + 1; at < length; at++) {
    const code = bytes[at] ?? 0
    if (code === QUOTE) return at + 1
    if (code < 32) return -1
    if (code !== BACKSLASH) continue
    const length = escapeLengthOf(bytes, at + 1)
    if (length === 0) return -1
    at += length
  }
  return -1
}

const SIMPLE_ESCAPES = new Set([...'"\\/bfnrt'].map((letter) => letter.charCodeAt(0)))

function escapeLengthOf(bytes: Buffer, at: number): number {
  const code = bytes[at] ?? 0
  if (SIMPLE_ESCAPES.has(code)) return 1
  if (code !== 117) return 0
  return /^[0-9a-fA-F]{4}$/.test(bytes.toString('latin1', at + 1, at + 5)) ? 5 : 0
}

function wordEndOf(bytes: Buffer, at: number, word: string): number {
  const end = at + word.length
  return bytes.toString('latin1', at, end) === word ? end : -1
}

function numberEndOf(bytes: Buffer, from: number): number {
  let at = bytes[from] === 45 ? from + 1 : from
  at = bytes[at] === 48 ? at + 1 : digitsEndOf(bytes, at)
  if (at > 0 && bytes[at] === 46) at = digitsEndOf(bytes, at + 1)
  if (at > 0 && (bytes[at] === 101 || bytes[at] === 69)) {
    const sign = bytes[at + 1]
    at = digitsEndOf(bytes, sign === 43 || sign === 45 ? at + 2 : at + 1)
  }
  return at
}

/** -1 where there is no digit. */
function digitsEndOf(bytes: Buffer, from: number): number {
  let at = from
  for (;;) {
    const code = bytes[at] ?? 0
    if (code < 48 || code > 57) return at === from ? -1 : at
    at++
  }
}
