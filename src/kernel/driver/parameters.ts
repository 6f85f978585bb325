/**
 * The check that a call gives exactly what its SQL text asks for (sql-shape.ts).
 *
 * The libraries disagree about all of it: a missing name binds NULL on two of the three, a
 * surplus one throws on one, `true` becomes 1 on one and `undefined` becomes NULL on another.
 * So the text is read once, when it is prepared, and the values are checked before any
 * library sees them; afterwards every library can only do the same thing.
 */
import { StoreError } from '../errors.ts'
import type { SqlParameters, SqlValue } from './driver.ts'
import type { SqlShape } from './scanned-shape.ts'

/**
 * Gives what a library is to bind for `parameters`: values in order, or an object where names
 * repeat. Throws `ARGUMENT_INVALID` unless they are exactly what `shape` asks for: one value
 * for each `?` or each name, none over, each of a type that SQLite can store unchanged.
 */
export function toBinding(shape: SqlShape, parameters: SqlParameters | undefined): SqlParameters {
  if (parameters === undefined) {
    if (shape.placeholders > 0 || shape.names.length > 0) throw missing(shape)
    return NONE
  }
  if (!isList(parameters)) return toNamedBinding(shape, parameters)
  if (parameters.length !== shape.placeholders) throw wrongCount(shape, parameters.length)
  for (let i = 0; i < parameters.length; i += 1) {
    if (!isStorable(parameters[i])) throw unstorable(`number ${i + 1}`, parameters[i])
  }
  return parameters
}

const NONE: readonly SqlValue[] = []

function toNamedBinding(
  shape: SqlShape,
  parameters: Readonly<Record<string, SqlValue>>,
): SqlParameters {
  if (shape.placeholders > 0) throw wrongKind('?', 'an array')
  // better-sqlite3 takes plain objects only, and reads no inherited property.
  const prototype = Object.getPrototypeOf(parameters)
  if (prototype !== Object.prototype && prototype !== null) {
    throw wrongKind(':name', 'a plain object')
  }
  const values: SqlValue[] = []
  for (const name of shape.names) {
    const value = parameters[name]
    // What a plain object inherits is functions and objects, which cannot be stored either.
    if (value === undefined || !isStorable(value)) {
      throw value === undefined ? missing(shape, name) : unstorable(`:${name}`, value)
    }
    values.push(value)
  }
  // All names are there, so an equal count means that there is nothing else.
  const given = Object.keys(parameters)
  if (given.length === shape.names.length) {
    return shape.positionalSql === undefined ? parameters : values
  }
  const surplus = given.filter((key) => !shape.names.includes(key)).map((key) => `:${key}`)
  throw new StoreError('ARGUMENT_INVALID', `the SQL has no parameter ${surplus.join(', ')}`, {
    hint: 'pass exactly the names that the SQL holds',
  })
}

// NaN is refused because SQLite stores it as NULL, a bigint beyond 64 bits because one
// library would cut it.
function isStorable(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
      return true
    case 'number':
      return !Number.isNaN(value)
    case 'object':
      return value === null || value instanceof Uint8Array
    case 'bigint':
      return BigInt.asIntN(64, value) === value
    default:
      return false
  }
}

function isList(parameters: SqlParameters): parameters is readonly SqlValue[] {
  return Array.isArray(parameters)
}

function missing(shape: SqlShape, name?: string): StoreError {
  const wanted =
    shape.placeholders > 0 ? `${shape.placeholders} for ?` : `:${name ?? shape.names.join(', :')}`
  return new StoreError('ARGUMENT_INVALID', `no value given for the SQL's parameters: ${wanted}`)
}

function wrongCount(shape: SqlShape, given: number): StoreError {
  if (shape.names.length > 0) return wrongKind(':name', 'an object')
  return new StoreError(
    'ARGUMENT_INVALID',
    `the SQL has ${shape.placeholders} ? parameters, ${given} values were given`,
  )
}

function wrongKind(parameter: string, wanted: string): StoreError {
  return new StoreError('ARGUMENT_INVALID', `${parameter} parameters are given as ${wanted}`)
}

function unstorable(place: string, value: unknown): StoreError {
  const found = typeof value === 'object' ? `a ${value?.constructor?.name}` : String(value)
  return new StoreError('ARGUMENT_INVALID', `parameter ${place} cannot be stored: ${found}`, {
    hint: 'give a string, a number, a bigint of 64 bits, null or a Uint8Array; booleans as 0 and 1',
  })
}
