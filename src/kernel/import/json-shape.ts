/**
 * What the JSON of an unknown tool becomes: an array of objects with a unique `id`, `key` or `name`
 * is a collection; so is an object of objects, by property; anything else is a document.
 *
 * A document is gone through member by member and no value of the whole is built: a list of 64 MB
 * would take gigabytes.
 */
import type { JsonObject } from './readers/items.ts'
import { JsonDocument, type JsonMember, type JsonPart, parsedOf } from './readers/json-document.ts'
import { repeatedOf } from './readers/repeated.ts'

/** Fields that may name an item, in order of preference. */
export const KEY_FIELDS = ['id', 'key', 'name'] as const

/**
 * How a file holds its items: as a list; as a map of properties by which they are named; or as such a
 * map of items that say the key themselves.
 */
export type Layout = 'list' | 'map' | 'named-map'

/** What a file becomes. */
export type JsonShape =
  | { readonly kind: 'collection'; readonly key: string; readonly layout: Layout }
  | { readonly kind: 'document' }
  | { readonly kind: 'empty' }

/** One item of a collection and the id it gets; without one it cannot be stored. */
export interface Row {
  readonly id: string | undefined
  /** The item's JSON text. */
  readonly text: string
  readonly member: JsonMember
}

/** Applies the rule. Nothing to go by, `[]` and `{}`, is empty: more may come with another shape. */
export function shapeOf(document: JsonDocument): JsonShape {
  if (document.kind === 'other') return { kind: 'document' }
  const [first] = document.members()
  if (first === undefined) return { kind: 'empty' }
  if (document.kind === 'list') {
    const key = KEY_FIELDS.find((field) => hasIds(document, field))
    return key === undefined ? { kind: 'document' } : { kind: 'collection', key, layout: 'list' }
  }
  for (const member of document.members()) if (!isItem(member)) return { kind: 'document' }
  const key = keyOfProperties(document)
  return { kind: 'collection', key, layout: layoutOf(document, key) }
}

/** How the items of a document stand in it, when this is their key. */
export function layoutOf(document: JsonDocument, key: string): Layout {
  if (document.kind !== 'object') return 'list'
  for (const member of document.members()) {
    const value = member.kind === 'member' ? parsedOf(member) : undefined
    if (isObject(value) && !Object.hasOwn(value, key)) return 'map'
  }
  return 'named-map'
}

/** True when each item has an id of its own by this key. */
export function hasIds(document: JsonDocument, key: string): boolean {
  let isNamed = true
  const repeated = repeatedOf(function* () {
    for (const part of document.members()) {
      const id = part.kind === 'member' ? rowOf(part, key).id : undefined
      isNamed &&= id !== undefined || isRepeatedKey(part)
      if (!isNamed) return
      if (id !== undefined) yield id
    }
  })
  return isNamed && repeated.size === 0
}

/** The ids that more than one item has. */
export function repeatedIds(document: JsonDocument, key: string): ReadonlySet<string> {
  const counts = repeatedOf(function* () {
    for (const part of document.members()) {
      const id = part.kind === 'member' ? rowOf(part, key).id : undefined
      if (id !== undefined) yield id
    }
  })
  return new Set(counts.keys())
}

/** A member as an item of a collection with this key. */
export function rowOf(member: JsonMember, key: string): Row {
  const { name, text } = member
  const value = parsedOf(member)
  if (!isObject(value)) return { id: undefined, text, member }
  if (name === undefined || Object.hasOwn(value, key)) {
    return { id: idOf(value[key], text, key), text, member }
  }
  const own = `${JSON.stringify(key)}:${JSON.stringify(name)}`
  const isEmpty = text.length === 2
  return { id: name, text: `{${own}${isEmpty ? '' : ','}${text.slice(1)}`, member }
}

// A number that JSON can write and JavaScript cannot hold is known by its digits.
function idOf(value: unknown, text: string, key: string): string | undefined {
  if (typeof value === 'number') {
    return Math.abs(value) > Number.MAX_SAFE_INTEGER ? digitsOf(text, key) : String(value)
  }
  return typeof value === 'string' && value !== '' ? value : undefined
}

function digitsOf(text: string, key: string): string | undefined {
  for (const part of new JsonDocument(Buffer.from(text)).members()) {
    if (part.kind === 'member' && part.name === key) return part.text
  }
  return undefined
}

// A field that repeats the property names the item already; else one that no item uses is added.
function keyOfProperties(document: JsonDocument): string {
  const says = new Set<string>(KEY_FIELDS)
  const used = new Set<string>()
  for (const member of document.members()) {
    const value = member.kind === 'member' ? parsedOf(member) : undefined
    if (member.kind === 'reject' || !isObject(value)) continue
    for (const field of says) if (value[field] !== member.name) says.delete(field)
    for (const field of Object.keys(value)) if (MAY_BE_KEY.test(field)) used.add(field)
  }
  for (const field of says) return field
  let free = 'id'
  for (let number = 0; used.has(free); number++) free = number === 0 ? 'key' : `property${number}`
  return free
}

const MAY_BE_KEY = /^(?:id|key|property\d{1,9})$/

function isItem(part: JsonMember | JsonPart): boolean {
  if (part.kind === 'reject') return isRepeatedKey(part)
  return part.text.startsWith('{') && part.name !== ''
}

// No reason to take the rest for something else.
function isRepeatedKey(part: JsonMember | JsonPart): boolean {
  return part.kind === 'reject' && part.reason === 'repeated key'
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
