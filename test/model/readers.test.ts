/**
 * The readers over damaged input. Invariants:
 *
 * 1. No input makes a reader throw, or run for seconds.
 * 2. Items follow each other without overlap, and what lies between them is blank: every
 *    other byte belongs to exactly one item.
 * 3. A record's text is JSON on one line, means its value, and can be stored as UTF-8.
 * 4. Sound records next to a damaged one are all found.
 * 5. However the bytes come in, the items are the same; and reading on from where a growing
 *    source ended gives what reading the whole at once gives.
 *
 * FUZZ_COUNT sets how many inputs, FUZZ_SEED the first; a failure names its seed.
 */

import { isUtf8 } from 'node:buffer'
import { expect, test } from 'vitest'
import type { JsonlItem } from '../../src/kernel/import/readers/items.ts'
import { readJsonBytes } from '../../src/kernel/import/readers/json-reader.ts'
import { type JsonlOptions, readJsonl } from '../../src/kernel/import/readers/jsonl-reader.ts'
import {
  damagedDocument,
  damagedLines,
  object,
  pick,
  type Random,
  records,
  seededRandom,
} from './mutated-inputs.ts'

const { env } = process
const COUNT = Number(env['FUZZ_COUNT'] ?? (env['SOAK'] === '1' ? 20_000 : 2_000))
const FIRST_SEED = Number(env['FUZZ_SEED'] ?? 1)
// Only what grows with a power of its input takes this long, on a busy machine too.
const MAX_MS = 60_000

function forSeeds(check: (random: Random) => void): void {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + COUNT; seed += 1) {
    const startedAt = performance.now()
    try {
      check(seededRandom(seed))
    } catch (cause) {
      throw new Error(`seed ${seed}: ${(cause as Error).message}`, { cause })
    }
    if (performance.now() - startedAt > MAX_MS) throw new Error(`seed ${seed}: too slow`)
  }
}

function read(bytes: Buffer, options: JsonlOptions = {}): JsonlItem[] {
  return [...readJsonl({ chunks: [bytes] }, { firstKeyWins: ['type'], ...options })]
}

/** Begins with the byte order mark of UTF-16, or with what looks like one. */
function isWide(bytes: Buffer): boolean {
  const [first, second] = bytes
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
}

/** Nothing but white space and byte order marks, in UTF-8 or UTF-16. */
function isBlank(bytes: Buffer): boolean {
  return /^[\s\0]*$/.test(
    bytes.toString('latin1').replaceAll(/\u00ef\u00bb\u00bf|\u00ff\u00fe|\u00fe\u00ff/g, ''),
  )
}

function checkPlaces(bytes: Buffer, items: readonly JsonlItem[]): void {
  let at = 0
  for (const item of [...items, { offset: bytes.length, endOffset: bytes.length }]) {
    expect(item.offset).toBeGreaterThanOrEqual(at)
    const between = bytes.subarray(at, item.offset)
    // In UTF-16 every other byte of a blank is zero; in UTF-8 a zero is no blank.
    if (!isWide(bytes)) expect(between.includes(0)).toBe(false)
    expect(isBlank(between)).toBe(true)
    at = item.endOffset
  }
}

function checkTexts(bytes: Buffer, items: readonly JsonlItem[]): void {
  for (const item of items) {
    const slice = bytes.subarray(item.offset, item.endOffset)
    if (item.kind !== 'record') {
      if (item.kind === 'reject' && item.rawBase64) {
        expect(Buffer.from(item.rawBase64, 'base64').equals(slice)).toBe(true)
      } else if (!isWide(bytes)) expect(item.raw).toBe(slice.toString().replaceAll('\r\n', '\n'))
      continue
    }
    expect(item.text).not.toContain('\n')
    expect(Buffer.from(item.text).toString()).toBe(item.text)
    expect(JSON.parse(item.text)).toEqual(item.value)
    if (item.repairs.length === 0 && !isWide(bytes)) expect(item.text).toBe(slice.toString())
  }
}

test('every byte of damaged JSON lines belongs to one item, and every record is sound', () => {
  forSeeds((random) => {
    const bytes = damagedLines(random)
    const items = read(bytes)
    checkPlaces(bytes, items)
    checkTexts(bytes, items)
  })
})

test('a damaged line does not take sound ones with it', () => {
  forSeeds((random) => {
    const before = records(random)
    const after = records(random).map((line, at) =>
      line.replace('{', `{"mark":${at},`).replace(',}', '}'),
    )
    const line = object(random)
    const torn = line.slice(0, Math.floor(random() * line.length))
    const found = read(Buffer.from([...before, torn, ...after, ''].join('\n'))).filter(
      (item) => item.kind === 'record',
    )
    expect(found.length).toBeGreaterThanOrEqual(before.length + after.length)
  })
})

test('the items do not depend on the chunks, nor on where a growing source was left', () => {
  forSeeds((random) => {
    const bytes = damagedLines(random)
    const whole = read(bytes)
    const size = 1 + Math.floor(random() * 7)
    const chunks: Buffer[] = []
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
    expect([...readJsonl({ chunks }, { firstKeyWins: ['type'] })]).toEqual(whole)
    // A line that is not UTF-8 is one item, which half of it, being UTF-8, cannot know.
    if (!isUtf8(bytes)) return
    const cut = Math.floor(random() * (bytes.length + 1))
    const first = read(bytes.subarray(0, cut), { growing: true }).filter((it) => it.kind !== 'torn')
    const last = first.at(-1)
    const offset = last?.endOffset ?? 0
    const rest = read(bytes.subarray(offset), { offset, line: last?.endLine ?? 1 })
    expect(inShort([...first, ...rest])).toEqual(inShort(whole))
  })
})

/** The records, with their places. */
function inShort(items: readonly JsonlItem[]): unknown[] {
  return items.flatMap((it) =>
    it.kind === 'record' ? [[it.line, it.endLine, it.offset, it.text]] : [],
  )
}

test('a damaged document gives a value or a reject, and loses nothing', () => {
  forSeeds((random) => {
    const bytes = damagedDocument(random)
    const result = readJsonBytes(bytes)
    if (result.kind === 'rejected') {
      expect(result.raw.length > 0 || isBlank(bytes)).toBe(true)
      return
    }
    expect(JSON.parse(result.text)).toEqual(result.value)
    expect(result.salvaged).toBe(result.rejects.length + result.repairs.length > 0)
    if (isWide(bytes)) return
    const source = bytes.toString()
    for (const reject of result.rejects) expect(source).toContain(reject.raw)
    // What was kept and what was rejected have all the letters and digits of the source.
    if (result.repairs.length > 0) return
    const size = (text: string) => text.replaceAll(/[^\p{L}\p{N}]/gu, '').length
    expect(size(result.text) + size(result.rejects.map((it) => it.raw).join(''))).toBe(size(source))
  })
})

test('random bytes are no worse', () => {
  forSeeds((random) => {
    const alphabet = [
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      '\\',
      '\n',
      ' ',
      'a',
      '1',
      '\0',
      '\r',
      'é',
      '{"a":1}',
    ]
    const text = Array.from({ length: Math.floor(random() * 60) }, () => pick(random, alphabet))
    const bytes = Buffer.from(text.join(''))
    for (const growing of [false, true]) {
      const items = read(bytes, { growing })
      checkPlaces(bytes, items)
      if (!growing) checkTexts(bytes, items)
    }
  })
})
