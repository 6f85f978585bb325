/**
 * Prepares a text in the form that is fastest to bind, and gives back what was prepared.
 *
 * Looking names up is most of the cost of a small write on node:sqlite (2.0 µs by name, 0.8 by
 * place), so a text whose names are all different is prepared with `?` in their places and the
 * values are put in order by the check that reads them anyway. Two things would show that and
 * keep the names: an error message that quotes the text, and a result column named after it.
 */
import type { SqlShape } from './scanned-shape.ts'
import { shapeOf } from './sql-shape.ts'

/** A text, as it was prepared with some library. */
export interface Prepared<Native> {
  readonly native: Native
  /** The text that `native` was prepared from. */
  readonly nativeSql: string
  readonly shape: SqlShape
}

/** What is needed of a library to prepare a text. */
export interface Preparing<Native> {
  prepareNative(sql: string): Native
  columnsOf(native: Native): readonly string[]
  /** Ends a statement that is not used after all, where that is not left to the collector. */
  discard?(native: Native): void
}

/** Prepares `sql`; throws as the library does where it is wrong. */
export function prepareSql<Native>(sql: string, library: Preparing<Native>): Prepared<Native> {
  const shape = shapeOf(sql)
  const nativeSql = shape.positionalSql
  const native = nativeSql === undefined ? undefined : tryPositional(nativeSql, library)
  if (nativeSql !== undefined && native !== undefined) return { native, nativeSql, shape }
  const named = { ...shape, positionalSql: undefined }
  return { native: library.prepareNative(sql), nativeSql: sql, shape: named }
}

function tryPositional<Native>(sql: string, library: Preparing<Native>): Native | undefined {
  try {
    const native = library.prepareNative(sql)
    if (!library.columnsOf(native).some((name) => name.includes('?'))) return native
    library.discard?.(native)
    return undefined
  } catch {
    // The named text fails in the same way, with a message in the words of its author.
    return undefined
  }
}
