import { expect, test } from 'vitest'
import { codeBlocks, tsDocPrograms } from './code-blocks.ts'

const page = (flag: string) => `# A page\n\n\`\`\`ts${flag}\nconst one = 1\n\`\`\`\n`

test('a block has its place, its use and its code', () => {
  expect(codeBlocks('docs/a.md', page(''))).toEqual([
    { place: 'docs/a.md:4', use: 'run', reason: '', code: 'const one = 1\n' },
  ])
  expect(codeBlocks('a', page(' no-run'))[0]?.use).toBe('check')
  expect(codeBlocks('a', page(' fragment: only a shape'))[0]).toMatchObject({
    use: 'none',
    reason: 'only a shape',
  })
})

test('other languages are left alone, and each fence ends where it ends', () => {
  const text = `\`\`\`sh\nnpm test\n\`\`\`\n${page('')}${page(' no-run')}`
  expect(codeBlocks('a', text).map(({ use }) => use)).toEqual(['run', 'check'])
})

test('a fence with a word that means nothing is refused', () => {
  expect(() => codeBlocks('a', page(' norun'))).toThrow("a:4: 'ts norun' means nothing")
})

test('an example in TSDoc is a program when it imports the package', () => {
  const example = (code: string) =>
    `\n/**\n * Opens.\n *\n * @example\n * \`\`\`ts\n * ${code}\n * \`\`\`\n */\n`
  const [program, ...more] = tsDocPrograms(
    'src/a.ts',
    `${example("import { openStore } from 'holdfast'")}const x = 1\n${example('openStore(path)')}`,
  )
  expect(program).toMatchObject({
    place: 'src/a.ts:7',
    code: "import { openStore } from 'holdfast'\n",
  })
  expect(more).toEqual([])
})
