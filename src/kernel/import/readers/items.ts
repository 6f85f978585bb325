/**
 * What the readers hand out. Every byte of a source that is not white space lies in the
 * `[offset, endOffset)` of exactly one item, so that an import can prove it lost nothing.
 */

/** A parsed JSON object; its keys are own properties, `__proto__` included. */
export type JsonObject = { readonly [key: string]: unknown }

/** What was done to a text so that it could be understood. */
export type Repair =
  /** The record stood on several lines: pretty-printed, or with bare line breaks in a string. */
  | 'joined-lines'
  /** The line held more than this one record. */
  | 'split-line'
  /** The record was followed by the comma of an array. */
  | 'separator'
  /** A bare control character in a string, NUL included, was escaped. */
  | 'control-character'
  /** A backslash that began no escape was doubled. */
  | 'bad-escape'
  /** A comma before a closing bracket was dropped. */
  | 'trailing-comma'
  /** NaN or an infinity became null. */
  | 'not-a-number'
  /** Half of a surrogate pair, in UTF-16, was escaped. */
  | 'lone-surrogate'
  /** Bytes that are not UTF-8 became U+FFFD; `rawBase64` has them. */
  | 'replaced-bytes'
  /** A later occurrence of a key was renamed to `key#2`. */
  | 'duplicate-key'

/** Why something could not be read. */
export type RejectReason =
  | 'not JSON'
  | 'not an object'
  | 'torn'
  | 'NUL bytes'
  | 'not UTF-8'
  | 'nested too deeply'
  | 'too long'
  /** Of a document's object: the same key stands further down, and is what a parser shows. */
  | 'repeated key'

/** Where an item stands in its source: lines count from 1, offsets are bytes. */
export interface Place {
  readonly line: number
  readonly endLine: number
  readonly offset: number
  /** Exclusive; the next read may start here. */
  readonly endOffset: number
}

/** One object that was understood. */
export interface JsonlRecord extends Place {
  readonly kind: 'record'
  /** Valid JSON on one line, without lone surrogates: the source's own slice unless repaired. */
  readonly text: string
  /** `text`, parsed. */
  readonly value: JsonObject
  /** Whether a plain reader would have failed here; a renamed duplicate key alone does not count. */
  readonly salvaged: boolean
  readonly repairs: readonly Repair[]
  /** The source's text, where `text` differs from it. */
  readonly raw: string | undefined
  /** The source's bytes, where they are not UTF-8. */
  readonly rawBase64: string | undefined
}

/** Something that was not understood, kept as it was. */
export interface JsonlReject extends Place {
  readonly kind: 'reject'
  readonly reason: RejectReason
  /** The source's text; only its head when the reason is `too long`, or where `rawBytes` has all. */
  readonly raw: string
  /** The bytes of a long line, or of its part; until the next item is taken, who takes it may overwrite them. */
  readonly rawBytes?: Buffer | undefined
  /** Of a whole object that is too long to be given as a value: the short ones of the members asked for. */
  readonly members?: JsonObject | undefined
  /** The source's bytes, where they are not UTF-8. */
  readonly rawBase64: string | undefined
}

/** An unfinished end of a growing source: read again from `offset` when there is more. */
export interface JsonlTorn extends Place {
  readonly kind: 'torn'
  readonly raw: string
  /** As those of a reject. */
  readonly rawBytes?: Buffer | undefined
}

/** What {@link readJsonl} yields. */
export type JsonlItem = JsonlRecord | JsonlReject | JsonlTorn

/** Shared by the many records that needed no repair. */
export const NO_REPAIRS: readonly Repair[] = Object.freeze([])
