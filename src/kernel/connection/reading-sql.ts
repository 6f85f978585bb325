/**
 * Which statements only read, told from the text and before SQLite sees it.
 *
 * SQLite's own flag does not say it: BEGIN, COMMIT, ATTACH and the pragmas of a connection change no
 * file, and count as reading. And some pragmas take effect while they are prepared, EXPLAIN before
 * them or not. So what may begin a statement is listed, and not what may not.
 */
import type { Statement } from '../driver/driver.ts'
import { splitSql } from '../driver/sql-statements.ts'
import { type SqlToken, wordOf } from '../driver/sql-tokens.ts'
import { StoreError } from '../errors.ts'
import { pragmaProblem, pragmaTableProblem } from './reading-pragma.ts'
import type { StatementCache } from './statement-cache.ts'

const ROWS: ReadonlySet<string> = new Set(['SELECT', 'WITH', 'VALUES'])

/** Why the one statement may do more than read, or `undefined`; whether WITH writes, SQLite knows. */
export function readingProblem(statement: readonly SqlToken[]): string | undefined {
  const first = wordOf(statement[0])
  if (first === 'PRAGMA') return pragmaProblem(statement)
  if (first === 'EXPLAIN') {
    const isPlan = wordOf(statement[1]) === 'QUERY' && wordOf(statement[2]) === 'PLAN'
    if (!ROWS.has(wordOf(statement[isPlan ? 3 : 1]))) return 'only SELECT is explained'
  } else if (!ROWS.has(first)) {
    return first === '' ? 'there is no statement' : `it begins with ${first.slice(0, 40)}`
  }
  for (const token of statement) {
    const problem = pragmaTableProblem(token)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** Prepares a statement that only reads; throws `READ_ONLY` for any other. */
export function prepareReading(sql: string, statements: StatementCache): Statement {
  const [statement = []] = splitSql(sql)
  const problem = readingProblem(statement)
  // Nothing else takes effect by being prepared, and SQLite has the better word for a misspelling.
  const isHeldBack = problem !== undefined && IN_EFFECT_AT_ONCE.has(wordOf(statement[0]))
  if (!isHeldBack) {
    const prepared = statements.get(sql)
    if (problem === undefined && prepared.isReadOnly) return prepared
  }
  const what = problem ?? 'it writes'
  throw new StoreError(
    'READ_ONLY',
    `this statement writes, or does more than read (${what}): ${excerpt(sql)}`,
    {
      hint: 'append an event, and let a projection write the table',
    },
  )
}

const IN_EFFECT_AT_ONCE: ReadonlySet<string> = new Set(['PRAGMA', 'EXPLAIN'])

const excerpt = (sql: string): string => sql.trim().slice(0, 80)
