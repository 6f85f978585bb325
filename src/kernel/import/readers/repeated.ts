/**
 * Which names occur more than once among millions, in eight bytes a name: a set of the names
 * themselves would take more memory than the file that they stand in.
 */

const CHUNK = 1 << 16

/**
 * The names that occur more than once, and how often. `names` is gone through a second time when
 * hashes agree, so that the answer is exact whatever they are worth.
 */
export function repeatedOf(names: () => Iterable<string>): Map<string, number> {
  const same = repeatedHashes(names())
  const counts = new Map<string, number>()
  if (same.size === 0) return counts
  for (const name of names()) {
    if (same.has(hashOf(name))) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  for (const [name, count] of counts) if (count === 1) counts.delete(name)
  return counts
}

function repeatedHashes(names: Iterable<string>): Set<number> {
  const chunks: Float64Array[] = []
  let last = new Float64Array(0)
  let count = 0
  for (const name of names) {
    if (count === chunks.length * CHUNK) {
      last = new Float64Array(CHUNK)
      chunks.push(last)
    }
    last[count++ % CHUNK] = hashOf(name)
  }
  const all = new Float64Array(count)
  for (const [place, chunk] of chunks.entries()) {
    all.set(chunk.subarray(0, Math.min(CHUNK, count - place * CHUNK)), place * CHUNK)
  }
  all.sort()
  const same = new Set<number>()
  for (let at = 1; at < count; at++) {
    const hash = all[at] ?? 0
    if (hash === all[at - 1]) same.add(hash)
  }
  return same
}

// Two sums that multiply by different odd numbers: 53 bits, which a number holds exactly.
function hashOf(name: string): number {
  let one = 0x2b5d7a91
  let other = 0x61c3e457
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at)
    one = Math.imul(one ^ code, 0x01000193)
    other = Math.imul((other ^ code) + (other >>> 15), 0x27d4eb2d)
  }
  return (other >>> 11) * 2 ** 32 + (one >>> 0)
}
