/**
 * Checks that a value is stored as what it is. JSON.stringify turns a Date into a string, drops a
 * Map's entries and makes NaN null without a word; a replay would then fold other data than the
 * append did.
 */
import { StoreError } from '../errors.ts'

const MAX_DEPTH = 200
// Parts of a path that a message shows.
const SHOWN_DEPTH = 10

/** Whether a value comes back from JSON as itself, or needs the round trip (undefined fields, -0). */
export type JsonFidelity = 'exact' | 'lossy'

/** Throws `EVENT_INVALID` with the path of the first part that JSON cannot hold. */
export function checkJson(value: unknown, what: string): JsonFidelity {
  // Where the fault is, is asked only when there is one: most values have none, and are looked through
  // at every append.
  return fidelityOf(value, 0) ?? refuseFirstFault(value, what)
}

// `undefined` when some part of it cannot be held.
function fidelityOf(value: unknown, depth: number): JsonFidelity | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return 'exact'
    case 'number':
      if (!Number.isFinite(value)) return undefined
      return Object.is(value, -0) ? 'lossy' : 'exact'
    case 'object':
      if (value === null) return 'exact'
      if (depth >= MAX_DEPTH) return undefined
      return Array.isArray(value) ? fidelityOfArray(value, depth) : fidelityOfObject(value, depth)
    default:
      return undefined
  }
}

function fidelityOfArray(value: readonly unknown[], depth: number): JsonFidelity | undefined {
  let fidelity: JsonFidelity = 'exact'
  for (let index = 0; index < value.length; index++) {
    const part = fidelityOf(value[index], depth + 1)
    if (part === undefined) return undefined
    if (part === 'lossy') fidelity = 'lossy'
  }
  return fidelity
}

function fidelityOfObject(value: object, depth: number): JsonFidelity | undefined {
  if (!isPlain(value)) return undefined
  let fidelity: JsonFidelity = 'exact'
  for (const key in value) {
    const field = (value as Record<string, unknown>)[key]
    const part = field === undefined ? 'lossy' : fidelityOf(field, depth + 1)
    if (part === undefined) return undefined
    if (part === 'lossy') fidelity = 'lossy'
  }
  return fidelity
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

interface Fault {
  readonly path: readonly (string | number)[]
  readonly found: string
}

function refuseFirstFault(value: unknown, what: string): never {
  const { path, found } = faultIn(value, []) ?? { path: [], found: nameOf(value) }
  return refuse(what, path, found)
}

function faultIn(value: unknown, path: Fault['path']): Fault | undefined {
  if (typeof value !== 'object' || value === null) {
    return fidelityOf(value, 0) === undefined ? { path, found: nameOf(value) } : undefined
  }
  if (path.length >= MAX_DEPTH) return { path, found: `nesting deeper than ${MAX_DEPTH}` }
  const isList = Array.isArray(value)
  if (!isList && !isPlain(value)) return { path, found: nameOf(value) }
  // By index, for a hole in a list is no entry of it and no JSON either.
  for (const [key, part] of isList ? value.entries() : Object.entries(value)) {
    if (part === undefined && !isList) continue
    const fault = faultIn(part, [...path, key])
    if (fault) return fault
  }
  return undefined
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function nameOf(value: unknown): string {
  if (typeof value === 'number') return String(value)
  if (typeof value === 'object') return `a ${value?.constructor?.name ?? 'class instance'}`
  return value === undefined ? 'undefined' : `a ${typeof value}`
}

// Of something too deep, its beginning tells which part it is.
function placeOf(path: Fault['path']): string {
  return path.length <= SHOWN_DEPTH ? path.join('.') : `${path.slice(0, SHOWN_DEPTH).join('.')}.…`
}

function refuse(what: string, path: Fault['path'], found: string): never {
  const place = path.length === 0 ? 'it' : placeOf(path)
  throw new StoreError('EVENT_INVALID', `${what}: ${place} is ${found}, which JSON cannot hold`, {
    hint: found.startsWith('nesting')
      ? 'flatten it, and look for an object that contains itself'
      : 'store times as epoch milliseconds or ISO text, and large integers as text',
  })
}
