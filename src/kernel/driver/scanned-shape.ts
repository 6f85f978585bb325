/**
 * What a SQL text asks for, read token by token: its parameters, and whether it is one statement.
 * What is in comments, strings and quoted names is never taken for either.
 */
import { StoreError } from '../errors.ts'
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
export function scannedShapeOf(sql: string): SqlShape {
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

function invalid(problem: string, sql: string, hint?: string): StoreError {
  const text = sql.trim().slice(0, 80)
  return new StoreError('SQL_INVALID', `${problem}: ${text}`, hint === undefined ? {} : { hint })
}

function unportable(parameter: string, sql: string): StoreError {
  return invalid(`parameter ${parameter} is neither ? nor :name`, sql, 'write it as :name')
}
