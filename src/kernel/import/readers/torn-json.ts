/**
 * What is left of a JSON document that was cut off: its complete parts, and the piece that
 * is not, which starts where the text can be cut so that nothing half remains.
 *
 * Kept are the whole elements of the outermost array, or the whole members of the outermost
 * object; and of the member in which the cut lies, its whole elements if it is an array or a
 * map. An object counts as a map if everything whole in it is itself an object or an array;
 * otherwise it is a record, and half a record would pass for a whole one.
 */

import { stringEnd } from './depth.ts'
import { COMMA_CODE } from './json-codes.ts'

/** Where a document is cut, and what closes it there. */
export interface Cut {
  /** Index behind the last part kept. */
  readonly at: number
  readonly closing: string
}

/** One of the two outermost containers that are still open. */
interface Level {
  readonly isArray: boolean
  /** Index behind the last whole child. */
  keptTo: number
  children: number
  scalars: number
}

/**
 * Finds where to cut text whose grammar holds up to `limit`, so that closing it there makes
 * it whole; `undefined` if nothing whole would be left.
 */
export function findCut(text: string, limit: number): Cut | undefined {
  const levels: Level[] = []
  let depth = 0
  let isBehindContainer = false
  for (let at = 0; at < limit; at += 1) {
    const code = text.charCodeAt(at)
    if (code === 34) at = stringEnd(text, at) - 1
    else if (code === 123 || code === 91) {
      if (depth < 2)
        levels[depth] = { isArray: code === 91, keptTo: at + 1, children: 0, scalars: 0 }
      depth += 1
      isBehindContainer = false
    } else if (code === 125 || code === 93) {
      depth -= 1
      addChild(levels[depth - 1], at + 1, depth, false)
      isBehindContainer = true
    } else if (code === COMMA_CODE) {
      // Only the comma proves a number whole, and a string a value and not a key.
      if (!isBehindContainer) addChild(levels[depth - 1], at, depth, true)
      isBehindContainer = false
    }
  }
  return chooseCut(levels.slice(0, depth))
}

function addChild(level: Level | undefined, end: number, depth: number, isScalar: boolean): void {
  if (!level || depth > 2) return
  level.keptTo = end
  level.children += 1
  if (isScalar) level.scalars += 1
}

function chooseCut(levels: readonly Level[]): Cut | undefined {
  const [outer, inner] = levels
  if (!outer) return undefined
  const isList = inner && (inner.isArray || (inner.children > 0 && inner.scalars === 0))
  if (!outer.isArray && isList) {
    return { at: inner.keptTo, closing: `${inner.isArray ? ']' : '}'}}` }
  }
  return outer.children > 0 ? { at: outer.keptTo, closing: outer.isArray ? ']' : '}' } : undefined
}
