/**
 * What a SQL text asks for, by the cheapest way that is sure.
 *
 * Most texts have nothing in which a parameter or an end could hide, and need no scanner, which on the
 * fifteen texts of an open took a process as long as SQLite's part in it. Invariant: a text that is read
 * here gives exactly what `scannedShapeOf` gives; whatever could be refused is left to that.
 */
import { type SqlShape, scannedShapeOf } from './scanned-shape.ts'

// What begins a quoted name, a comment, another statement, a parameter that is refused, or a name
// beyond ASCII, and every quote of a string that is more than one word.
const NEEDS_SCANNER = /['"`[;@#$\u0080-\uffff]|--|\/\*|\?\d/
const WORD_IN_QUOTES = /'\w*'/g
const NAME = /:(\w+)/g
const FIRST_WORD = /^\s*(\w+)/
const STAR = /(?:[,.]|(?<![:\w])(?:SELECT|DISTINCT|ALL|RETURNING))\s*\*/i

/**
 * Reads the parameters of one statement. Throws `SQL_INVALID` where the text holds no
 * statement, more than one, or parameters that do not mean the same on every library.
 */
export function shapeOf(sql: string): SqlShape {
  return plainShapeOf(sql) ?? scannedShapeOf(sql)
}

function plainShapeOf(sql: string): SqlShape | undefined {
  // A number in its place: it ends a word before it and begins none.
  const bare = sql.includes("'") ? sql.replace(WORD_IN_QUOTES, ' 0 ') : sql
  if (NEEDS_SCANNER.test(bare)) return undefined
  const verb = FIRST_WORD.exec(sql)?.[1]?.toUpperCase()
  if (verb === undefined) return undefined
  const used = bare.includes(':') ? Array.from(bare.matchAll(NAME), ([, name]) => String(name)) : []
  const placeholders = bare.split('?').length - 1
  if (placeholders > 0 && used.length > 0) return undefined
  const names = [...new Set(used)]
  const isPositional = names.length > 0 && names.length === used.length
  return {
    names,
    placeholders,
    positionalSql: isPositional ? sql.replace(NAME, '?') : undefined,
    verb,
    hasStar: bare.includes('*') && STAR.test(bare),
  }
}
