/** The option `as`: how the caller wants a source to be taken. */
import { StoreError } from '../errors.ts'
import { validName } from './source-name.ts'
import type { ImportAs } from './types.ts'

/** A value of `as`, taken apart. */
export interface Wanted {
  readonly kind: 'events' | 'collection' | 'document' | 'skip'
  readonly name: string | undefined
  readonly key: string | undefined
}

const KINDS = ['events', 'collection', 'document', 'skip'] as const
const FIELD = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/

/** What is wanted of the file at this place; the longest pattern that fits decides. */
export function wantedFor(relativePath: string, as: ImportAs): Wanted | undefined {
  const name = nameIn(relativePath)
  const fitting = Object.keys(as)
    .filter((pattern) => fits(pattern, relativePath) || fits(pattern, name))
    .sort((a, b) => b.length - a.length)
  const [pattern] = fitting
  const text = pattern === undefined ? undefined : as[pattern]
  return text === undefined ? undefined : parseWanted(text)
}

/** The patterns that fit none of these files. */
export function unusedOf(as: ImportAs, relativePaths: readonly string[]): string[] {
  return Object.keys(as).filter((pattern) => {
    return !relativePaths.some((path) => fits(pattern, path) || fits(pattern, nameIn(path)))
  })
}

/** Reads `kind[:name][:key=field]`; throws `ARGUMENT_INVALID`. */
export function parseWanted(text: string): Wanted {
  const [kind, ...rest] = text.split(':')
  const known = KINDS.find((one) => one === kind)
  const keys = rest.filter((part) => part.startsWith('key='))
  const names = rest.filter((part) => !part.startsWith('key='))
  const [key] = keys.map((part) => part.slice('key='.length))
  const [name] = names
  const isValid =
    known !== undefined &&
    keys.length <= (known === 'collection' ? 1 : 0) &&
    names.length <= (known === 'skip' ? 0 : 1) &&
    (key === undefined || FIELD.test(key)) &&
    (name === undefined || validName(name) === name)
  if (isValid) return { kind: known, name, key }
  throw new StoreError('ARGUMENT_INVALID', `import: '${text}' is no way to take a source`, {
    hint: "use 'events', 'document', 'collection', 'skip', 'events:name' or 'collection:name:key=field'; names are a-z, 0-9 and _",
  })
}

function nameIn(relativePath: string): string {
  return relativePath.slice(relativePath.lastIndexOf('/') + 1)
}

function fits(pattern: string, text: string): boolean {
  if (!pattern.includes('*')) return pattern === text
  const parts = pattern.split('*')
  const [first = ''] = parts
  const last = parts.at(-1) ?? ''
  if (!text.startsWith(first) || !text.endsWith(last)) return false
  if (text.length < first.length + last.length) return false
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return at <= text.length - last.length
}
