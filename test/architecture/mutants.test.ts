import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { ROOT } from './source-files.ts'

interface Mutant {
  readonly id: string
  readonly file: string
  readonly search: string
  readonly replacement: string
  readonly tests: readonly string[]
}

// By address, because the scripts are plain JavaScript without declarations.
const table = pathToFileURL(join(ROOT, 'scripts/mutant-table.mjs')).href
const { parseMutants }: { parseMutants(markdown: string): Mutant[] } = await import(table)

const row = (...cells: string[]) => `| ${cells.join(' | ')} |`

// The mutants themselves run seldom; that they still fit the code is checked always.
test('every row of test/mutants.md names text that is there once, and tests that exist', () => {
  const stale = parseMutants(readFileSync(join(ROOT, 'test/mutants.md'), 'utf8')).filter(
    ({ file, search, tests }) =>
      !existsSync(join(ROOT, file)) ||
      readFileSync(join(ROOT, file), 'utf8').split(search).length !== 2 ||
      !tests.every((path) => existsSync(join(ROOT, path))),
  )
  expect(stale.map(({ id }) => id)).toEqual([])
})

test('a row may hold line breaks, bars and backslashes, and may remove its text', () => {
  const markdown = [
    row('id', 'file', 'search', 'replacement', 'tests'),
    row('---', '---', '---', '---', '---'),
    row('m1', '`a.ts`', '`a \\| b\\n  c`', '', 'a.test.ts test/b.test.ts'),
    row('m2', 'a.ts', "`split('\\\\n')`", '`` a`b ``', 'a.test.ts'),
  ].join('\n')
  expect(parseMutants(markdown)).toEqual([
    {
      id: 'm1',
      file: 'a.ts',
      search: 'a | b\n  c',
      replacement: '',
      tests: ['a.test.ts', 'test/b.test.ts'],
    },
    { id: 'm2', file: 'a.ts', search: "split('\\n')", replacement: 'a`b', tests: ['a.test.ts'] },
  ])
})

test('a row that is not whole is refused, and so is a second one of the same name', () => {
  const whole = row('m1', 'a.ts', '`x`', '', 'a.test.ts')
  expect(() => parseMutants(row('m1', 'a.ts', '`x`', ''))).toThrow('not a mutant')
  expect(() => parseMutants(`${whole}\n${whole}`)).toThrow('two mutants are named m1')
})
