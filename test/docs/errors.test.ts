import { expect, test } from 'vitest'
import { STORE_ERROR_CODES } from '../../src/kernel/errors.ts'
import { textOf } from './code-blocks.ts'

const sections = textOf('docs/errors.md').split(/^## /m).slice(1)
const headings = sections.map((section) => section.slice(0, section.indexOf('\n')).trim())

test('every code has a heading in docs/errors.md, so an anchor, and no heading is without a code', () => {
  expect(headings.toSorted()).toEqual([...STORE_ERROR_CODES].toSorted())
})

test('every code says when it occurs, what it leaves behind and what to do', () => {
  const parts = ['**When.**', '**Left behind.**', '**Do.**']
  const missing = sections.flatMap((section, index) =>
    parts.filter((part) => !section.includes(part)).map((part) => `${headings[index]}: ${part}`),
  )
  expect(missing).toEqual([])
})
