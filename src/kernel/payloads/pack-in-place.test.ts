import { createHash, randomBytes } from 'node:crypto'
import { crc32, inflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { packInPlace } from './pack-in-place.ts'

const WORDS = Buffer.from('the same words again and again. '.repeat(100_000))

test.each([
  ['words', WORDS],
  ['noise', randomBytes(3_000_000)],
  ['noise, and words behind it', Buffer.concat([randomBytes(2_500_000), WORDS])],
  ['a slice to the byte', Buffer.alloc(1 << 20, 'x')],
])('%s come back from what was packed over them', (_, plain) => {
  const { body, ...facts } = packInPlace(Buffer.from(plain))
  expect(inflateRawSync(body).equals(plain)).toBe(true)
  expect(facts).toEqual({
    hash: createHash('sha256').update(plain).digest(),
    sizeBytes: plain.length,
    encoding: 'deflate',
    crc: crc32(plain),
  })
})

test('words take no memory of their own', () => {
  const text = Buffer.from(WORDS)
  expect(packInPlace(text).body.buffer).toBe(text.buffer)
})
