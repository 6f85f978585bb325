/**
 * Words, as the search index has them and as a query asks for them: the same text in the same form on
 * both sides, or nothing is found.
 *
 * Scripts that set no spaces between words are indexed character by character, and a word of theirs is
 * asked for as its characters side by side. So it is found inside a sentence, in an index that is no
 * larger for other scripts; one of all three-letter pieces would be larger than the text.
 */

const EXCERPT = 160
const UNSPACED = /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}]/gu
// Letters with their marks, and digits, of any script; all else is syntax to FTS5, or nothing.
const WORD = /[\p{L}\p{M}\p{N}_]+/gu

/** The text as it is indexed. One letter may be written in two ways: as one sign, or with a mark after it. */
export function indexedText(text: string): string {
  return text.normalize('NFC').replace(UNSPACED, ' $& ')
}

/** The words of a query. */
export function wordsOf(query: string): string[] {
  return query.normalize('NFC').match(WORD) ?? []
}

/** The words as FTS5 is asked for them: all of them, the last one as the beginning of one. */
export function matchOf(words: readonly string[]): string {
  return `${words.map((word) => `"${indexedText(word).trim()}"`).join(' ')}*`
}

/** The part of a text around the first of the words. */
export function excerptOf(text: string, words: readonly string[]): string {
  const whole = text.normalize('NFC')
  const lower = whole.toLowerCase()
  const places = words.map((word) => lower.indexOf(word.toLowerCase())).filter((at) => at >= 0)
  const start = Math.max(0, Math.min(...places, lower.length) - EXCERPT / 4)
  const from = places.length === 0 ? 0 : start
  return whole.slice(from, from + EXCERPT).toWellFormed()
}
