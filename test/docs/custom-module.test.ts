/** The example module is compiled and run as its README says, and is as short as it promises to be. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { tempStorePath } from '../support/temp-folder.ts'
import { ROOT, textOf } from './code-blocks.ts'

const FOLDER = 'examples/custom-module'
const OUT = join(ROOT, '.cache/custom-module')

beforeAll(() => {
  const { status, output } = node(join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', FOLDER)
  expect(status, output).toBe(0)
})

test('it prints what its README shows, also at a second run on the same store', () => {
  const shown = /prints\n\n```\n([\s\S]*?)```/.exec(textOf(`${FOLDER}/README.md`))?.[1]
  const path = tempStorePath()
  expect(node(join(OUT, 'main.js'), path)).toEqual({ status: 0, output: shown })
  const again = node(join(OUT, 'main.js'), path)
  expect(again.output).toContain('withdrawn 2 times')
  expect(again.output).toContain('verified')
})

test('its own checks hold', () => {
  expect(node(join(OUT, 'check.js'))).toEqual({ status: 0, output: '' })
})

test('it has about sixty lines of code and imports nothing but the package', () => {
  const source = readFileSync(join(ROOT, FOLDER, 'deployments.ts'), 'utf8')
  const code = source.split('\n').filter((line) => !/^\s*(\/\*\*.*|\/\/.*|[)}\]],?|)$/.test(line))
  expect(code.length).toBeLessThanOrEqual(66)
  expect([...source.matchAll(/from '(.*)'/g)].map(([, from]) => from)).toEqual(['holdfast'])
})

function node(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: 'utf8',
  })
  return { status, output: `${stdout}${stderr}` }
}
