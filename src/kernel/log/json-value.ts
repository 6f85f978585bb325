/**
 * Checks that a value is stored as what it is. JSON.stringify turns a Date into a string, drops a
 * Map's entries and makes NaN null without a word; a replay would then fold other data than the
 * append did.
 */
import { StoreError } from '../errors.ts'

const MAX_DEPTH = 200

/** Whether a value comes back from JSON as itself, or needs the round trip (undefined fields, -0). */
export type JsonFidelity = 'exact' | 'lossy'

/** Throws `EVENT_INVALID` with the path of the first part that JSON cannot hold. */
export function checkJson(value: unknown, what: string): JsonFidelity {
  return check(value, what, [], 0)
}

/**
 * Throws `EVENT_INVALID` when the JSON text holds a lone surrogate: it survives JSON as an escape,
 * and a projection that binds it to a column would store another string.
 */
export function checkSurrogates(text: string, what: string): void {
  // JSON.stringify escapes exactly the lone ones, so that most texts are done with one search.
  if (!text.includes('\\ud')) return
  JSON.parse(text, (key, value: unknown) => {
    if (key.isWellFormed() && (typeof value !== 'string' || value.isWellFormed())) return value
    return refuse(what, [key.toWellFormed()], 'text with a lone surrogate')
  })
}

type Path = (string | number)[]

function check(value: unknown, what: string, path: Path, depth: number): JsonFidelity {
  switch (typeof value) {
    case 'string':
      return 'exact'
    case 'number':
      if (!Number.isFinite(value)) return refuse(what, path, String(value))
      return Object.is(value, -0) ? 'lossy' : 'exact'
    case 'boolean':
      return 'exact'
    case 'object':
      if (value === null) return 'exact'
      if (depth >= MAX_DEPTH) return refuse(what, path, `nesting deeper than ${MAX_DEPTH}`)
      return Array.isArray(value)
        ? checkArray(value, what, path, depth)
        : checkObject(value, what, path, depth)
    default:
      return refuse(what, path, `a ${typeof value}`)
  }
}

function checkArray(
  value: readonly unknown[],
  what: string,
  path: Path,
  depth: number,
): JsonFidelity {
  let fidelity: JsonFidelity = 'exact'
  for (let index = 0; index < value.length; index++) {
    path.push(index)
    if (check(value[index], what, path, depth + 1) === 'lossy') fidelity = 'lossy'
    path.pop()
  }
  return fidelity
}

function checkObject(value: object, what: string, path: Path, depth: number): JsonFidelity {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    return refuse(what, path, `a ${value.constructor?.name ?? 'class instance'}`)
  }
  let fidelity: JsonFidelity = 'exact'
  for (const key in value) {
    const field = (value as Record<string, unknown>)[key]
    if (field === undefined) {
      fidelity = 'lossy'
      continue
    }
    path.push(key)
    if (check(field, what, path, depth + 1) === 'lossy') fidelity = 'lossy'
    path.pop()
  }
  return fidelity
}

function refuse(what: string, path: Path, found: string): never {
  const place = path.length === 0 ? 'it' : path.join('.')
  throw new StoreError('EVENT_INVALID', `${what}: ${place} is ${found}, which JSON cannot hold`, {
    hint: 'store times as epoch milliseconds or ISO text, and large integers as text',
  })
}
