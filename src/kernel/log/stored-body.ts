/**
 * Where the body of an event is: in its row, in a payload of its own, or in a pack, which is a payload of
 * many bodies (docs/design/format.md). Whoever wants a body, or its size, asks here.
 */
import type { Connection } from '../connection/connection.ts'
import { readPack, readPayload } from '../payloads/payloads.ts'

/** What of an event's row says where its body is. */
export interface BodyPlace {
  readonly payloadId: number | null
  /** The body, nothing, or its place in a pack. */
  readonly data: string
}

/** SQL for the length of a packed body, from its place. */
const LENGTH = `CAST(substr(data, instr(data, '+') + 1) AS INTEGER)`

/** SQL that tells a row whose body is in a pack. */
export const IS_PACKED: string = `payload_id IS NOT NULL AND data <> ''`

/** SQL for the bytes of a row's body, as the JSON text that was appended. */
export const BODY_BYTES: string = `CASE WHEN payload_id IS NULL THEN octet_length(data)
  WHEN data <> '' THEN ${LENGTH}
  ELSE ifnull((SELECT size_bytes FROM payloads WHERE id = payload_id), 0) END`

/** SQL for the bytes that a row's body takes in the file; of a pack, its share. */
export const STORED_BYTES: string = `octet_length(data) + CASE WHEN payload_id IS NULL THEN 0
  WHEN data <> '' THEN
    ifnull((SELECT ${LENGTH} * octet_length(body) / size_bytes FROM payloads WHERE id = payload_id), 0)
  ELSE ifnull((SELECT octet_length(body) FROM payloads WHERE id = payload_id), 0) END`

/** The `data` of a row whose body is in a pack, `offset` and `length` in bytes. */
export function placeInPack(offset: number, length: number): string {
  return `${offset}+${length}`
}

/** The bytes of a pack that a place names; throws where it names none. */
export function bodyInPack(pack: Buffer, place: string): Buffer {
  const [, offset, length] = /^(\d{1,9})\+(\d{1,9})$/.exec(place) ?? []
  const start = Number(offset)
  const end = start + Number(length)
  if (end <= pack.length) return pack.subarray(start, end)
  throw new Error(`its place '${place}' is not in a pack of ${pack.length} bytes`)
}

/** The body of a row as the JSON text that was appended; throws where it is not there. */
export function textOf(connection: Connection, { payloadId, data }: BodyPlace): string {
  if (payloadId === null) return data
  const bytes = data === '' ? readPayload(connection, payloadId) : readPack(connection, payloadId)
  return (data === '' ? bytes : bodyInPack(bytes, data)).toString()
}

const STORED_TEXT = /* sql */ `SELECT payload_id AS payloadId, data FROM events WHERE sequence = ?`

/** The JSON text of one event, or `undefined` when it is not there. */
export function readStoredText(connection: Connection, sequence: number): string | undefined {
  const row = connection.get<BodyPlace>(STORED_TEXT, [sequence])
  return row && textOf(connection, row)
}
