/** Finding the end of a JSON value without reading it, so that its text can be kept as it is. */

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPEN: ReadonlySet<number> = new Set([0x5b, 0x7b])
const CLOSE: ReadonlySet<number> = new Set([0x5d, 0x7d])

/** Where the value that begins at `start` ends. */
export function skipJson(text: string, start: number): number {
  let depth = 0
  for (let place = start; place < text.length; place++) {
    const code = text.charCodeAt(place)
    if (code === QUOTE) place = endOfString(text, place)
    else if (OPEN.has(code)) depth++
    else if (CLOSE.has(code) && depth > 0) depth--
    else if (depth === 0 && (code === COMMA || CLOSE.has(code))) return place
  }
  return text.length
}

/** Where the string that begins at `start` has its closing quotation mark. */
export function endOfString(text: string, start: number): number {
  for (let place = start + 1; place < text.length; place++) {
    const code = text.charCodeAt(place)
    if (code === BACKSLASH) place++
    else if (code === QUOTE) return place
  }
  return text.length
}
