/** Blanks, and records hidden in what could not be understood. */

import { RepairingScanner } from './repairing-scanner.ts'

/** How many braces in rubbish are tried as the start of a record. */
const MAX_TRIALS = 16

/** Tells white space of JSON, and the byte order marks that joined files leave within. */
export function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 13 || code === 10 || code === 0xfeff
}

/** Finds the first index from `at` on that is not blank. */
export function skipBlank(text: string, at: number): number {
  let next = at
  while (next < text.length && isBlank(text.charCodeAt(next))) next += 1
  return next
}

/** Finds the index behind the last character before `to` that is not blank. */
export function blankEnd(text: string, to: number = text.length): number {
  let end = to
  while (end > 0 && isBlank(text.charCodeAt(end - 1))) end -= 1
  return end
}

/**
 * Finds where in the rubbish at `from` a record begins: a brace that can be no value within
 * the rubbish, from which on there are only whole records up to the end of the line; -1 if
 * nowhere. A comma alone is no rubbish that could hold a value.
 */
export function recordInRubbish(text: string, from: number): number {
  const isComma = text.charAt(from) === ','
  const behindComma = isComma ? skipBlank(text, from + 1) : -1
  let at = text.indexOf('{"', from + 1)
  for (let trials = 0; at >= 0 && trials < MAX_TRIALS; trials += 1) {
    const mayBeValue = ':,['.includes(text.charAt(blankEnd(text, at) - 1))
    if ((at === behindComma || !mayBeValue) && isRecord(text, at)) return at
    at = text.indexOf('{"', at + 1)
  }
  return -1
}

function isRecord(text: string, at: number): boolean {
  const scanner = new RepairingScanner()
  const behind = skipBlank(text, scanner.feed(text, at))
  if (scanner.status !== 'complete' || scanner.repairs.length > 0) return false
  return behind >= text.length || text.charAt(behind) === '{'
}
