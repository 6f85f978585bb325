import { expect, test } from 'vitest'
import { formatCsvLine } from './csv.ts'

test('cells with commas, quotes and line breaks are quoted', () => {
  expect(formatCsvLine(['a', 'b,c', 'say "x"', 'two\nlines', ''])).toBe(
    'a,"b,c","say ""x""","two\nlines",',
  )
})

test('what a spreadsheet would run is made text, and numbers stay numbers', () => {
  expect(formatCsvLine(['=1+1', '+a', '-b', '@c', '\t=d', '-1.5', '-2e10'])).toBe(
    `"'=1+1","'+a","'-b","'@c","'\t=d",-1.5,-2e10`,
  )
})
