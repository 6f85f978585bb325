/** The table `rejects`: what could not be understood, as it was. */
import type { Connection } from '../connection/connection.ts'
import type { ImportPlace } from '../log/importer.ts'

/** Something to keep. */
export interface Reject extends ImportPlace {
  readonly reason: string
  readonly raw: string
  readonly rawBase64?: string | undefined
}

/** Why an unfinished end is among the rejects: until the file has grown. */
export const UNFINISHED = 'unfinished'

const ADD = /* sql */ `
  INSERT INTO rejects (import_id, line, end_line, byte_offset, reason, raw, at_ms)
  VALUES (:importId, :line, :endLine, :byteOffset, :reason, :raw, :nowMs)`
const ADD_ONCE = /* sql */ `
  INSERT INTO rejects (import_id, line, end_line, byte_offset, reason, raw, at_ms)
  SELECT :importId, :line, :endLine, :byteOffset, :reason, :raw, :nowMs
  WHERE NOT EXISTS (
    SELECT 1 FROM rejects WHERE import_id = :importId AND line IS :line AND reason = :reason
      AND byte_offset IS :byteOffset AND raw = :raw)`
const DROP_UNFINISHED = /* sql */ `
  DELETE FROM rejects WHERE import_id = ? AND reason = ?`

/** What is kept, of which source, and when. */
export interface KeptReject {
  readonly importId: number
  readonly reject: Reject
  readonly nowMs: number
  /**
   * True when the reject may be there already: a file that is read again has it again. Looking
   * goes through all that the source has, so it is not done where the ledger's offset tells.
   */
  readonly mayBeKnown: boolean
}

/** Keeps a reject, once. */
export function saveReject(connection: Connection, kept: KeptReject): void {
  const { importId, reject, nowMs, mayBeKnown } = kept
  const { line, endLine, offset, reason, raw, rawBase64 } = reject
  const bytes = rawBase64 === undefined ? Buffer.from(raw) : Buffer.from(rawBase64, 'base64')
  connection.run(mayBeKnown ? ADD_ONCE : ADD, {
    importId,
    line: line ?? null,
    endLine: endLine ?? line ?? null,
    byteOffset: offset ?? null,
    reason,
    raw: bytes,
    nowMs,
  })
}

/** Drops the unfinished end, which is about to be read again; returns how many there were. */
export function dropUnfinished(connection: Connection, importId: number): number {
  return connection.run(DROP_UNFINISHED, [importId, UNFINISHED]).changes
}
