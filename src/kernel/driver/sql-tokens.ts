/**
 * Cuts a SQL text into the tokens that matter to the driver: words, parameters and single
 * characters. Comments, strings and quoted names are passed over, so that whatever stands
 * in them is never taken for a parameter or for the end of a statement.
 */

/** One token; a quoted string or name is a `text` token. */
export interface SqlToken {
  readonly kind: 'word' | 'parameter' | 'text' | 'sign'
  readonly text: string
  /** Where it begins in the SQL text. */
  readonly start: number
}

// One alternative for each thing SQLite's tokenizer knows; the order decides. An unclosed
// comment runs to the end as in SQLite; an unclosed quote is left to SQLite to refuse.
const TOKEN =
  /\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|('(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])|(\?\d*|[:@#$][\w$\u0080-\uffff]+)|([\w$\u0080-\uffff]+)|([\s\S])/g

/** Yields the tokens of `sql` in order, without blanks and comments. */
export function* scanSql(sql: string): Generator<SqlToken> {
  for (const match of sql.matchAll(TOKEN)) {
    const [, quoted, parameter, word, sign] = match
    const text = quoted ?? parameter ?? word ?? sign
    if (text !== undefined)
      yield { kind: kindOf(quoted, parameter, word), text, start: match.index }
  }
}

function kindOf(quoted?: string, parameter?: string, word?: string): SqlToken['kind'] {
  if (word !== undefined) return 'word'
  if (quoted !== undefined) return 'text'
  return parameter === undefined ? 'sign' : 'parameter'
}

/** The token's text as a keyword is compared: a word in upper case, all else as it stands. */
export function wordOf(token: SqlToken | undefined): string {
  return token?.kind === 'word' ? token.text.toUpperCase() : (token?.text ?? '')
}

/** What a token names: quotes are taken off, a word stands for itself. */
export function nameOf({ kind, text }: SqlToken): string {
  if (kind !== 'text') return text
  const quote = text.startsWith('[') ? ']' : text.charAt(0)
  return text.slice(1, -1).replaceAll(quote + quote, quote)
}

/** Tells whether `sql` holds nothing to run: only blanks, comments and semicolons. */
export function isBlankSql(sql: string): boolean {
  for (const { text } of scanSql(sql)) if (text !== ';') return false
  return true
}
