import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { scannedShapeOf } from './scanned-shape.ts'
import { shapeOf } from './sql-shape.ts'

const SOURCES = fileURLToPath(new URL('../..', import.meta.url))

// What shapes are made of, and what could be taken for one of them beside its neighbour.
const PIECES = (
  "SELECT|select|DISTINCT|ALL|RETURNING|INSERT|a|_b1|0|?|?|?1|:a|:b|:ALL|::|:|*|*|,|.|(|)|'|'a'|''|" +
  "' '|':a'|\"|\"a\"|`|[|]|;|--|-|/|/*|*/|@c|#|$|$d|é|\u00a0|=|<|%| | |\n|\t"
).split('|')

const resultOf = (read: () => unknown) => {
  try {
    return read()
  } catch (error) {
    return String(error)
  }
}

function expectSame(sql: string): void {
  const scanned = resultOf(() => scannedShapeOf(sql))
  expect(
    resultOf(() => shapeOf(sql)),
    sql,
  ).toEqual(scanned)
}

test('a text that is read without the scanner gives what the scanner gives', () => {
  const texts = fc.array(fc.constantFrom(...PIECES), { maxLength: 12 })
  fc.assert(
    fc.property(texts, (pieces) => expectSame(pieces.join(''))),
    { numRuns: 20_000 },
  )
})

test('so does every SQL text of the kernel and of the modules', () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  const sources = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  const texts = sources.flatMap((file) =>
    Array.from(
      readFileSync(join(SOURCES, file), 'utf8').matchAll(/\/\* sql \*\/ `([^`]*)`/g),
      ([, text]) => String(text),
    ),
  )
  expect(texts.length).toBeGreaterThan(200)
  for (const text of texts) expectSame(text)
})
