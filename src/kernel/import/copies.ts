/**
 * The multiset union of copies: the same record in two sources of one target is one event, twice
 * in one source is two. The nth occurrence in a source is stored unless another source of the
 * target has n of them already.
 *
 * On disk: `import_records` has one row a transaction, with the hashes of its records one behind
 * the other; a row a record would cost more than storing the event. A log has all of its records
 * there, so that it can go on where it ended; a file that is read anew as a whole has those that
 * were stored. While a log is its target's only source, nothing needs to be looked up or in memory.
 */
import type { Connection } from '../connection/connection.ts'
import { HASH_BYTES, HashCounts } from './hash-counts.ts'
import { hashInto } from './record-hash.ts'

/** Which events and lines a chunk of hashes is from: where an event came from can be looked up. */
export interface ChunkRange {
  readonly firstSequence: number | null
  readonly lastSequence: number | null
  readonly firstLine: number | null
  readonly lastLine: number | null
}

const HAS_OTHERS = /* sql */ `
  SELECT EXISTS (
    SELECT 1 FROM imports JOIN import_records ON import_records.import_id = imports.id
    WHERE imports.target = :target AND imports.id <> :importId) AS found`
const CHUNKS = /* sql */ `
  SELECT import_records.id, import_id AS importId, hashes
  FROM import_records JOIN imports ON imports.id = import_records.import_id
  WHERE imports.target = :target AND import_records.id > :after
  ORDER BY import_records.id LIMIT 100`
const ADD_CHUNK = /* sql */ `
  INSERT INTO import_records (import_id, first_sequence, last_sequence, first_line, last_line, hashes)
  VALUES (:importId, :firstSequence, :lastSequence, :firstLine, :lastLine, :hashes)`
const OWN_CHUNKS = /* sql */ `SELECT hashes FROM import_records WHERE import_id = ? ORDER BY id`

interface ChunkRow {
  readonly id: number
  readonly importId: number
  readonly hashes: Uint8Array
}

/** Tells new records of one source from known ones. */
export class Copies {
  readonly #connection: Connection
  readonly #importId: number
  readonly #target: string
  readonly #isLog: boolean
  readonly #own = new HashCounts()
  readonly #others = new Map<number, HashCounts>()
  #isAlone: boolean
  #loadedThrough = 0
  #written = new Set<number>()
  /** Hashes met since `begin`, those to be saved in front. */
  #met = Buffer.allocUnsafe(HASH_BYTES * 256)
  #metBytes = 0
  #toSave: Buffer[] = []

  constructor(
    connection: Connection,
    source: { readonly importId: number; readonly target: string; readonly isLog: boolean },
  ) {
    this.#connection = connection
    this.#importId = source.importId
    this.#target = source.target
    this.#isLog = source.isLog
    this.#isAlone = source.isLog
  }

  /** Learns what others have stored meanwhile. First thing in each transaction. */
  begin(): void {
    this.#metBytes = 0
    this.#toSave = []
    if (this.#isAlone) this.#isAlone = !this.#hasOthers()
    if (!this.#isAlone) this.#load()
  }

  /** Counts an occurrence; true when it is new. */
  isNew(identity: string): boolean {
    const offset = this.#metBytes
    if (offset === this.#met.length) this.#met = Buffer.concat([this.#met, this.#met])
    hashInto(this.#met, offset, identity)
    this.#metBytes += HASH_BYTES
    if (this.#isAlone) return true
    const count = this.#own.add(this.#met, offset)
    let known = 0
    for (const other of this.#others.values()) {
      known = Math.max(known, other.get(this.#met, offset))
    }
    const isNew = count > known
    if (isNew && !this.#isLog) {
      this.#toSave.push(Buffer.from(this.#met.subarray(offset, offset + HASH_BYTES)))
    }
    return isNew
  }

  /** Takes back what was counted since `begin`: the transaction's work is done again. */
  undo(): void {
    if (!this.#isAlone) {
      for (let at = 0; at < this.#metBytes; at += HASH_BYTES) this.#own.add(this.#met, at, -1)
    }
    this.#metBytes = 0
    this.#toSave = []
  }

  /** Writes the chunk of this transaction. */
  save(range: ChunkRange): void {
    const hashes = this.#isLog ? this.#met.subarray(0, this.#metBytes) : Buffer.concat(this.#toSave)
    if (hashes.length === 0) return
    const { lastInsertRowid } = this.#connection.run(ADD_CHUNK, {
      importId: this.#importId,
      ...range,
      hashes,
    })
    if (!this.#isAlone && this.#isLog) this.#written.add(lastInsertRowid)
  }

  #hasOthers(): boolean {
    const row = this.#connection.get<{ found: number }>(HAS_OTHERS, {
      target: this.#target,
      importId: this.#importId,
    })
    return row?.found === 1
  }

  // A file read as a whole counts its occurrences anew, so its own chunks are those of another.
  #load(): void {
    for (;;) {
      const chunks = this.#connection.all<ChunkRow>(CHUNKS, {
        target: this.#target,
        after: this.#loadedThrough,
      })
      for (const { id, importId, hashes } of chunks) {
        this.#loadedThrough = id
        if (this.#written.delete(id)) continue
        this.#countsOf(importId).addAll(asBuffer(hashes))
      }
      if (chunks.length === 0) return
    }
  }

  #countsOf(importId: number): HashCounts {
    if (this.#isLog && importId === this.#importId) return this.#own
    const known = this.#others.get(importId)
    if (known) return known
    const counts = new HashCounts()
    this.#others.set(importId, counts)
    return counts
  }
}

/** The hashes of every record of a log, in order: what a second reading must give again. */
export function savedHashes(connection: Connection, importId: number): Buffer {
  const chunks = connection.all<{ hashes: Uint8Array }>(OWN_CHUNKS, [importId])
  return Buffer.concat(chunks.map((chunk) => asBuffer(chunk.hashes)))
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
