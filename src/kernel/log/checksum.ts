/**
 * The checksum of an event row: CRC-32 of its logical strings. It catches every flip of up to
 * three bits and all but one in 2^32 of other damage, in a third of a microsecond; SQLite has no
 * checksums of its own (of 200 flipped bits its integrity_check saw 8).
 */
import { crc32 } from 'node:zlib'

/** What the checksum covers. */
export interface ChecksummedEvent {
  readonly sequence: number
  readonly stream: string
  readonly version: number
  readonly type: string
  readonly schemaVersion: number
  readonly recordedAtMs: number
  readonly occurredAtMs: number | null
  readonly origin: string | null
  readonly originSequence: number | null
  readonly metadata: string | null
  readonly data: string
}

/** The checksum of a row, as an unsigned 32-bit integer. */
export function eventChecksum(row: ChecksummedEvent): number {
  return crc32(
    `${row.sequence}\0${row.stream}\0${row.version}\0${row.type}\0${row.schemaVersion}\0${row.recordedAtMs}\0${row.occurredAtMs ?? ''}\0${row.origin ?? ''}\0${row.originSequence ?? ''}\0${row.metadata ?? ''}\0${row.data}`,
  )
}

/** The sum that explains dropped events: modulo 2^32, so that it never leaves the integers. */
export function addChecksums(sum: number, checksum: number): number {
  return (sum + checksum) % 0x1_0000_0000
}
