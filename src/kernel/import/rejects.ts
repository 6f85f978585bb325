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
  SELECT :importId, :line, :endLine, :byteOffset, :reason, :raw, :nowMs
  WHERE NOT EXISTS (
    SELECT 1 FROM rejects WHERE import_id = :importId AND line IS :line AND reason = :reason
      AND byte_offset IS :byteOffset AND raw = :raw)`
const DROP_UNFINISHED = /* sql */ `
  DELETE FROM rejects WHERE import_id = ? AND reason = ?`

/** Keeps a reject, once: a file that is read again has it again. */
export function saveReject(
  connection: Connection,
  importId: number,
  reject: Reject,
  nowMs: number,
): boolean {
  const { line, endLine, offset, reason, raw, rawBase64 } = reject
  const bytes = rawBase64 === undefined ? Buffer.from(raw) : Buffer.from(rawBase64, 'base64')
  const { changes } = connection.run(ADD, {
    importId,
    line: line ?? null,
    endLine: endLine ?? line ?? null,
    byteOffset: offset ?? null,
    reason,
    raw: bytes,
    nowMs,
  })
  return changes > 0
}

/** Drops the unfinished end, which is about to be read again; returns how many there were. */
export function dropUnfinished(connection: Connection, importId: number): number {
  return connection.run(DROP_UNFINISHED, [importId, UNFINISHED]).changes
}
