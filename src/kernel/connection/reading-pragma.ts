/** The pragmas that only read: those that describe the store and set nothing. */
import { nameOf, type SqlToken, wordOf } from '../driver/sql-tokens.ts'

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
function isReadingPragma(name: string): boolean {
  return WITH_ARGUMENT.has(name.toUpperCase()) || BARE.has(name.toUpperCase())
}

/** Why the tokens are not `PRAGMA [main.]name` or `PRAGMA name(argument)` of a pragma that reads. */
export function pragmaProblem(tokens: readonly SqlToken[]): string | undefined {
  let [, name, ...rest] = tokens
  if (wordOf(name) === 'MAIN' && rest[0]?.text === '.') [, name, ...rest] = rest
  const word = name?.kind === 'word' ? wordOf(name) : ''
  if (!isReadingPragma(word)) {
    return `PRAGMA ${word.slice(0, 40)} is not among those that only read`
  }
  if (rest.length === 0) return undefined
  const [open, argument, close] = rest
  const isCall = open?.text === '(' && close?.text === ')' && rest.length === 3
  const isName = argument?.kind === 'word' || argument?.kind === 'text'
  if (WITH_ARGUMENT.has(word) && isCall && isName) return undefined
  return `PRAGMA ${word} is taken only in the form that reads`
}

/** Why a token may not be the name of a table: it is a pragma in a table's clothes that sets. */
export function pragmaTableProblem(token: SqlToken): string | undefined {
  // A string is a name where SQLite wants one: FROM 'pragma_x' works as FROM pragma_x does.
  const name = nameOf(token).toUpperCase()
  if (!name.startsWith('PRAGMA_') || isReadingPragma(name.slice('PRAGMA_'.length))) return undefined
  return `${JSON.stringify(name.slice(0, 40))} is not among the pragmas that only read`
}
