/** The table `rejects`: what could not be understood, as it was. */
import { createHash } from 'node:crypto'
import type { Connection } from '../connection/connection.ts'
import type { ImportItem, ImportPlace } from '../log/importer.ts'

/** Something to keep. */
export interface Reject extends ImportPlace {
  readonly reason: string
  readonly raw: string
  readonly rawBase64?: string | undefined
  readonly rawBytes?: Uint8Array | undefined
}

/**
 * Bytes of one row: a longer reject takes several, each at its own place in the file. SQLite holds a
 * value twice while it writes it.
 */
export const MAX_ROW_BYTES: number = 1 << 24

/** Why an unfinished end is among the rejects: until the file has grown. */
export const UNFINISHED = 'unfinished'

/** Why the beginning of a document that breaks off is there: a whole one is stored. */
export const PARTIAL = 'only its beginning can be read, and a whole one is stored'

/** What the reason begins with where two sources have the same entity; the other's path follows. */
export const OTHER_SOURCE = 'another source has it: '

const ADD = /* sql */ `
  INSERT INTO rejects (import_id, line, end_line, byte_offset, reason, raw, at_ms)
  VALUES (:importId, :line, :endLine, :byteOffset, :reason, :raw, :nowMs)`
// An unfinished end is the last thing that was met, give or take what a racing process has met.
const LAST = /* sql */ `SELECT id FROM rejects WHERE import_id = :importId ORDER BY id DESC LIMIT 100`
const DROP_UNFINISHED = /* sql */ `DELETE FROM rejects WHERE reason = :reason AND id IN (${LAST})`
const DROP_TORN = /* sql */ `DELETE FROM rejects WHERE import_id = ? AND reason IN ('torn', ?)`
const SINCE = /* sql */ `
  SELECT id, line, byte_offset AS byteOffset, reason, raw FROM rejects
  WHERE import_id = ? AND id > ? ORDER BY id`

interface RejectRow {
  readonly line: number | null
  readonly byteOffset: number | null
  readonly reason: string
  readonly raw: Uint8Array
}

/** The rejects of one source, each kept once however often the source is read. */
export class Rejects {
  readonly #connection: Connection
  readonly #importId: number
  readonly #isLog: boolean
  /** Of a file that is read anew as a whole: what it has there already, by hash. */
  readonly #known = new Set<string>()
  #loadedThrough = 0

  /**
   * @param isLog true where the ledger's offset passes over what was kept, so that nothing but an
   * unfinished end is met again.
   */
  constructor(connection: Connection, importId: number, isLog: boolean) {
    this.#connection = connection
    this.#importId = importId
    this.#isLog = isLog
  }

  /** Learns what others have kept meanwhile. First thing in each transaction. */
  begin(): void {
    if (this.#isLog) return
    const since = [this.#importId, this.#loadedThrough]
    for (const row of this.#connection.all<RejectRow & { id: number }>(SINCE, since)) {
      this.#loadedThrough = row.id
      this.#known.add(keyOf(row))
    }
  }

  /** Keeps one; inside a write transaction. */
  keep(reject: Reject, nowMs: number): void {
    const { line = null, endLine, offset, reason } = reject
    const bytes = bytesOf(reject)
    if (reason === UNFINISHED) dropUnfinished(this.#connection, this.#importId)
    for (let from = 0; from === 0 || from < bytes.length; from += MAX_ROW_BYTES) {
      const raw = bytes.subarray(from, from + MAX_ROW_BYTES)
      const byteOffset = offset === undefined ? null : offset + from
      this.#add({ line, byteOffset, reason, raw }, endLine ?? line, nowMs)
    }
  }

  #add(row: RejectRow, endLine: number | null, nowMs: number): void {
    if (!this.#isLog && this.#known.has(keyOf(row))) return
    const importId = this.#importId
    const { lastInsertRowid } = this.#connection.run(ADD, { importId, endLine, nowMs, ...row })
    if (this.#isLog) return
    this.#known.add(keyOf(row))
    this.#loadedThrough = lastInsertRowid
  }

  /** Forgets what was kept since `begin`: the transaction's work is done again. */
  undo(): void {
    this.#known.clear()
    this.#loadedThrough = 0
    this.begin()
  }
}

function bytesOf({ raw, rawBase64, rawBytes }: Reject): Uint8Array {
  return rawBytes ?? (rawBase64 === undefined ? Buffer.from(raw) : Buffer.from(rawBase64, 'base64'))
}

// Without the line: what stands further up moves it, and changes nothing of what is said.
function keyOf({ byteOffset, reason, raw }: RejectRow): string {
  const place = `${byteOffset}:${reason}\0`
  return createHash('sha256').update(place).update(raw).digest('base64')
}

/** Drops the unfinished end, which is read again; returns 1 if there was one, in however many rows. */
export function dropUnfinished(connection: Connection, importId: number): number {
  const { changes } = connection.run(DROP_UNFINISHED, { importId, reason: UNFINISHED })
  return Math.min(changes, 1)
}

/** True of what is kept because a file that is read as a whole was cut off, or in the middle of being written. */
export function isTorn(item: ImportItem): boolean {
  return item.kind === 'reject' ? item.reason === 'torn' : item.kind === 'event' && !!item.isPartial
}

/** Drops what was torn of a file that has been read whole since; returns how many there were. */
export function dropTorn(connection: Connection, importId: number): number {
  return connection.run(DROP_TORN, [importId, PARTIAL]).changes
}
