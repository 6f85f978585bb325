/**
 * What a SQL text asks for (its parameters, whether it is one statement) and the check that
 * a call gives exactly that.
 *
 * The libraries disagree about all of it: a missing name binds NULL on two of the three, a
 * surplus one throws on one, `true` becomes 1 on one and `undefined` becomes NULL on another.
 * So the text is read once, when it is prepared, and the values are checked before any
 * library sees them; afterwards every library can only do the same thing.
 */
import { StoreError } from '../errors.ts'
import type { SqlParameters, SqlValue } from './driver.ts'
import { TriggerEnd } from './sql-statements.ts'
import { scanSql } from './sql-tokens.ts'

/** What a prepared SQL text asks for. */
export interface SqlShape {
  /** The distinct `:name` parameters without their colon, in order of appearance. */
  readonly names: readonly string[]
  /** How many `?` there are. */
  readonly placeholders: number
  /**
   * The text with `?` in place of each name, values then going in the order of `names`;
   * undefined where a name occurs twice or there is none.
   */
  readonly positionalSql: string | undefined
  /** The first word in upper case: `SELECT`, `INSERT`, `PRAGMA`. */
  readonly verb: string
  /** Whether it returns all columns of a table (`*`, `t.*`), so that they depend on the schema. */
  readonly hasStar: boolean
}

/**
 * Reads the parameters of one statement. Throws `SQL_INVALID` where the text holds no
 * statement, more than one, or parameters that do not mean the same on every library.
 */
export function shapeOf(sql: string): SqlShape {
  const names: string[] = []
  const triggerEnd = new TriggerEnd()
  let positionalSql = ''
  let copied = 0
  let namesUsed = 0
  let placeholders = 0
  let verb = ''
  let isEnded = false
  let hasStar = false
  let previous = ''
  for (const token of scanSql(sql)) {
    if (token.text === ';') {
      // A semicolon before the first word ends nothing, and those inside a trigger's body
      // end only the body's own statements.
      isEnded ||= verb !== '' && triggerEnd.isReached
    } else if (isEnded) {
      throw invalid('the text holds more than one statement', sql, 'prepare them one by one')
    } else if (token.kind === 'parameter') {
      if (token.text === '?') placeholders += 1
      else if (!token.text.startsWith(':')) throw unportable(token.text, sql)
      else {
        const name = token.text.slice(1)
        if (!names.includes(name)) names.push(name)
        namesUsed += 1
        positionalSql += `${sql.slice(copied, token.start)}?`
        copied = token.start + token.text.length
      }
    }
    // Elsewhere a star multiplies, or counts rows.
    hasStar ||= token.text === '*' && /^(,|\.|SELECT|DISTINCT|ALL|RETURNING)$/i.test(previous)
    previous = token.text
    if (verb === '' && token.text !== ';') verb = token.text.toUpperCase()
    triggerEnd.take(token)
  }
  if (verb === '') throw invalid('the text holds no statement', sql)
  if (placeholders > 0 && names.length > 0) {
    throw invalid('the text mixes ? and :name parameters', sql, 'name all of them')
  }
  const isPositional = namesUsed > 0 && namesUsed === names.length
  return {
    names,
    placeholders,
    positionalSql: isPositional ? positionalSql + sql.slice(copied) : undefined,
    verb,
    hasStar,
  }
}

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

function invalid(problem: string, sql: string, hint?: string): StoreError {
  const text = sql.trim().slice(0, 80)
  return new StoreError('SQL_INVALID', `${problem}: ${text}`, hint === undefined ? {} : { hint })
}

function unportable(parameter: string, sql: string): StoreError {
  return invalid(`parameter ${parameter} is neither ? nor :name`, sql, 'write it as :name')
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
