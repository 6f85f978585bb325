/** The pragmas that a foreign query may use: those that describe the store and set nothing. */
import type { SqlToken } from '../../driver/sql-tokens.ts'
import { refused } from './refused.ts'

// Take a table's or an index's name in brackets.
const WITH_ARGUMENT: ReadonlySet<string> = new Set([
  'TABLE_INFO',
  'TABLE_XINFO',
  'TABLE_LIST',
  'INDEX_LIST',
  'INDEX_INFO',
  'INDEX_XINFO',
  'FOREIGN_KEY_LIST',
])

// Some of these set something when they are given a value, so they are taken bare or not at all.
const BARE: ReadonlySet<string> = new Set([
  'APPLICATION_ID',
  'USER_VERSION',
  'PAGE_COUNT',
  'PAGE_SIZE',
  'FREELIST_COUNT',
  'ENCODING',
  'COLLATION_LIST',
  'FUNCTION_LIST',
  'COMPILE_OPTIONS',
])

/** Tells whether a pragma only reads, as a statement or as a table. */
export function isReadingPragma(name: string): boolean {
  return WITH_ARGUMENT.has(name.toUpperCase()) || BARE.has(name.toUpperCase())
}

/** Throws `QUERY_REFUSED` unless the tokens are `PRAGMA [main.]name` or `PRAGMA name(argument)`. */
export function checkPragma(tokens: readonly SqlToken[]): void {
  let [, name, ...rest] = tokens
  if (name?.text.toUpperCase() === 'MAIN' && rest[0]?.text === '.') [, name, ...rest] = rest
  const word = name?.kind === 'word' ? name.text.toUpperCase() : ''
  if (!isReadingPragma(word))
    throw refused(`PRAGMA ${word.slice(0, 40)} is not among those that only read`)
  if (rest.length === 0) return
  const [open, argument, close] = rest
  const isCall = open?.text === '(' && close?.text === ')' && rest.length === 3
  const isName = argument?.kind === 'word' || argument?.kind === 'text'
  if (!WITH_ARGUMENT.has(word) || !isCall || !isName) {
    throw refused(`PRAGMA ${word} is taken only in the form that reads`)
  }
}
