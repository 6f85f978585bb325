/**
 * Texts that arrive in pieces, cut anywhere: between the two halves of a character (a surrogate pair) too.
 *
 * Invariant: what is given out is well-formed, and no longer or shorter than what came in.
 */

/** What half of a character becomes whose other half never comes. */
export const LONE_HALF = '\ufffd'

/** The text up to its last whole character, and what may be the first half of the next. */
export function wholeCharacters(text: string): { readonly text: string; readonly half: string } {
  if (!isFirstHalf(text.charCodeAt(text.length - 1))) return { text: text.toWellFormed(), half: '' }
  return { text: text.slice(0, -1).toWellFormed(), half: text.slice(-1) }
}

function isFirstHalf(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}
