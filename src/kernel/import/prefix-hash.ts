/** SHA-256 of a file's first bytes, at offsets that rise: tells whether a grown file is the same. */
import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { attempt } from './readers/read-errors.ts'

const BLOCK_BYTES = 1 << 18

/** Hashes one file from its beginning on. */
export class PrefixHash {
  readonly #path: string
  readonly #file: number
  readonly #hash = createHash('sha256')
  readonly #block: Buffer = Buffer.allocUnsafe(BLOCK_BYTES)
  #offset = 0

  constructor(path: string) {
    this.#path = path
    this.#file = attempt(path, () => openSync(path, 'r'))
  }

  /** The hash of the bytes before `offset`; `undefined` when there are fewer. */
  at(offset: number): Buffer | undefined {
    while (this.#offset < offset) {
      const length = Math.min(offset - this.#offset, BLOCK_BYTES)
      const count = attempt(this.#path, () =>
        readSync(this.#file, this.#block, 0, length, this.#offset),
      )
      if (count === 0) return undefined
      this.#hash.update(this.#block.subarray(0, count))
      this.#offset += count
    }
    return this.reached()
  }

  /** The hash of what has been read so far. */
  reached(): Buffer {
    return this.#hash.copy().digest()
  }

  close(): void {
    closeSync(this.#file)
  }
}

/** The hash of a whole file. */
export function hashFile(path: string): Buffer {
  const prefix = new PrefixHash(path)
  try {
    // Ends where the file does; what `at` learnt on the way is the hash of all of it.
    prefix.at(Number.MAX_SAFE_INTEGER)
    return prefix.reached()
  } finally {
    prefix.close()
  }
}
