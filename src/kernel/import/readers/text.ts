/**
 * From bytes to text: byte order marks, UTF-16 and what is neither.
 *
 * UTF-16 is taken only where a byte order mark says so: without one, `7B 00` may as well
 * be a brace and the zeros that a crash left behind.
 */

/** How a source's bytes stand for text. */
export type Encoding = 'utf8' | 'utf16le' | 'utf16be'

/** Tells the encoding by the byte order mark, and how many bytes that mark takes. */
export function detectEncoding(head: Uint8Array): { encoding: Encoding; markBytes: number } {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) {
    return { encoding: 'utf8', markBytes: 3 }
  }
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf16le', markBytes: 2 }
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf16be', markBytes: 2 }
  return { encoding: 'utf8', markBytes: 0 }
}

/** Decodes bytes; those that mean nothing become U+FFFD, an odd last byte of UTF-16 too. */
export function decode(bytes: Buffer, encoding: Encoding): string {
  if (encoding === 'utf8') return bytes.toString('utf8')
  const even = bytes.length - (bytes.length % 2)
  const odd = even === bytes.length ? '' : '\ufffd'
  const whole = bytes.subarray(0, even)
  return (encoding === 'utf16le' ? whole : Buffer.from(whole).swap16()).toString('utf16le') + odd
}

/** Finds the index behind the last line break in `[from, to)`, or -1. */
export function lastBreakEnd(bytes: Buffer, from: number, to: number, encoding: Encoding): number {
  if (encoding === 'utf8') {
    const at = to > from ? bytes.subarray(from, to).lastIndexOf(10) : -1
    return at < 0 ? -1 : from + at + 1
  }
  for (let at = to - ((to - from) % 2) - 2; at >= from; at -= 2) {
    if (isBreak16(bytes, at, encoding)) return at + 2
  }
  return -1
}

/** Finds the index behind the first line break in `[from, to)`, or -1. */
export function firstBreakEnd(bytes: Buffer, from: number, to: number, encoding: Encoding): number {
  if (encoding === 'utf8') {
    const at = bytes.subarray(from, to).indexOf(10)
    return at < 0 ? -1 : from + at + 1
  }
  for (let at = from; at + 1 < to; at += 2) if (isBreak16(bytes, at, encoding)) return at + 2
  return -1
}

function isBreak16(bytes: Buffer, at: number, encoding: Encoding): boolean {
  return (encoding === 'utf16le' ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at)) === 10
}

const LONE_SURROGATE = /\p{Surrogate}/gu

/**
 * Escapes halves of surrogate pairs, which SQLite's UTF-8 cannot hold. In JSON they can only
 * stand inside strings, where the escape means the same.
 */
export function escapeLoneSurrogates(text: string): string {
  return text.replace(LONE_SURROGATE, (half) => `\\u${half.charCodeAt(0).toString(16)}`)
}
