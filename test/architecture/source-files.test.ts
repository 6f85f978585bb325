import { expect, test } from 'vitest'
import { importsOf, sourceFiles } from './source-files.ts'

const scan = (text: string) => importsOf('kernel/log/append.ts', text)
const targets = (text: string) => scan(text).map(({ target }) => target)

test('every form of import is seen, with relative ones resolved', () => {
  const text = `
import { StoreError } from '../errors.ts'
import type {
  Driver,
  Statement,
} from '../driver/driver.ts'
import * as heads from './heads.ts'
import './side-effect.ts'
import { createHash } from 'node:crypto'
export * from './read.ts'
export { type Follow, follow } from '../follow/follow.ts'
const late = await import('../open/open.ts')
`
  expect(targets(text).sort()).toEqual([
    'kernel/driver/driver.ts',
    'kernel/errors.ts',
    'kernel/follow/follow.ts',
    'kernel/log/heads.ts',
    'kernel/log/read.ts',
    'kernel/log/side-effect.ts',
    'kernel/open/open.ts',
    'node:crypto',
  ])
})

test('an example in a comment is no import', () => {
  expect(
    targets("/**\n * import { openStore } from 'holdfast'\n * await import('./x.ts')\n */\n"),
  ).toEqual([])
  expect(targets("  // see import('./x.ts')\n")).toEqual([])
})

test('only a statement that leaves nothing behind counts as type-only', () => {
  const [plain, type, mixed] = scan(
    "import { a } from './a.ts'\nimport type { B } from './b.ts'\nimport { type C } from './c.ts'\n",
  )
  expect([plain?.isTypeOnly, type?.isTypeOnly, mixed?.isTypeOnly]).toEqual([false, true, false])
})

test('the sources are found, without their tests', () => {
  const paths = sourceFiles().map(({ path }) => path)
  expect(paths).toContain('kernel/errors.ts')
  expect(paths.filter((path) => path.includes('.test.'))).toEqual([])
})
