/**
 * What is known of a log that took the place of another. A record without a time is not known by what
 * it says, since logs say the same again; but whoever writes a log anew, or drops its beginning, keeps
 * its end, so that the records at the edge of the two are the same ones.
 *
 * Nothing is known of what follows a log that was rotated, that is, still there under another name,
 * itself or as a copy.
 */
import type { Connection } from '../connection/connection.ts'
import { hashesOf, type StoredChunk } from './chunk-hashes.ts'
import { edgeOverlap } from './edge-overlap.ts'
import { HASH_BYTES } from './hash-counts.ts'
import { findPredecessor, type LedgerRow } from './ledger.ts'
import { TIME_FIELDS } from './occurred-at.ts'
import { identityOf, recordHash } from './record-hash.ts'
import { isCopiedAway, isRotated } from './rotated.ts'
import type { BegunStart, SourceJob } from './source-reading.ts'

const LAST_CHUNK = /* sql */ `
  SELECT id, first_sequence AS firstSequence, last_sequence AS lastSequence, hashes
  FROM import_records WHERE import_id = ? AND id < ? ORDER BY id DESC LIMIT 1`

/**
 * How many records at the beginning of a log are those that the one before it at its path ended with.
 * Once a log was read to its end, all that it gains is new. Reads the file: outside a transaction.
 */
export function knownAtEdge(connection: Connection, job: SourceJob, start: BegunStart): number {
  const own = start.kind === 'read' ? start.row : undefined
  if (own?.isComplete === 1) return 0
  const { path } = job.source
  const before = findPredecessor(connection, path, job.target, own?.id ?? Number.MAX_SAFE_INTEGER)
  if (!before?.contentHash || isCopy(before, own?.firstHash ?? job.firstHash)) return 0
  // One that was retired has another name too, but whoever writes it did not give it that.
  if (before.retiredTo === null && isRotated(before, path, job.file)) return 0
  if (isCopiedAway(before, path)) return 0
  return edgeOverlap(endingsOf(connection, before.id), beginningsOf(job))
}

// All of a copy's records are compared.
function isCopy({ firstHash }: LedgerRow, own: Uint8Array | null): boolean {
  return firstHash !== null && own !== null && Buffer.compare(firstHash, own) === 0
}

function* endingsOf(connection: Connection, importId: number): Generator<Uint8Array, undefined> {
  let before = Number.MAX_SAFE_INTEGER
  for (;;) {
    const chunk = connection.get<StoredChunk & { id: number }>(LAST_CHUNK, [importId, before])
    if (!chunk) return
    before = chunk.id
    const hashes = hashesOf(connection, chunk)
    for (let end = hashes.length; end > 0; end -= HASH_BYTES) {
      yield hashes.subarray(end - HASH_BYTES, end)
    }
  }
}

function* beginningsOf({ importer, source }: SourceJob): Generator<Uint8Array> {
  const context = { offset: 0, line: 1, growing: true, longLines: TIME_FIELDS }
  for (const item of importer.read(source, context)) {
    if (item.kind === 'event') yield recordHash(identityOf(item))
  }
}
