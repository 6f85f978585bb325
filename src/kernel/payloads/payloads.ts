/**
 * Payloads: large bodies, kept once by the SHA-256 of their bytes.
 *
 * Invariant: a body is stored in the transaction of the row that refers to it, and a row refers to
 * it by id. The hash is of the plain bytes, so that the encoding may change.
 */
import { createHash } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Connection } from '../connection/connection.ts'
import { StoreError } from '../errors.ts'

/** Level 1: the bodies are text, and higher levels gain a few percent for three times the time. */
export const DEFLATE_LEVEL = 1
// Compressed only when an eighth is saved: reading must pay for it each time.
const WORTH_IT = 7 / 8
const MAX_BODY_BYTES = 512 * 1024 * 1024

const FIND = /* sql */ `SELECT id FROM payloads WHERE hash = ?`
const INSERT = /* sql */ `INSERT INTO payloads (hash, size_bytes, encoding, body) VALUES (?, ?, ?, ?)`
const READ = /* sql */ `SELECT hash, size_bytes AS sizeBytes, encoding, body FROM payloads WHERE id = ?`
const DELETE_UNREFERENCED = /* sql */ `
  DELETE FROM payloads WHERE id IN (SELECT value FROM json_each(?))
    AND NOT EXISTS (SELECT 1 FROM events WHERE payload_id = payloads.id)
    AND NOT EXISTS (SELECT 1 FROM modules WHERE base_id = payloads.id)`

const HASH = /* sql */ `SELECT hash FROM payloads WHERE id = ?`

interface PayloadRow {
  readonly hash: Uint8Array
  readonly sizeBytes: number
  readonly encoding: string
  readonly body: Uint8Array
}

/** A body ready to be stored: packing takes longer than storing, and needs no transaction. */
export interface PackedPayload {
  readonly hash: Uint8Array
  readonly sizeBytes: number
  readonly encoding: 'deflate' | 'plain'
  readonly body: Uint8Array
}

/** Packs a body. */
export function packPayload(body: Uint8Array): PackedPayload {
  return pack(createHash('sha256').update(body).digest(), body)
}

/** Keeps a packed body, once; returns its id. Inside a write transaction. */
export function putPacked(connection: Connection, payload: PackedPayload): number {
  const { hash, sizeBytes, encoding, body } = payload
  const known = connection.get<{ id: number }>(FIND, [hash])
  return known?.id ?? connection.run(INSERT, [hash, sizeBytes, encoding, body]).lastInsertRowid
}

/** Keeps `body`, once; returns its id. Inside a write transaction. */
export function putPayload(connection: Connection, body: Uint8Array): number {
  const hash = createHash('sha256').update(body).digest()
  const known = connection.get<{ id: number }>(FIND, [hash])
  return known?.id ?? putPacked(connection, pack(hash, body))
}

function pack(hash: Uint8Array, body: Uint8Array): PackedPayload {
  const packed = deflateRawSync(body, { level: DEFLATE_LEVEL })
  const isWorthIt = packed.length < body.length * WORTH_IT
  return {
    hash,
    sizeBytes: body.length,
    encoding: isWorthIt ? 'deflate' : 'plain',
    body: isWorthIt ? packed : body,
  }
}

/** The bytes of a payload; throws `STORE_CORRUPT` when they are not what was put. */
export function readPayload(connection: Connection, id: number): Buffer {
  return readChecked(connection, id).body
}

/** As {@link readPayload}, and remembers the last: who reads on, reads many bodies of a pack. */
export function readPack(connection: Connection, id: number): Buffer {
  const last = lastRead.get(connection)
  if (last?.id === id) {
    // Once all that was in a payload is gone, another may get its number.
    const now = connection.get<Pick<PayloadRow, 'hash'>>(HASH, [id])
    if (now && last.hash.equals(now.hash)) return last.body
  }
  const read = readChecked(connection, id)
  lastRead.set(connection, read)
  return read.body
}

interface ReadPayload {
  readonly id: number
  readonly hash: Buffer
  readonly body: Buffer
}

const lastRead = new WeakMap<Connection, ReadPayload>()

function readChecked(connection: Connection, id: number): ReadPayload {
  const row = connection.get<PayloadRow>(READ, [id])
  if (!row) throw damaged(id, 'is missing')
  let body: Uint8Array
  try {
    body =
      row.encoding === 'deflate'
        ? inflateRawSync(row.body, { maxOutputLength: MAX_BODY_BYTES })
        : row.body
  } catch (cause) {
    throw damaged(id, 'cannot be unpacked', cause)
  }
  const hash = createHash('sha256').update(body).digest()
  if (body.length !== row.sizeBytes || !hash.equals(row.hash)) {
    throw damaged(id, 'does not have the hash it is kept by')
  }
  return { id, hash, body: Buffer.from(body.buffer, body.byteOffset, body.byteLength) }
}

/** Drops those of `ids` that nothing refers to any more; returns how many. */
export function dropUnreferencedPayloads(connection: Connection, ids: readonly number[]): number {
  return connection.run(DELETE_UNREFERENCED, [JSON.stringify(ids)]).changes
}

function damaged(id: number, problem: string, cause?: unknown): StoreError {
  return new StoreError('STORE_CORRUPT', `payload ${id} ${problem}`, {
    hint: 'see what is damaged: holdfast verify',
    cause,
  })
}
