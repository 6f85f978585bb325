import { expect, test } from 'vitest'
import { Output } from './output.ts'
import { cut, formatTable } from './table.ts'

const output = new Output({ isColor: false, isRaw: false, isRedacting: false })

test('columns are as wide as their widest cell, and numbers stand on the right', () => {
  const columns = [{ title: 'name' }, { title: 'n', isNumber: true }]
  const rows = [
    ['a\u001b', '1'],
    ['long name', '100'],
  ]
  expect(formatTable(output, columns, rows)).toEqual([
    'name         n',
    'a\\u001b      1',
    'long name  100',
  ])
})

test('a text is cut at whole characters', () => {
  expect([cut('abc', 3), cut('abcd', 3), cut('😀😀😀', 2)]).toEqual(['abc', 'ab…', '😀…'])
})
