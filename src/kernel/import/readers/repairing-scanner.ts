/**
 * A JSON reader that mends what it reads. It takes a value piece by piece, tells where the
 * value ends, and builds the same value as valid JSON on one line.
 *
 * It is a pushdown automaton with a stack of its own, so that depth costs no recursion, and
 * it works in one pass. It mends only what can mean one thing: bare control characters and
 * broken escapes in strings, a comma before a closing bracket, NaN and infinities. At
 * anything else it stops, and whoever drives it decides where to begin again.
 */

import type { Repair } from './items.ts'
import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
} from './json-codes.ts'

/** SQLite reads JSON down to this depth, and recursive code elsewhere far beyond it. */
export const MAX_DEPTH = 1000

/** How far a scan has come. */
export type ScanStatus = 'open' | 'complete' | 'error' | 'too deep'

/** What may come next. A comma is in doubt until something follows it. */
const VALUE = 0
const ELEMENT = 1
const ELEMENT_AFTER_COMMA = 2
const KEY = 3
const KEY_AFTER_COMMA = 4
const COLON = 5
const AFTER = 6

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])/y
const WORD = /(?:true|false|null)(?!\w)/y
const NOT_A_NUMBER = /(?:NaN|-?Infinity)(?!\w)/y
const FOUR_HEX = /^[0-9a-fA-F]{4}$/

/** Scans one value, over as many pieces as it takes. */
export class RepairingScanner {
  /** `open` until the value is complete or cannot be understood. */
  status: ScanStatus = 'open'
  readonly #repairs = new Set<Repair>()
  readonly #stack: number[] = []
  readonly #out: string[] = []
  #expects = VALUE
  #comma = -1
  #isInString = false
  /** Start of what was not yet put out, in the piece being read. */
  #copied = 0

  /** Whether the text so far ends within a string. */
  get isInString(): boolean {
    return this.#isInString
  }

  /** How many brackets are open. */
  get depth(): number {
    return this.#stack.length
  }

  /** What had to be mended so far. */
  get repairs(): readonly Repair[] {
    return [...this.#repairs]
  }

  /** The value as valid JSON on one line, once the status is `complete`. */
  get text(): string {
    return this.#out.join('')
  }

  /** Reads on in `text` from `from`; returns the index behind the value, or where it stopped. */
  feed(text: string, from = 0): number {
    this.#copied = from
    let at = from
    if (this.#isInString) at = this.#string(text, from)
    while (at < text.length && this.status === 'open' && !this.#isInString) {
      at = this.#token(text, at)
    }
    if (this.status !== 'error') this.#out.push(text.slice(this.#copied, at))
    return at
  }

  /** Says that a line ended here: part of a string, white space anywhere else. */
  lineBreak(): void {
    this.#repairs.add('joined-lines')
    if (this.#isInString) this.#out.push('\\n')
  }

  #token(text: string, at: number): number {
    const code = text.charCodeAt(at)
    switch (code) {
      case 32:
      case 9:
        return at + 1
      case 10:
      case 13:
        this.#replace(text, at, at + 1, '')
        return at + 1
      case QUOTE:
        return this.#quote(text, at)
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        return this.#open(code, at)
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        return this.#close(code, at)
      case 44:
        return this.#separator(text, at)
      case 58:
        return this.#expects === COLON ? this.#go(VALUE, at + 1) : this.#fail(at)
      default:
        return this.#scalar(text, at)
    }
  }

  get #mayBeValue(): boolean {
    return this.#expects <= ELEMENT_AFTER_COMMA
  }

  #go(expects: number, at: number): number {
    this.#expects = expects
    return at
  }

  #fail(at: number): number {
    this.status = 'error'
    return at
  }

  #open(code: number, at: number): number {
    if (!this.#mayBeValue) return this.#fail(at)
    if (this.#stack.length >= MAX_DEPTH) {
      this.status = 'too deep'
      return at
    }
    this.#stack.push(code)
    return this.#go(code === OPEN_OBJECT ? KEY : ELEMENT, at + 1)
  }

  #close(code: number, at: number): number {
    const isObject = code === CLOSE_OBJECT
    const empty = isObject ? KEY : ELEMENT
    const trailing = isObject ? KEY_AFTER_COMMA : ELEMENT_AFTER_COMMA
    const top = this.#stack.at(-1)
    if (top !== (isObject ? OPEN_OBJECT : OPEN_ARRAY)) return this.#fail(at)
    if (this.#expects === trailing) {
      this.#out[this.#comma] = ''
      this.#repairs.add('trailing-comma')
    } else if (this.#expects !== empty && this.#expects !== AFTER) return this.#fail(at)
    this.#stack.pop()
    return this.#after(at + 1)
  }

  #after(at: number): number {
    if (this.#stack.length === 0) this.status = 'complete'
    return this.#go(AFTER, at)
  }

  #separator(text: string, at: number): number {
    if (this.#expects !== AFTER) return this.#fail(at)
    // A piece of its own, so that it can be taken back when a bracket closes next.
    this.#replace(text, at, at + 1, ',')
    this.#comma = this.#out.length - 1
    const isObject = this.#stack.at(-1) === OPEN_OBJECT
    return this.#go(isObject ? KEY_AFTER_COMMA : ELEMENT_AFTER_COMMA, at + 1)
  }

  #scalar(text: string, at: number): number {
    if (!this.#mayBeValue) return this.#fail(at)
    const end = matchEnd(NUMBER, text, at) || matchEnd(WORD, text, at)
    if (end) return this.#after(end)
    const strange = matchEnd(NOT_A_NUMBER, text, at)
    if (!strange) return this.#fail(at)
    this.#replace(text, at, strange, 'null')
    this.#repairs.add('not-a-number')
    return this.#after(strange)
  }

  #quote(text: string, at: number): number {
    const isKey = this.#expects === KEY || this.#expects === KEY_AFTER_COMMA
    if (!isKey && !this.#mayBeValue) return this.#fail(at)
    this.#isInString = true
    this.#expects = isKey ? COLON : AFTER
    return this.#string(text, at + 1)
  }

  /** Reads a string up to its closing quote, or to the end of the piece. */
  #string(text: string, from: number): number {
    for (let at = from; at < text.length; at += 1) {
      const code = text.charCodeAt(at)
      if (code === QUOTE) {
        this.#isInString = false
        return this.#expects === AFTER ? this.#after(at + 1) : at + 1
      }
      if (code === BACKSLASH) {
        if (isEscape(text, at)) at += 1
        else {
          this.#replace(text, at, at + 1, '\\\\')
          this.#repairs.add('bad-escape')
        }
      } else if (code < 32) {
        this.#replace(text, at, at + 1, `\\u${code.toString(16).padStart(4, '0')}`)
        this.#repairs.add('control-character')
      }
    }
    return text.length
  }

  #replace(text: string, from: number, to: number, by: string): void {
    if (from > this.#copied) this.#out.push(text.slice(this.#copied, from))
    this.#out.push(by)
    this.#copied = to
  }
}

function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : 0
}

function isEscape(text: string, at: number): boolean {
  const next = text.charAt(at + 1)
  if (next === 'u') return FOUR_HEX.test(text.slice(at + 2, at + 6))
  return next !== '' && '"\\/bfnrt'.includes(next)
}
