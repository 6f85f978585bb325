/**
 * Decides from the text alone whether a foreign SQL statement may be run at all.
 *
 * A read-only connection is no sandbox: on one, VACUUM INTO writes a new file, ATTACH reads any
 * SQLite file on the machine, and PRAGMA query_only = 0 opens the last door. So the text is
 * screened before SQLite sees it, by what is allowed to begin a statement and not by what is
 * forbidden; the connection's own refusals come behind that.
 */
import { readingProblem } from '../../connection/reading-sql.ts'
import { nameOf, type SqlToken, scanSql, wordOf } from '../../driver/sql-tokens.ts'
import { refused } from './refused.ts'

/** A longer text is not a question that somebody asked. */
export const MAX_SQL_LENGTH = 100_000

// Refused wherever they stand as a word or a quoted name: statements that reach beyond the store,
// and functions that write, read files or load code in some build of SQLite.
const REFUSED: ReadonlySet<string> = new Set([
  'ATTACH',
  'DETACH',
  'VACUUM',
  'LOAD_EXTENSION',
  'READFILE',
  'WRITEFILE',
  'EDIT',
  'FSDIR',
  'LSDIR',
  'LSMODE',
  'ZIPFILE',
  'SQLAR_COMPRESS',
  'SQLITE_LOG',
  'FTS3_TOKENIZER',
  'FTS3TOKENIZE',
  'EVAL',
  'SHELL',
])

/** What is left to know once the text has passed. */
export interface ScreenedSql {
  /** The one statement, without the semicolon at its end. */
  readonly sql: string
  /** True when it may stand in a FROM clause, so that its rows can be limited by SQLite. */
  readonly isSelect: boolean
}

/** Passes one reading statement on; throws `QUERY_REFUSED` for everything else. */
export function screenSql(sql: string): ScreenedSql {
  if (sql.length > MAX_SQL_LENGTH) {
    throw refused(`the statement has ${sql.length} characters, at most ${MAX_SQL_LENGTH} are taken`)
  }
  // C ends the text here: what SQLite runs would not be what was screened.
  if (sql.includes('\0')) throw refused('the statement has a NUL character')
  const tokens = [...scanSql(sql)]
  const end = tokens.findIndex(({ text }) => text === ';')
  const statement = end < 0 ? tokens : tokens.slice(0, end)
  if (end >= 0 && tokens.slice(end).some(({ text }) => text !== ';')) {
    throw refused('there is more than one statement')
  }
  const first = wordOf(statement[0])
  const problem = readingProblem(statement)
  if (problem !== undefined) throw refused(problem)
  for (const token of statement) checkToken(token)
  if (first !== 'PRAGMA' && statement.some((token) => wordOf(token) === 'PRAGMA')) {
    throw refused('PRAGMA inside another statement')
  }
  const stop = tokens[end]
  return {
    sql: stop ? sql.slice(0, stop.start) : sql,
    isSelect: first !== 'PRAGMA' && first !== 'EXPLAIN',
  }
}

function checkToken(token: SqlToken): void {
  const name = nameOf(token).toUpperCase()
  if (token.text.startsWith("'") || !REFUSED.has(name)) return
  throw refused(`${JSON.stringify(name)} reaches beyond the store`)
}
