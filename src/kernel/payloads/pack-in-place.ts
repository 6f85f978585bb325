/**
 * Packs a text of tens of megabytes within the memory that it stands in: what was read of it is no
 * longer needed, and what is packed is not longer. Beside it only a slice is in memory.
 *
 * A deflate stream may be made in slices: each but the last ends with a flush, so that the next one
 * begins at a whole byte, and the whole reads as one.
 */
import { createHash } from 'node:crypto'
import { constants, crc32, deflateRawSync } from 'node:zlib'
import { DEFLATE_LEVEL, type PackedPayload } from './payloads.ts'

const SLICE_BYTES = 1 << 20
// Far more than a slice gives. What is not written takes no memory, and pieces of this size go back
// to the system when they are dropped, which is soon: smaller ones held on to 25 MB of 64 packed.
const OUTPUT_BYTES = 1 << 25

/** A text that is a payload already; the text itself is gone. */
export interface PackedText extends PackedPayload {
  /** CRC-32 of the plain bytes. */
  readonly crc: number
}

/** Packs `text`, UTF-8, and overwrites it. What is returned is valid for as long as `text` is left alone. */
export function packInPlace(text: Buffer): PackedText {
  const hash = createHash('sha256')
  let crc = 0
  let packed = 0
  // What has no room yet: noise grows by some bytes a slice.
  let late: Buffer = Buffer.alloc(0)
  for (let from = 0; from < text.length; from += SLICE_BYTES) {
    const slice = text.subarray(from, from + SLICE_BYTES)
    const to = from + slice.length
    hash.update(slice)
    crc = crc32(slice, crc)
    const finishFlush = to < text.length ? constants.Z_SYNC_FLUSH : constants.Z_FINISH
    const options = { level: DEFLATE_LEVEL, finishFlush, chunkSize: OUTPUT_BYTES }
    const more = deflateRawSync(slice, options)
    late = late.length === 0 ? more : Buffer.concat([late, more])
    const written = late.copy(text, packed, 0, Math.min(late.length, to - packed))
    packed += written
    late = late.subarray(written)
  }
  const done = text.subarray(0, packed)
  return {
    hash: hash.digest(),
    sizeBytes: text.length,
    encoding: 'deflate',
    body: late.length === 0 ? done : Buffer.concat([done, late]),
    crc,
  }
}
