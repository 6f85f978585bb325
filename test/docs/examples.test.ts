import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codeBlocks, documents, ROOT, sources, textOf, tsDocPrograms } from './code-blocks.ts'
import { Workshop } from './workshop.ts'

const blocks = [
  ...documents().flatMap((document) => codeBlocks(document, textOf(document))),
  ...sources().flatMap((file) => tsDocPrograms(file, textOf(file))),
]
const programs = blocks.filter(({ use }) => use !== 'none')
let workshop: Workshop

beforeAll(() => {
  expect(existsSync(join(ROOT, 'dist')), 'the examples run what is built: npm run build').toBe(true)
  workshop = new Workshop(programs)
})
afterAll(() => workshop?.close())

test('README.md shows at least one program that runs', () => {
  expect(programs.some(({ place, use }) => place.startsWith('README.md') && use === 'run')).toBe(
    true,
  )
})

test('every fragment says why it is no program', () => {
  expect(blocks.filter(({ use, reason }) => use === 'none' && reason === '')).toEqual([])
})

describe('the types accept', () => {
  test.each(programs)('$place', (block) => {
    expect(workshop.complaints(block)).toEqual([])
  })
})

describe('it runs', () => {
  test.each(programs.filter(({ use }) => use === 'run'))('$place', (block) => {
    const { status, output } = workshop.run(block)
    expect(status, output).toBe(0)
  })
})
