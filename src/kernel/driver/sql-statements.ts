/**
 * Where one statement ends and the next begins: at a semicolon, but for those in the body of a
 * trigger. What is not cut here exactly as SQLite cuts it would be judged as something else than runs.
 */
import { type SqlToken, scanSql } from './sql-tokens.ts'

/** The statements of a text as their tokens, without the semicolon at the end; blank ones left out. */
export function splitSql(sql: string): SqlToken[][] {
  const statements: SqlToken[][] = []
  let current: SqlToken[] = []
  let triggerEnd = new TriggerEnd()
  for (const token of scanSql(sql)) {
    if (token.text === ';' && triggerEnd.isReached) {
      if (current.length > 0) statements.push(current)
      current = []
      triggerEnd = new TriggerEnd()
    } else {
      current.push(token)
      triggerEnd.take(token)
    }
  }
  if (current.length > 0) statements.push(current)
  return statements
}

/**
 * SQLite's own rule for where CREATE TRIGGER ends: at a semicolon whose statement before it
 * was the single word END. The END of a CASE never follows a semicolon.
 */
export class TriggerEnd {
  #words: string[] = []
  #isTrigger = false
  #previous = ''
  #beforePrevious = ''

  /** True when a semicolon here would end the statement. */
  get isReached(): boolean {
    return !this.#isTrigger || (this.#previous === 'END' && this.#beforePrevious === ';')
  }

  /** Takes the next token of the text. */
  take(token: SqlToken): void {
    const text = token.kind === 'word' ? token.text.toUpperCase() : token.text
    this.#beforePrevious = this.#previous
    this.#previous = text
    if (this.#words.length >= 6) return
    if (text !== ';') this.#words.push(text)
    // Any other statement is settled by its first word.
    if (this.#words[0] !== 'CREATE' && this.#words[0] !== 'EXPLAIN') return
    this.#isTrigger = /^(EXPLAIN (QUERY PLAN )?)?CREATE (TEMP |TEMPORARY )?TRIGGER\b/.test(
      this.#words.join(' '),
    )
  }
}
