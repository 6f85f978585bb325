/**
 * How deep JSON text is nested, told without recursion. `JSON.parse` takes a hundred thousand
 * levels, but SQLite's JSON and `JSON.stringify` do not take them back.
 */

import { MAX_DEPTH } from './repairing-scanner.ts'

/**
 * Tells whether valid JSON is nested deeper than {@link MAX_DEPTH}. Brackets are counted
 * by native searches first, since hardly any text has enough of them to be worth a scan.
 */
export function isTooDeep(text: string): boolean {
  if (text.length <= 2 * MAX_DEPTH) return false
  let openers = 0
  for (const opener of ['{', '[']) {
    for (let at = text.indexOf(opener); at >= 0; at = text.indexOf(opener, at + 1)) {
      openers += 1
      if (openers > MAX_DEPTH) return scanDepth(text) > MAX_DEPTH
    }
  }
  return false
}

function scanDepth(text: string): number {
  let depth = 0
  let deepest = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === 34) at = stringEnd(text, at) - 1
    else if (code === 123 || code === 91) {
      depth += 1
      if (depth > deepest) deepest = depth
    } else if (code === 125 || code === 93) depth -= 1
  }
  return deepest
}

/** Finds the index behind the string that opens at `at`. */
export function stringEnd(text: string, at: number): number {
  for (let next = at + 1; next < text.length; next += 1) {
    const code = text.charCodeAt(next)
    if (code === 92) next += 1
    else if (code === 34) return next + 1
  }
  return text.length
}
