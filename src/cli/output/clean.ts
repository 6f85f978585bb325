/**
 * Data on its way to a terminal. Stores hold what agents and other programs wrote; an escape
 * sequence among it could move the cursor, change the title or hide what stands there.
 */

// C0 and DEL, C1, and the marks that reverse the direction of text; tab and line break among them.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
// Without what JSON escapes itself.
const UNSAFE_IN_JSON = /[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** `text` on one line, with control characters spelled out: `\n`, `\u001b`. */
export function clean(text: string): string {
  return text.replace(UNSAFE, spell)
}

/** JSON in which no control character is left; it means the same. */
export function cleanJson(json: string): string {
  return json.replace(UNSAFE_IN_JSON, escaped)
}

function spell(character: string): string {
  switch (character) {
    case '\n':
      return '\\n'
    case '\t':
      return '\\t'
    case '\r':
      return '\\r'
    default:
      return escaped(character)
  }
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
