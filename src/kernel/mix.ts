/** Mixing numbers into a sum of 32 bits, for checksums that must cost next to nothing. */

/**
 * One round of MurmurHash3's 32-bit body (Austin Appleby, public domain): every bit of both inputs
 * reaches every bit of the output within two rounds.
 */
export function mix(seed: number, value: number): number {
  let k = Math.imul(value | 0, 0xcc9e2d51)
  k = (k << 15) | (k >>> 17)
  const h = seed ^ Math.imul(k, 0x1b873593)
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
}
