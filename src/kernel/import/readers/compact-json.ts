/**
 * JSON without the white space between its parts: what is stored of a file stands on one line, and a
 * file that was only laid out anew has not changed. Digits, escapes and repeated keys stay.
 */
import { stringEndOf } from './json-bytes.ts'
import { QUOTE } from './json-codes.ts'
import { isBlank } from './rubbish.ts'

/** Takes the white space out of valid JSON where it stands; returns the part of `bytes` that is left. */
export function compactInPlace(bytes: Buffer): Buffer {
  let length = 0
  for (let at = 0; at < bytes.length; ) {
    const code = bytes[at] ?? 0
    if (code === QUOTE) {
      const end = stringEndOf(bytes, at)
      if (length < at) bytes.copyWithin(length, at, end)
      length += end - at
      at = end
    } else {
      if (!isBlank(code)) bytes[length++] = code
      at++
    }
  }
  return bytes.subarray(0, length)
}
