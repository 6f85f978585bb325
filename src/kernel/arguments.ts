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
export const FUNCTION: Kind = { name: 'a function', fits: (value) => typeof value === 'function' }
export const BOOLEAN: Kind = { name: 'true or false', fits: (value) => typeof value === 'boolean' }
export const WHOLE: Kind = { name: 'a whole number', fits: Number.isSafeInteger }
export const OBJECT: Kind = {
  name: 'an object',
  fits: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
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

/** Throws `ARGUMENT_INVALID` unless each option that is given is of its kind; none need be. */
export function checkOptions(what: string, options: unknown, kinds: Kinds): void {
  if (options === undefined) return
  checkArgument(what, options, OBJECT)
  for (const [option, kind] of Object.entries(kinds)) {
    const value = (options as Record<string, unknown>)[option]
    if (value !== undefined) checkArgument(`${what}: ${option}`, value, kind)
  }
}

function invalid(problem: string): StoreError {
  return new StoreError('ARGUMENT_INVALID', problem, { hint: 'correct the call' })
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40))
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'function') return 'a function'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
