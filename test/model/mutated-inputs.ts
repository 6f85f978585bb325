/**
 * Generates JSON lines and documents from their grammar, and damages them in the ways that
 * crashes, shells, editors and other programs do. The same seed gives the same bytes.
 */

/** A source of numbers in [0, 1). */
export type Random = () => number

/** Makes a small fast generator from a seed (a Weyl sequence, mixed). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
  }
}

/** Picks one of a list that is not empty. */
export function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T
}

const KEYS = ['type', 'ts', 'data', 'id', '__proto__', 'constructor', 'é', '', 'type#2', 'a"b']
const STRINGS = [
  '',
  'build',
  'café ✓',
  '\u{1f600}',
  '{"a":1}',
  '[]',
  'a\nb',
  '\\',
  '"',
  '}',
  '\0',
  '\ud800',
]
const NUMBERS = ['0', '-1', '1.50', '1e400', '12345678901234567890', '-0', '2E-3']
const WORDS = ['true', 'false', 'null']

function value(random: Random, depth: number): string {
  const roll = random()
  if (depth < 4 && roll < 0.15) return object(random, depth + 1)
  if (depth < 4 && roll < 0.3) return array(random, depth + 1)
  if (roll < 0.65) return JSON.stringify(pick(random, STRINGS))
  return pick(random, roll < 0.85 ? NUMBERS : WORDS)
}

function list(random: Random, most: number, part: () => string): string {
  return Array.from({ length: Math.floor(random() * most) }, part).join(
    ', '.slice(0, random() < 0.5 ? 1 : 2),
  )
}

function array(random: Random, depth: number): string {
  return `[${list(random, 5, () => value(random, depth))}]`
}

/** One object in JSON text; keys may repeat. */
export function object(random: Random, depth = 0): string {
  const member = () => `${JSON.stringify(pick(random, KEYS))}:${value(random, depth)}`
  return `{${list(random, 6, member)}}`
}

/** Whole records, one a line. */
export function records(random: Random): string[] {
  return Array.from({ length: 1 + Math.floor(random() * 12) }, () => object(random))
}

const JUNK = [
  '[]',
  'null',
  'garbage',
  '"',
  '}',
  ']}',
  '42',
  '{',
  '{"',
  ',',
  '\0\0\0',
  'x{"a":1}',
  '[1,{"a":2}]',
]

/** Damages to one line. */
const LINE_DAMAGES: readonly ((line: string, random: Random) => string)[] = [
  (line, random) => line.slice(0, Math.floor(random() * line.length)),
  (line, random) => line.slice(Math.floor(random() * line.length)),
  (line) => line.replaceAll('\\n', '\n'),
  (line) => line.replaceAll(/([{,])/g, '$1\n  '),
  (line, random) => line + object(random),
  (line) => line.replaceAll(/\d+/g, 'NaN'),
  (line) => line.replaceAll(/([}\]])/g, ',$1'),
  (line, random) => insert(line, random, pick(random, JUNK)),
  (line, random) => insert(line, random, '\0'),
  (line, random) => insert(line, random, '\n'),
  (line, random) => insert(line, random, '\\'),
  (line) => `  ${line}\t`,
  (line) => `\ufeff${line}`,
  (_line, random) => pick(random, JUNK),
  (_line, random) => '[{'[Math.floor(random() * 2)]?.repeat(2000) ?? '',
  (line) => line.replaceAll('"', '\\"'),
]

function insert(text: string, random: Random, part: string): string {
  const at = Math.floor(random() * (text.length + 1))
  return text.slice(0, at) + part + text.slice(at)
}

/** Damages to the bytes of a whole source. */
const BYTE_DAMAGES: readonly ((bytes: Buffer, random: Random) => Buffer)[] = [
  (bytes, random) => bytes.subarray(0, Math.floor(random() * bytes.length)),
  (bytes) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]),
  (bytes) => Buffer.from(`\ufeff${bytes.toString()}`, 'utf16le'),
  (bytes) => Buffer.from(`\ufeff${bytes.toString()}`, 'utf16le').swap16(),
  (bytes) => Buffer.from(bytes.toString().replaceAll('\n', '\r\n')),
  (bytes) => Buffer.concat([bytes, Buffer.alloc(64)]),
  (bytes, random) => {
    const flipped = Buffer.from(bytes)
    const at = Math.floor(random() * bytes.length)
    if (bytes.length > 0) flipped[at] = Math.floor(random() * 256)
    return flipped
  },
]

/** A source of JSON lines with some of its lines, and then some of its bytes, damaged. */
export function damagedLines(random: Random): Buffer {
  const lines = records(random).map((line) =>
    random() < 0.3 ? pick(random, LINE_DAMAGES)(line, random) : line,
  )
  return damageBytes(Buffer.from(lines.join('\n') + (random() < 0.8 ? '\n' : '')), random)
}

/** A JSON document with some damage. */
export function damagedDocument(random: Random): Buffer {
  const text = random() < 0.5 ? object(random) : `[${records(random).join(',\n')}]`
  const damaged = random() < 0.7 ? pick(random, LINE_DAMAGES)(text, random) : text
  return damageBytes(Buffer.from(damaged), random)
}

function damageBytes(bytes: Buffer, random: Random): Buffer {
  return random() < 0.3 ? pick(random, BYTE_DAMAGES)(bytes, random) : bytes
}
