/**
 * The hashes of a chunk of `import_records`. While a log is its target's only source, nobody asks
 * for them, and taking them would cost a tenth of the import: the chunk then has none, and says by
 * its range where they can be made from, since each of its records is one event there, stored as it
 * was met.
 *
 * Such events have no module that could prune them, so that what the range says stays true.
 */
import type { Connection } from '../connection/connection.ts'
import { type BodyPlace, textOf } from '../log/stored-body.ts'
import { runInSlices } from '../projections/slices.ts'
import { HASH_BYTES } from './hash-counts.ts'
import { hashInto } from './record-hash.ts'

/** A chunk as it is stored. */
export interface StoredChunk {
  readonly firstSequence: number | null
  readonly lastSequence: number | null
  /** Empty: to be made from the events of the range. */
  readonly hashes: Uint8Array
}

const TEXTS = /* sql */ `
  SELECT payload_id AS payloadId, data,
    CASE WHEN data = '' THEN (SELECT hash FROM payloads WHERE id = payload_id) END AS hash
  FROM events WHERE sequence BETWEEN ? AND ? ORDER BY sequence`
const HAS_OTHERS = /* sql */ `
  SELECT EXISTS (
    SELECT 1 FROM imports JOIN import_records ON import_records.import_id = imports.id
    WHERE imports.target = ? AND NOT (imports.path = ? AND imports.is_current)) AS found`
const NEXT_WITHOUT = /* sql */ `
  SELECT import_records.id, first_sequence AS firstSequence, last_sequence AS lastSequence, hashes
  FROM import_records JOIN imports ON imports.id = import_records.import_id
  WHERE imports.target = ? AND import_records.id > ? AND length(hashes) = 0
  ORDER BY import_records.id LIMIT 1`
const SAVE = /* sql */ `UPDATE import_records SET hashes = ? WHERE id = ?`

/** The hashes of a chunk's records, one behind the other. */
export function hashesOf(connection: Connection, chunk: StoredChunk): Buffer {
  const { firstSequence, lastSequence, hashes } = chunk
  if (hashes.length > 0 || firstSequence === null || lastSequence === null) {
    return Buffer.from(hashes.buffer, hashes.byteOffset, hashes.byteLength)
  }
  // In one view, for prune moves bodies.
  return connection.read(() => hashesInLog(connection, firstSequence, lastSequence))
}

function hashesInLog(connection: Connection, first: number, last: number): Buffer {
  const rows = connection.all<BodyPlace & { hash: Uint8Array | null }>(TEXTS, [first, last])
  const made = Buffer.allocUnsafe(rows.length * HASH_BYTES)
  for (const [place, row] of rows.entries()) {
    // A payload of its own is kept by the hash of the same text.
    hashInto(made, place * HASH_BYTES, row.hash ?? textOf(connection, row))
  }
  return made
}

/**
 * Saves the hashes that the chunks of a target lack, once the file at `path` is not its only source.
 * In transactions of its own: with millions of records it takes seconds.
 */
export function saveHashes(connection: Connection, target: string, path: string): void {
  if (connection.get<{ found: number }>(HAS_OTHERS, [target, path])?.found !== 1) return
  let done = 0
  runInSlices(connection, (isTimeUp) => {
    do {
      const chunk = connection.get<StoredChunk & { id: number }>(NEXT_WITHOUT, [target, done])
      if (!chunk) return true
      connection.run(SAVE, [hashesOf(connection, chunk), chunk.id])
      done = chunk.id
    } while (!isTimeUp())
    return false
  })
}
