/**
 * How often each record hash occurred: a multiset of 96-bit hashes in typed arrays, 16 to 32 bytes
 * a record, where a Map of strings takes ten times that. Open addressing, never more than half full.
 *
 * Two different records share 96 bits with a chance of 1 in 10^15 among ten million.
 */

/** Bytes of a record's hash. */
export const HASH_BYTES = 12

const FIRST_CAPACITY = 1024
const WORDS = 4

/** A multiset of hashes, each {@link HASH_BYTES} long. */
export class HashCounts {
  #slots = new Uint32Array(FIRST_CAPACITY * WORDS)
  #used = 0

  /** How many times the hash at `offset` of `hashes` was added. */
  get(hashes: Buffer, offset = 0): number {
    return this.#slots[this.#find(hashes, offset) + 3] ?? 0
  }

  /** Adds `by` occurrences, or takes them away; returns how many there are now. */
  add(hashes: Buffer, offset = 0, by = 1): number {
    if ((this.#used + 1) * 2 * WORDS > this.#slots.length) this.#grow()
    const at = this.#find(hashes, offset)
    const before = this.#slots[at + 3] ?? 0
    if (before === 0 && this.#isEmpty(at)) {
      this.#used++
      for (let word = 0; word < 3; word++) {
        this.#slots[at + word] = hashes.readUInt32LE(offset + word * 4)
      }
    }
    this.#slots[at + 3] = before + by
    return before + by
  }

  /** Adds every hash of a chunk. */
  addAll(hashes: Buffer): void {
    for (let offset = 0; offset < hashes.length; offset += HASH_BYTES) this.add(hashes, offset)
  }

  #find(hashes: Buffer, offset: number): number {
    const first = hashes.readUInt32LE(offset)
    const second = hashes.readUInt32LE(offset + 4)
    const third = hashes.readUInt32LE(offset + 8)
    const mask = this.#slots.length / WORDS - 1
    for (let slot = first & mask; ; slot = (slot + 1) & mask) {
      const at = slot * WORDS
      if (this.#isEmpty(at)) return at
      const slots = this.#slots
      if (slots[at] === first && slots[at + 1] === second && slots[at + 2] === third) return at
    }
  }

  // A slot whose count fell back to 0 keeps its hash, so that those behind it are still found.
  #isEmpty(at: number): boolean {
    const slots = this.#slots
    return slots[at + 3] === 0 && slots[at] === 0 && slots[at + 1] === 0 && slots[at + 2] === 0
  }

  #grow(): void {
    const before = this.#slots
    this.#slots = new Uint32Array(before.length * 2)
    const bytes = Buffer.from(before.buffer)
    for (let at = 0; at < before.length; at += WORDS) {
      const count = before[at + 3] ?? 0
      if (count > 0) {
        const to = this.#find(bytes, at * 4)
        this.#slots.set(before.subarray(at, at + WORDS), to)
      }
    }
    this.#used = this.#count()
  }

  #count(): number {
    let used = 0
    for (let at = 0; at < this.#slots.length; at += WORDS) if (!this.#isEmpty(at)) used++
    return used
  }
}
