/** What a migration is, and the checksum that tells whether its text was edited afterwards. */
import { createHash } from 'node:crypto'
import { mix } from '../mix.ts'

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

const MARK = 'mix:'
const WORD = 4
const SEEDS = [0x9e3779b9, 0x7f4a7c15] as const

/**
 * The checksum of a migration's text, 64 bits behind a mark. Line ends and byte order mark are evened out,
 * for git may check out the same migration with CRLF (launchbadge/sqlx#2659). It is to notice an edit, not
 * an attack, and is computed at every open: to load `node:crypto` for it took a tenth of a program's start.
 */
export function migrationChecksum(sql: string): string {
  const text = evened(sql)
  const bytes = Buffer.alloc(Math.ceil(Buffer.byteLength(text) / WORD) * WORD)
  bytes.write(text)
  // Its methods are V8's own: those of a Buffer are first read, and then interpreted.
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let [high, low]: readonly [number, number] = SEEDS
  for (let at = 0; at < bytes.length; at += WORD) {
    const word = words.getInt32(at, true)
    high = mix(high, word)
    low = mix(low, word)
  }
  return MARK + hex(high, text.length) + hex(low, text.length)
}

/** True when `checksum` was recorded for this text; a store of the first format has SHA-256. */
export function isChecksumOf(checksum: string, sql: string): boolean {
  if (checksum.startsWith(MARK)) return checksum === migrationChecksum(sql)
  return checksum === createHash('sha256').update(evened(sql)).digest('hex')
}

function evened(sql: string): string {
  return sql.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n')
}

// Mixed twice more, so that the last word reaches every bit.
function hex(sum: number, length: number): string {
  return (mix(mix(sum, length), sum) >>> 0).toString(16).padStart(8, '0')
}

// SQL that gives another answer at each replay, so that tables could not be proven. A date function
// without a time value, or with nothing but a modifier of precision, means the time now.
const NOT_REPLAYABLE =
  /\bCURRENT_(?:TIMESTAMP|DATE|TIME)\b|\brandom(?:blob)?\s*\(|\b(?:datetime|date|time|julianday|unixepoch|strftime|timediff)\s*\([^)]*'now'|\b(?:datetime|date|time|julianday|unixepoch)\s*\(\s*(?:'subsec(?:ond)?'\s*)?\)|\bstrftime\s*\(\s*'[^']*'\s*\)/i

/** The part of `sql` that depends on the clock or on chance, or `undefined`. */
export function findNotReplayable(sql: string): string | undefined {
  return NOT_REPLAYABLE.exec(sql)?.[0]
}
