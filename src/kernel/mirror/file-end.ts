/**
 * What a mirror's file says of itself: its first line, the sequence of its last whole line of ours, and
 * what was begun behind that. Read from both ends, whatever the file's size.
 */
import { readSync } from 'node:fs'
import { type MirrorHead, STAMP_LENGTH, stampOf } from './mirror-lines.ts'

const HEAD_BYTES = 4096
const CHUNK_BYTES = 64 * 1024
// Other programs' lines, or one that was torn off, at the end; beyond it the head decides.
const MAX_BYTES = 64 * 1024 * 1024
const LINE_BREAK = 10

/** How everything begins that is a mirror. */
export const MIRROR_BEGINS = '{"holdfast":"mirror"'

/** How a file ends. */
export interface FileEnd {
  /** Up to here the log is in the file; `undefined` when no line of it says. */
  readonly sequence: number | undefined
  /** What stands behind the last line break. */
  readonly fragment: Buffer
}

/** The first line of a file of `size` bytes: `'torn'` when it is one half of ours. */
export function readHead(file: number, size: number): MirrorHead | 'torn' | undefined {
  const bytes = readRange(file, 0, Math.min(size, HEAD_BYTES))
  const end = bytes.indexOf(LINE_BREAK)
  const line = bytes.subarray(0, end < 0 ? bytes.length : end).toString()
  if (end < 0 && size < HEAD_BYTES) {
    const isOurs = line.startsWith(MIRROR_BEGINS) || MIRROR_BEGINS.startsWith(line)
    return isOurs ? 'torn' : undefined
  }
  if (!line.startsWith(MIRROR_BEGINS)) return undefined
  try {
    const head = JSON.parse(line) as MirrorHead
    return isHead(head) ? head : undefined
  } catch {
    // Somebody has written into it: it is not ours any more.
    return undefined
  }
}

function isHead({ format, logId, store, sequence }: MirrorHead): boolean {
  const isNamed = typeof logId === 'string' && typeof store === 'string'
  return isNamed && Number.isSafeInteger(format) && Number.isSafeInteger(sequence)
}

/** The last bytes of a file of `size` bytes: of a mirror, its last stamp. */
export function readTail(file: number, size: number): Buffer {
  const from = Math.max(0, size - STAMP_LENGTH)
  return readRange(file, from, size - from)
}

/** True when a file begins with the beginning of `bytes`. */
export function beginsWith(file: number, bytes: Buffer): boolean {
  const begins = readRange(file, 0, Math.min(bytes.length, HEAD_BYTES))
  return begins.length > 0 && bytes.subarray(0, begins.length).equals(begins)
}

/** True when a mirror of `size` bytes has more than its first line. */
export function hasLines(file: number, size: number): boolean {
  return readRange(file, 0, Math.min(size, HEAD_BYTES)).indexOf(LINE_BREAK) + 1 < size
}

/** Reads the end of a file of `size` bytes. */
export function readEnd(file: number, size: number): FileEnd {
  for (let length = CHUNK_BYTES; ; length *= 4) {
    const from = Math.max(0, size - length)
    const bytes = readRange(file, from, size - from)
    const end = bytes.lastIndexOf(LINE_BREAK)
    const fragment = bytes.subarray(end + 1)
    const sequence = lastStamp(bytes, end)
    if (sequence !== undefined || from === 0 || length >= MAX_BYTES) return { sequence, fragment }
  }
}

// From the last line break backwards, line by line.
function lastStamp(bytes: Buffer, end: number): number | undefined {
  for (let at = end; at > 0; ) {
    const text = bytes.subarray(Math.max(0, at - STAMP_LENGTH), at).toString('latin1')
    const sequence = stampOf(text)
    if (sequence !== undefined) return sequence
    at = bytes.lastIndexOf(LINE_BREAK, at - 1)
  }
  return undefined
}

function readRange(file: number, from: number, length: number): Buffer {
  const buffer = Buffer.alloc(length)
  let read = 0
  while (read < length) {
    const count = readSync(file, buffer, read, length - read, from + read)
    // Somebody has cut it off meanwhile.
    if (count === 0) break
    read += count
  }
  return buffer.subarray(0, read)
}
