import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { COMMANDS } from '../../dist/cli/commands.js'
import { ROOT } from './code-blocks.ts'

test('docs/cli.md has the help of each command as it is, and docs/schema.md the tables', () => {
  const script = join(ROOT, 'scripts/write-reference.mjs')
  const { status, stdout } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
  expect([status, stdout]).toEqual([0, ''])
})

test('every command has a section with its help in docs/cli.md', () => {
  const text = readFileSync(join(ROOT, 'docs/cli.md'), 'utf8')
  for (const name of Object.keys(COMMANDS)) {
    expect(text).toContain(`\n## holdfast ${name}\n`)
    expect(text).toContain(`<!-- help: ${name} -->`)
  }
})
