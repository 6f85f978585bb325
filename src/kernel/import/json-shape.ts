/**
 * What the JSON of an unknown tool becomes: an array of objects with a unique `id`, `key` or `name`
 * is a collection; so is an object of objects, by property; anything else is a document.
 */
import type { JsonObject } from './readers/items.ts'

/** Fields that may name an item, in order of preference. */
export const KEY_FIELDS = ['id', 'key', 'name'] as const

/** What a parsed file becomes. */
export type JsonShape =
  | { readonly kind: 'collection'; readonly key: string; readonly from: 'array' | 'properties' }
  | { readonly kind: 'document' }
  | { readonly kind: 'empty' }

/** One item of a collection and the id it gets; without one it cannot be stored. */
export interface Row {
  readonly id: string | undefined
  readonly item: unknown
}

/** Applies the rule. Nothing to go by, `[]` and `{}`, is empty: more may come with another shape. */
export function shapeOf(value: unknown): JsonShape {
  if (Array.isArray(value)) return shapeOfArray(value)
  if (!isObject(value)) return { kind: 'document' }
  const entries = Object.entries(value)
  if (entries.length === 0) return { kind: 'empty' }
  if (!entries.every(([name, item]) => name !== '' && isObject(item))) return { kind: 'document' }
  return { kind: 'collection', key: keyOfProperties(entries as Entry[]), from: 'properties' }
}

/** The items of a value that is, or is said to be, a collection with this key. */
export function rowsOf(value: unknown, key: string): Row[] {
  if (Array.isArray(value)) {
    return value.map((item) => ({ id: isObject(item) ? idOf(item[key]) : undefined, item }))
  }
  if (!isObject(value)) return [{ id: undefined, item: value }]
  return Object.entries(value).map(([name, item]) => {
    if (!isObject(item)) return { id: undefined, item: { [name]: item } }
    if (item[key] === undefined) return { id: name, item: { [key]: name, ...item } }
    return { id: idOf(item[key]), item }
  })
}

/** The id that a key's value is; `undefined` where it cannot be one. */
export function idOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

type Entry = [string, JsonObject]

function shapeOfArray(items: readonly unknown[]): JsonShape {
  if (items.length === 0) return { kind: 'empty' }
  if (!items.every(isObject)) return { kind: 'document' }
  const key = KEY_FIELDS.find((field) => isUnique(items, field))
  return key === undefined ? { kind: 'document' } : { kind: 'collection', key, from: 'array' }
}

function isUnique(items: readonly JsonObject[], field: string): boolean {
  const seen = new Set<string>()
  for (const item of items) {
    const id = idOf(item[field])
    if (id === undefined || seen.has(id)) return false
    seen.add(id)
  }
  return true
}

// A field that repeats the property names the item already; else one that no item uses is added.
function keyOfProperties(entries: readonly Entry[]): string {
  const says = KEY_FIELDS.find((field) => entries.every(([name, item]) => item[field] === name))
  if (says !== undefined) return says
  const isFree = (field: string) => entries.every(([, item]) => item[field] === undefined)
  let free = 'id'
  for (let number = 0; !isFree(free); number++) free = number === 0 ? 'key' : `property${number}`
  return free
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
