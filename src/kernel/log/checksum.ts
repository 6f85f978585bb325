/**
 * The checksum of an event row: CRC-32 of its body, started from a mix of all its other parts. It
 * catches every flip of up to three bits in the body and all but one in 2^32 of other damage; SQLite
 * has no checksums of its own (of 200 flipped bits its integrity_check saw 8).
 */
import { crc32 } from 'node:zlib'
import { mix } from '../mix.ts'
import { crc32From } from './crc32-combine.ts'

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

// Names repeat in event after event. Bounded, for streams can be millions.
const MAX_NAMES = 10_000

/** Makes checksums of event rows; keeps the sums of the names it has met. */
export class Checksums {
  readonly #names = new Map<string, number>()

  /**
   * The checksum of a row, as an unsigned 32-bit integer. The body is summed as it is; all else is
   * mixed into the value that the sum starts from, so that no text has to be put together.
   */
  of(row: ChecksummedEvent): number {
    return crc32(row.data, this.#seed(row))
  }

  /** The same of a row whose body has been summed already. */
  ofSummed(row: Omit<ChecksummedEvent, 'data'>, body: { crc: number; sizeBytes: number }): number {
    return crc32From(this.#seed(row), body.crc, body.sizeBytes)
  }

  #seed(row: Omit<ChecksummedEvent, 'data'>): number {
    let seed = mix(this.#name(row.stream), this.#name(row.type))
    seed = mixNumber(seed, row.sequence)
    seed = mix(seed, row.version)
    seed = mix(seed, row.schemaVersion)
    seed = mixNumber(seed, row.recordedAtMs)
    // Absent and zero must differ.
    seed = row.occurredAtMs === null ? mix(seed, 1) : mixNumber(mix(seed, 2), row.occurredAtMs)
    if (row.origin !== null) {
      seed = mixNumber(mix(seed, this.#name(row.origin)), row.originSequence ?? 0)
    }
    if (row.metadata !== null) seed = mix(seed, crc32(row.metadata))
    return seed >>> 0
  }

  #name(name: string): number {
    let sum = this.#names.get(name)
    if (sum === undefined) {
      if (this.#names.size >= MAX_NAMES) this.#names.clear()
      sum = crc32(name)
      this.#names.set(name, sum)
    }
    return sum
  }
}

function mixNumber(seed: number, value: number): number {
  return mix(mix(seed, value % 0x1_0000_0000), Math.floor(value / 0x1_0000_0000))
}
