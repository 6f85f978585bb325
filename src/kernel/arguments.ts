/**
 * What callers without types give: whether a value is of a kind, and the sentence that says what it is
 * instead. Asked where a public call begins, and on the way to an error; never once an event.
 */
import { StoreError } from './errors.ts'

/** A kind of value and its name in a message: `a function`. */
export interface Kind {
  readonly name: string
  readonly fits: (value: unknown) => boolean
}

/** Kinds by the name of an option or field. */
export type Kinds = Readonly<Record<string, Kind>>

export const TEXT: Kind = { name: 'a text', fits: (value) => typeof value === 'string' }
/** Judged where it is used. */
export const ANY: Kind = { name: 'anything', fits: () => true }
export const FUNCTION: Kind = { name: 'a function', fits: (value) => typeof value === 'function' }
export const BOOLEAN: Kind = { name: 'true or false', fits: (value) => typeof value === 'boolean' }
export const WHOLE: Kind = { name: 'a whole number', fits: Number.isSafeInteger }
export const COUNT: Kind = {
  name: 'a whole number from 0 up',
  fits: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
}
export const OBJECT: Kind = {
  name: 'an object',
  fits: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
}
/** Longer than any name, short enough for an index. */
const MAX_NAME_LENGTH = 1024
// SQLite keeps a lone surrogate as another character, so that two names would be one, and shows a
// text up to its first NUL.
export const NAME: Kind = {
  name: `a text of 1 to ${MAX_NAME_LENGTH} characters without NUL or lone surrogates`,
  fits: (value) =>
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= MAX_NAME_LENGTH &&
    !value.includes('\0') &&
    value.isWellFormed(),
}
export const NUMBER: Kind = { name: 'a number', fits: Number.isFinite }
export const PATH: Kind = {
  name: 'a path, which is a text that is not empty',
  fits: (value) => typeof value === 'string' && value !== '' && !value.includes('\0'),
}
export const BYTES: Kind = { name: 'a Buffer', fits: Buffer.isBuffer }
export const SIGNAL: Kind = {
  name: 'an AbortSignal',
  fits: (value) => value instanceof AbortSignal,
}
export const DURATION: Kind = {
  name: 'milliseconds from 0 up',
  fits: (value) => typeof value === 'number' && value >= 0,
}

/** One of a few words. */
export function oneOf(...words: readonly string[]): Kind {
  return {
    name: words.map((word) => `'${word}'`).join(' or '),
    fits: (value) => typeof value === 'string' && words.includes(value),
  }
}

/** A list of values of one kind. */
export function listOf(kind: Kind): Kind {
  return {
    name: `a list, each ${kind.name}`,
    fits: (value) => Array.isArray(value) && value.every(kind.fits),
  }
}

/** Says what is wrong with `value` as in `x must be a text, not 5`; `undefined` where it fits. */
function problemOf(what: string, value: unknown, kind: Kind): string | undefined {
  return kind.fits(value) ? undefined : `${what} must be ${kind.name}, not ${shown(value)}`
}

/** Says what is wrong with the first field that is not of its kind. */
export function fieldProblem(what: string, value: unknown, kinds: Kinds): string | undefined {
  const problem = problemOf(what, value, OBJECT)
  if (problem !== undefined) return problem
  for (const [field, kind] of Object.entries(kinds)) {
    const fault = problemOf(field, (value as Record<string, unknown>)[field], kind)
    if (fault !== undefined) return `${what}: ${fault}`
  }
  return undefined
}

/** Throws `ARGUMENT_INVALID` unless `value` is of the kind. */
export function checkArgument(what: string, value: unknown, kind: Kind): void {
  if (!kind.fits(value)) throw invalid(problemOf(what, value, kind) ?? what)
}

/** Throws `ARGUMENT_INVALID` unless each field of `value` is of its kind. */
export function checkFields(what: string, value: unknown, kinds: Kinds): void {
  const problem = fieldProblem(what, value, kinds)
  if (problem !== undefined) throw invalid(problem)
}

/**
 * Throws `ARGUMENT_INVALID` unless each option that is given is one of `kinds`, and of its kind; none need be
 * given. One that is not known is a slip of the pen: `{ dryrun: true }` would be passed over, and the call would
 * do what it was only asked to show. So is `{ dryRun: null }`, which asks for neither.
 */
export function checkOptions(what: string, options: unknown, kinds: Kinds): void {
  const problem = optionProblem(what, options, kinds)
  if (problem === undefined) return
  const known = Object.keys(kinds).join(', ')
  throw new StoreError('ARGUMENT_INVALID', problem, {
    hint: known === '' ? 'it has no options' : `correct the call; its options are: ${known}`,
  })
}

/** Says what is wrong with the first option that is given and is not known, or not of its kind. */
export function optionProblem(what: string, options: unknown, kinds: Kinds): string | undefined {
  if (options === undefined) return undefined
  if (!OBJECT.fits(options)) return problemOf(what, options, OBJECT)
  for (const option in options) {
    if (!Object.hasOwn(kinds, option)) return `${what} has no option '${option}'`
  }
  for (const [option, kind] of Object.entries(kinds)) {
    const value = (options as Record<string, unknown>)[option]
    if (value === undefined || kind.fits(value)) continue
    return problemOf(`${what}: ${option}`, value, kind)
  }
  return undefined
}

function invalid(problem: string): StoreError {
  return new StoreError('ARGUMENT_INVALID', problem, { hint: 'correct the call' })
}

/** A value as a message shows it: what cannot be made a text of, such as a symbol, included. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40))
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'function') return 'a function'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
