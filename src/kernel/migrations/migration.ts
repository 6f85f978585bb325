/** What a migration is, and the checksum that tells whether its text was edited afterwards. */
import { createHash } from 'node:crypto'
import { KERNEL_CHECKSUMS } from './kernel-schema.ts'

/** One forward step of a module's tables. */
export interface Migration {
  /** Unique within the module; migrations run in the order of the list, `0001-initial` first. */
  readonly id: string
  /** DDL, and statements that move data; no clock, no randomness (ARCHITECTURE rule 9). */
  readonly sql: string
  /**
   * True for what an older release can live with: an index, a nullable or generated column. Such a
   * step may be applied in any order, and an unknown one in the ledger is no error.
   */
  readonly isAdditive?: boolean
}

/**
 * SHA-256 of the text with line ends and byte order mark evened out, for git may check out the
 * same migration with CRLF (launchbadge/sqlx#2659).
 */
export function migrationChecksum(sql: string): string {
  const known = KERNEL_CHECKSUMS.get(sql)
  if (known !== undefined) return known
  const text = sql.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n')
  return createHash('sha256').update(text).digest('hex')
}

// SQL that gives another answer at each replay, so that tables could not be proven. A date function
// without a time value, or with nothing but a modifier of precision, means the time now.
const NOT_REPLAYABLE =
  /\bCURRENT_(?:TIMESTAMP|DATE|TIME)\b|\brandom(?:blob)?\s*\(|\b(?:datetime|date|time|julianday|unixepoch|strftime|timediff)\s*\([^)]*'now'|\b(?:datetime|date|time|julianday|unixepoch)\s*\(\s*(?:'subsec(?:ond)?'\s*)?\)|\bstrftime\s*\(\s*'[^']*'\s*\)/i

/** The part of `sql` that depends on the clock or on chance, or `undefined`. */
export function findNotReplayable(sql: string): string | undefined {
  return NOT_REPLAYABLE.exec(sql)?.[0]
}
