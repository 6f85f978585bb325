/**
 * The multiset union of copies: the same record in two copies of a log is one event, twice in one is
 * two. The nth occurrence in a source is stored unless another source of the target has n of them
 * already. Of sources that are no copies this holds of records that say when they happened; without
 * a time they are the same only at the edge of a log that took another's place (replaced-log.ts).
 *
 * On disk: `import_records` has one row a transaction, with the hashes of its records one behind
 * the other; a row a record would cost more than storing the event. A log has all of its records
 * there, so that it can go on where it ended; a file that is read anew as a whole has those that
 * were stored. While a log is its target's only source, nothing needs to be looked up or in memory,
 * and where the events of the chunk say it all, the hashes are left out (chunk-hashes.ts).
 */
import type { Connection } from '../connection/connection.ts'
import { hashesOf, type StoredChunk } from './chunk-hashes.ts'
import { HASH_BYTES, HashCounts } from './hash-counts.ts'
import { hashInto, type Identity } from './record-hash.ts'

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
  SELECT import_records.id, import_id AS importId, first_sequence AS firstSequence,
         last_sequence AS lastSequence, hashes, ifnull(first_hash = :firstHash, 0) AS isCopy
  FROM import_records JOIN imports ON imports.id = import_records.import_id
  WHERE imports.target = :target AND import_records.id > :after
  ORDER BY import_records.id LIMIT 100`
const ADD_CHUNK = /* sql */ `
  INSERT INTO import_records (import_id, first_sequence, last_sequence, first_line, last_line, hashes)
  VALUES (:importId, :firstSequence, :lastSequence, :firstLine, :lastLine, :hashes)`
const OWN_CHUNKS = /* sql */ `
  SELECT first_sequence AS firstSequence, last_sequence AS lastSequence, hashes
  FROM import_records WHERE import_id = ? ORDER BY id`
const NONE = Buffer.alloc(0)

interface ChunkRow extends StoredChunk {
  readonly id: number
  readonly importId: number
  readonly isCopy: number
}

/** A source that has records to be told apart. */
export interface CopiesSource {
  readonly importId: number
  readonly target: string
  readonly isLog: boolean
  /** Of its first record, if that has a time: sources of which it is the same are copies. */
  readonly firstHash: Uint8Array | null
  /** So many records at its beginning are known (replaced-log.ts). */
  readonly knownAtEdge: number
}

interface Other {
  readonly counts: HashCounts
  readonly isCopy: boolean
}

/** Tells new records of one source from known ones. */
export class Copies {
  readonly #connection: Connection
  readonly #source: CopiesSource
  readonly #isLog: boolean
  readonly #own = new HashCounts()
  readonly #others = new Map<number, Other>()
  /** Records of its own that are in chunks. */
  #saved = 0
  #isAlone: boolean
  #loadedThrough = 0
  #written = new Set<number>()
  /** Identities met since `begin` while alone; they become hashes only when these are needed. */
  #unhashed: Identity[] = []
  /** True while each of them is the text of the event that it became. */
  #areTexts = true
  /** Hashes met since `begin` beside others, and those of them to be saved. */
  #met = Buffer.allocUnsafe(HASH_BYTES * 256)
  #metBytes = 0
  #toSave: Buffer[] = []

  constructor(connection: Connection, source: CopiesSource) {
    this.#connection = connection
    this.#source = source
    this.#isLog = source.isLog
    this.#isAlone = source.isLog
  }

  /** Learns what others have stored meanwhile. First thing in each transaction. */
  begin(): void {
    this.#forget()
    if (this.#isAlone) this.#isAlone = !this.#hasOthers()
    if (!this.#isAlone) this.#load()
  }

  /**
   * Counts an occurrence; true when it is new. `isText` says that the identity is exactly what will
   * be stored, in a module that has nothing to prune it by; `isDated` that it says when it happened.
   */
  isNew(identity: Identity, isText: boolean, isDated: boolean): boolean {
    if (this.#isAlone) {
      this.#unhashed.push(identity)
      if (!isText) this.#areTexts = false
      return true
    }
    const offset = this.#metBytes
    this.#hash(identity)
    const count = this.#own.add(this.#met, offset)
    const isAtEdge = this.#saved + offset / HASH_BYTES < this.#source.knownAtEdge
    const isNew = !isAtEdge && count > this.#knownTimes(offset, isDated)
    if (isNew && !this.#isLog) {
      this.#toSave.push(Buffer.from(this.#met.subarray(offset, offset + HASH_BYTES)))
    }
    return isNew
  }

  #knownTimes(offset: number, isDated: boolean): number {
    let known = 0
    for (const { counts, isCopy } of this.#others.values()) {
      if (isCopy || isDated) known = Math.max(known, counts.get(this.#met, offset))
    }
    return known
  }

  /** Takes back what was counted since `begin`: the transaction's work is done again. */
  undo(): void {
    for (let at = 0; at < this.#metBytes; at += HASH_BYTES) this.#own.add(this.#met, at, -1)
    this.#forget()
  }

  /** Writes the chunk of this transaction. */
  save(range: ChunkRange): void {
    const isEmpty = this.#unhashed.length === 0 && this.#metBytes === 0
    if (isEmpty || (!this.#isLog && this.#toSave.length === 0)) return
    const { lastInsertRowid } = this.#connection.run(ADD_CHUNK, {
      importId: this.#source.importId,
      ...range,
      hashes: this.#hashesToSave(range),
    })
    if (this.#isAlone || !this.#isLog) return
    this.#written.add(lastInsertRowid)
    this.#saved += this.#metBytes / HASH_BYTES
  }

  #hashesToSave({ firstSequence, lastSequence }: ChunkRange): Buffer {
    if (!this.#isLog) return Buffer.concat(this.#toSave)
    if (this.#isAlone) {
      // As many events as records: all were stored, in this order and with nothing in between.
      const stored = (lastSequence ?? 0) - (firstSequence ?? 0) + 1
      if (this.#areTexts && firstSequence !== null && stored === this.#unhashed.length) return NONE
      for (const identity of this.#unhashed) this.#hash(identity)
    }
    return this.#met.subarray(0, this.#metBytes)
  }

  #hash(identity: Identity): void {
    if (this.#metBytes === this.#met.length) this.#met = Buffer.concat([this.#met, this.#met])
    hashInto(this.#met, this.#metBytes, identity)
    this.#metBytes += HASH_BYTES
  }

  #forget(): void {
    this.#unhashed = []
    this.#areTexts = true
    this.#metBytes = 0
    this.#toSave = []
  }

  #hasOthers(): boolean {
    const { target, importId } = this.#source
    const row = this.#connection.get<{ found: number }>(HAS_OTHERS, { target, importId })
    return row?.found === 1
  }

  // A file read as a whole counts its occurrences anew, so its own chunks are those of another.
  #load(): void {
    const { target, firstHash } = this.#source
    for (;;) {
      const after = this.#loadedThrough
      const chunks = this.#connection.all<ChunkRow>(CHUNKS, { target, firstHash, after })
      for (const chunk of chunks) {
        this.#loadedThrough = chunk.id
        if (this.#written.delete(chunk.id)) continue
        const hashes = hashesOf(this.#connection, chunk)
        const isOwn = this.#isLog && chunk.importId === this.#source.importId
        if (isOwn) this.#saved += hashes.length / HASH_BYTES
        const counts = isOwn ? this.#own : this.#countsOf(chunk)
        counts.addAll(hashes)
      }
      if (chunks.length === 0) return
    }
  }

  #countsOf({ importId, isCopy }: ChunkRow): HashCounts {
    const known = this.#others.get(importId)
    if (known) return known.counts
    const counts = new HashCounts()
    this.#others.set(importId, { counts, isCopy: !this.#isLog || isCopy === 1 })
    return counts
  }
}

/** The hashes of every record of a log, in order: what a second reading must give again. */
export function savedHashes(connection: Connection, importId: number): Buffer {
  const chunks = connection.all<StoredChunk>(OWN_CHUNKS, [importId])
  return Buffer.concat(chunks.map((chunk) => hashesOf(connection, chunk)))
}
