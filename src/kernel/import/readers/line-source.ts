/**
 * Lines of a source of bytes, with the exact offset of each, in bounded memory.
 *
 * Bytes come in blocks that end at a line break. A block of ASCII is decoded at once, so
 * that an index in its text is an offset in its bytes and a line is a slice that copies
 * nothing; in UTF-16 the same holds with a width of two. Other blocks are decoded line by
 * line. The buffer grows only while a single line is longer than it, and shrinks after.
 */

import { isAscii, isUtf8 } from 'node:buffer'
import { decode, type Encoding, firstBreakEnd, lastBreakEnd } from './text.ts'

/** Bytes asked for at a time: large enough for the disk, small enough for the processor's cache. */
const BLOCK_BYTES = 1 << 20
/** How much of a line beyond the limit is kept to show. */
const HEAD_BYTES = 1 << 16
/** A longer line is handed out as bytes where that is asked for: parsed, it may take 30 times its size. */
export const LONG_LINE_BYTES: number = 1 << 22

/** One physical line, without its line break. */
export interface Line {
  readonly text: string
  readonly number: number
  readonly offset: number
  readonly endOffset: number
  /** Bytes a code unit of `text` takes; 0 where it varies. */
  readonly width: 0 | 1 | 2
  /** Whether a line break follows. */
  readonly terminated: boolean
  /** The bytes, where `text` does not stand for them exactly. */
  readonly bytes: Buffer | undefined
  /** `text` is only its head. */
  readonly tooLong: boolean
  /** All bytes of a line that is too long to be text; its taker may overwrite them until the next is taken. */
  readonly longBytes?: Buffer
}

/** Puts bytes into `buffer` from `at` on and returns how many; 0 is the end. */
export type Fill = (buffer: Buffer, at: number) => number

/** Where and how a {@link LineSource} starts. */
export interface LineSourceOptions {
  /** Offset of the first byte that `fill` gives. */
  readonly offset: number
  /** Number of the first line. */
  readonly line: number
  readonly encoding: Encoding
  readonly maxLineBytes: number
  /** Whether lines of more than {@link LONG_LINE_BYTES} are handed out as bytes. */
  readonly longLines: boolean
}

/** Reads lines one after the other; lines can be put back. */
export class LineSource {
  readonly #fill: Fill
  readonly #encoding: Encoding
  readonly #maxLineBytes: number
  readonly #longLineBytes: number
  readonly #queue: Line[] = []
  #line: number

  #buffer: Buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES)
  /** Where long lines are read to: kept, so that two of them never take memory at a time. */
  #large: Buffer | undefined
  /** The unread bytes are `[from, to)`; the first of the buffer is at offset `base`. */
  #base: number
  #from = 0
  #to = 0
  #isAtEnd = false

  /** The block being handed out: as text, or as the bytes up to `blockEnd`. */
  #block: string | undefined
  #blockAt = 0
  #blockBase = 0
  #blockEnd = 0
  #width: 1 | 2 = 1
  #isValid = true

  constructor(fill: Fill, options: LineSourceOptions) {
    this.#fill = fill
    this.#base = options.offset
    this.#line = options.line
    this.#encoding = options.encoding
    this.#maxLineBytes = options.maxLineBytes
    this.#longLineBytes = options.longLines ? LONG_LINE_BYTES : Number.POSITIVE_INFINITY
  }

  /** Takes the next line, or `undefined` at the end. */
  next(): Line | undefined {
    if (this.#queue.length > 0) return this.#queue.pop()
    if (this.#block !== undefined) return this.#fromText(this.#block)
    if (this.#from < this.#blockEnd) return this.#fromBytes()
    return this.#load()
  }

  /** Puts lines back, to be taken again in the same order. */
  putBack(lines: readonly Line[]): void {
    for (let at = lines.length - 1; at >= 0; at -= 1) {
      const line = lines[at]
      if (line) this.#queue.push(line)
    }
  }

  #fromText(block: string): Line {
    const start = this.#blockAt
    const found = block.indexOf('\n', start)
    const next = found < 0 ? block.length : found + 1
    const broken = found < 0 ? block.length : found
    const end = broken > start && block.charCodeAt(broken - 1) === 13 ? broken - 1 : broken
    if (next >= block.length) this.#block = undefined
    this.#blockAt = next
    const width = this.#width
    const tooLong = (end - start) * width > this.#maxLineBytes
    return {
      text: block.slice(start, tooLong ? start + HEAD_BYTES : end),
      number: this.#line++,
      offset: this.#blockBase + start * width,
      endOffset: this.#blockBase + end * width,
      width,
      terminated: found >= 0,
      bytes: undefined,
      tooLong,
    }
  }

  #fromBytes(): Line {
    const start = this.#from
    const found = this.#buffer.indexOf(10, start)
    const isFound = found >= 0 && found < this.#blockEnd
    const broken = isFound ? found : this.#blockEnd
    const end = broken > start && this.#buffer[broken - 1] === 13 ? broken - 1 : broken
    this.#from = isFound ? found + 1 : broken
    const tooLong = end - start > this.#maxLineBytes
    const isValid = this.#isValid || isUtf8(this.#buffer.subarray(start, end))
    const line: Line = {
      text: this.#buffer.toString('utf8', start, tooLong ? start + HEAD_BYTES : end),
      number: this.#line++,
      offset: this.#base + start,
      endOffset: this.#base + end,
      width: 0,
      terminated: isFound,
      bytes: isValid || tooLong ? undefined : Buffer.from(this.#buffer.subarray(start, end)),
      tooLong,
    }
    if (this.#from === this.#blockEnd) this.#shrink()
    return line
  }

  /** Fetches bytes until there is a whole line, or the last one, and takes the first line. */
  #load(): Line | undefined {
    this.#shrink()
    let scanned = this.#from
    for (;;) {
      const long = this.#longLine(scanned)
      if (long) return long
      const end = lastBreakEnd(this.#buffer, scanned, this.#to, this.#encoding)
      if (end >= 0) return this.#open(end)
      scanned = this.#to - ((this.#to - this.#from) % 2)
      if (this.#isAtEnd) return this.#from === this.#to ? undefined : this.#open(this.#to)
      if (this.#to - this.#from > this.#maxLineBytes) return this.#skipLine()
      scanned -= this.#makeRoom()
      this.#read()
    }
  }

  /** Takes the unread bytes up to the first break, which is not before `scanned`, if they are a long line. */
  #longLine(scanned: number): Line | undefined {
    const start = this.#from
    const limit = this.#longLineBytes
    if (this.#to - start <= limit || this.#to - start > this.#maxLineBytes + BLOCK_BYTES) return
    const next = firstBreakEnd(this.#buffer, scanned, this.#to, this.#encoding)
    if (next < 0 && !this.#isAtEnd) return
    const unit = this.#encoding === 'utf8' ? 1 : 2
    let end = next < 0 ? this.#to : next - unit
    if (unit === 1 && next >= 0 && this.#buffer[end - 1] === 13) end--
    if (end - start <= limit || end - start > this.#maxLineBytes) return
    this.#from = next < 0 ? end : next
    return {
      text: decode(this.#buffer.subarray(start, start + HEAD_BYTES), this.#encoding),
      number: this.#line++,
      offset: this.#base + start,
      endOffset: this.#base + end,
      width: unit === 1 ? 0 : 2,
      terminated: next >= 0,
      bytes: undefined,
      tooLong: true,
      longBytes: this.#buffer.subarray(start, end),
    }
  }

  #open(end: number): Line {
    const bytes = this.#buffer.subarray(this.#from, end)
    const isWide = this.#encoding !== 'utf8'
    if (isWide && bytes.length % 2 === 1) return this.#oddTail(bytes)
    if (!isWide && !isAscii(bytes)) {
      this.#blockEnd = end
      this.#isValid = isUtf8(bytes)
      return this.#fromBytes()
    }
    const block = isWide ? decode(bytes, this.#encoding) : bytes.toString('latin1')
    this.#block = block
    this.#blockAt = 0
    this.#blockBase = this.#base + this.#from
    this.#width = isWide ? 2 : 1
    this.#from = end
    this.#shrink()
    return this.#fromText(block)
  }

  /** UTF-16 that was cut within a code unit: only at the very end, and nothing to be read exactly. */
  #oddTail(bytes: Buffer): Line {
    const offset = this.#base + this.#from
    this.#from = this.#to
    return {
      text: decode(bytes, this.#encoding),
      number: this.#line++,
      offset,
      endOffset: offset + bytes.length,
      width: 2,
      terminated: false,
      bytes: Buffer.from(bytes),
      tooLong: false,
    }
  }

  /** Passes over a line that is longer than the limit, keeping only its head. */
  #skipLine(): Line {
    const offset = this.#base + this.#from
    const head = this.#buffer.subarray(this.#from, this.#from + HEAD_BYTES)
    const text = decode(head, this.#encoding)
    const unit = this.#encoding === 'utf8' ? 1 : 2
    this.#from = this.#to - ((this.#to - this.#from) % unit)
    let end = -1
    while (end < 0 && !this.#isAtEnd) {
      this.#makeRoom()
      this.#read()
      end = firstBreakEnd(this.#buffer, this.#from, this.#to, this.#encoding)
      const whole = this.#to - ((this.#to - this.#from) % unit)
      this.#from = end >= 0 ? end : this.#isAtEnd ? this.#to : whole
    }
    this.#shrink()
    return {
      text,
      number: this.#line++,
      offset,
      endOffset: this.#base + this.#from - (end >= 0 ? unit : 0),
      width: unit,
      terminated: end >= 0,
      bytes: undefined,
      tooLong: true,
    }
  }

  #read(): void {
    // No more than a block of what comes behind a long line, which is read to its end only.
    const room = this.#buffer.subarray(0, this.#to + BLOCK_BYTES)
    const count = this.#fill(room, this.#to)
    if (count === 0) this.#isAtEnd = true
    this.#to += count
  }

  /** Moves the unread bytes to the front or grows the buffer; returns by how much they moved. */
  #makeRoom(): number {
    const moved = this.#from
    if (moved > 0) this.#moveTo(this.#buffer)
    if (this.#to === this.#buffer.length) {
      // Pages that are never written take no memory, so growing far at once is cheap.
      const limit = this.#maxLineBytes + BLOCK_BYTES
      const size = Math.max(limit, this.#to + BLOCK_BYTES)
      const large = this.#large
      this.#moveTo(large && large.length >= size ? large : Buffer.allocUnsafeSlow(size))
    }
    return moved
  }

  #shrink(): void {
    if (this.#buffer.length > BLOCK_BYTES && this.#to - this.#from < BLOCK_BYTES) {
      if (this.#longLineBytes < this.#maxLineBytes) this.#large = this.#buffer
      this.#moveTo(Buffer.allocUnsafeSlow(BLOCK_BYTES))
    }
  }

  #moveTo(buffer: Buffer): void {
    this.#buffer.copy(buffer, 0, this.#from, this.#to)
    this.#buffer = buffer
    this.#base += this.#from
    this.#to -= this.#from
    this.#from = 0
    this.#blockEnd = 0
  }
}
