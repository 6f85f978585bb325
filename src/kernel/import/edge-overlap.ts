/**
 * How much of a log's end is the beginning of the one that took its place: the largest number of
 * records that are the last of the one and the first of the other, in the same order.
 *
 * One goes over the end backwards and over the beginning forwards and keeps of each a polynomial in
 * the records' hashes, which are equal where the records are. So nothing is held in memory, however
 * long the overlap. Three of them have 78 bits.
 */

// Products of two numbers below 2^26 are exact.
const LANES = [
  { modulus: 67_108_859, base: 48_271_013, at: 0 },
  { modulus: 67_108_837, base: 39_916_801, at: 3 },
  { modulus: 67_108_819, base: 57_885_161, at: 6 },
].map((lane) => ({ ...lane, base: lane.base % lane.modulus }))
const LANE_BYTES = 3

/**
 * The length of the overlap.
 *
 * @param endings hashes of the one that was there, the last record's first
 * @param beginnings hashes of the one that is there now, in order
 */
export function edgeOverlap(
  endings: Iterator<Uint8Array>,
  beginnings: Iterable<Uint8Array>,
): number {
  const sums = LANES.map((lane) => ({ ...lane, power: 1, ending: 0, beginning: 0 }))
  let count = 0
  let longest = 0
  for (const first of beginnings) {
    const next = endings.next()
    if (next.done) break
    count++
    let isSame = true
    for (const sum of sums) {
      const { modulus, base, at, power } = sum
      sum.beginning = (sum.beginning * base + numberAt(first, at)) % modulus
      sum.ending = (sum.ending + numberAt(next.value, at) * power) % modulus
      sum.power = (power * base) % modulus
      isSame &&= sum.beginning === sum.ending
    }
    if (isSame) longest = count
  }
  return longest
}

function numberAt(hash: Uint8Array, offset: number): number {
  let number = 0
  for (let at = offset; at < offset + LANE_BYTES; at++) number = number * 256 + (hash[at] ?? 0)
  return number
}
