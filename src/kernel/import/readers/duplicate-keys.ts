/**
 * Keys that stand twice in one object. `JSON.parse` keeps the last and SQLite finds the
 * first, so a text that repeats a key reads differently in each. For the keys named, the
 * first occurrence keeps the name and each later one becomes `key#2`, `key#3`, …: the
 * producer meant the first, and nothing is lost.
 *
 * The usual text is cleared by one or two searches for the quoted key; only a text in which
 * it occurs twice is scanned. A key spelt with escapes is not recognised.
 */

import { stringEnd } from './depth.ts'

/**
 * Renames later occurrences of `keys` in the outermost object of `text`, which must be valid
 * JSON; returns `text` itself where none is repeated.
 */
export function keepFirstKeys(text: string, keys: readonly string[]): string {
  for (const key of keys) {
    const quoted = JSON.stringify(key)
    const first = text.indexOf(quoted)
    if (first >= 0 && text.indexOf(quoted, first + quoted.length) >= 0) {
      return renameLater(text, new Set(keys))
    }
  }
  return text
}

function renameLater(text: string, keys: ReadonlySet<string>): string {
  const places = outerKeys(text)
  const taken = new Set(places.map((place) => place.key))
  const seen = new Set<string>()
  const out: string[] = []
  let copied = 0
  for (const { key, from, to } of places) {
    if (!keys.has(key) || !seen.has(key)) {
      seen.add(key)
      continue
    }
    const name = freeName(key, taken)
    out.push(text.slice(copied, from), JSON.stringify(name))
    copied = to
  }
  return out.length === 0 ? text : out.join('') + text.slice(copied)
}

function freeName(key: string, taken: Set<string>): string {
  let number = 2
  while (taken.has(`${key}#${number}`)) number += 1
  const name = `${key}#${number}`
  taken.add(name)
  return name
}

interface KeyPlace {
  readonly key: string
  readonly from: number
  readonly to: number
}

/** The keys of the outermost object: strings at depth one that a colon follows. */
function outerKeys(text: string): KeyPlace[] {
  const places: KeyPlace[] = []
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === 123 || code === 91) depth += 1
    else if (code === 125 || code === 93) depth -= 1
    else if (code === 34) {
      const end = stringEnd(text, at)
      if (depth === 1 && colonFollows(text, end)) {
        places.push({ key: JSON.parse(text.slice(at, end)) as string, from: at, to: end })
      }
      at = end - 1
    }
  }
  return places
}

function colonFollows(text: string, at: number): boolean {
  let next = at
  while (text.charCodeAt(next) <= 32) next += 1
  return text.charCodeAt(next) === 58
}
