import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { READY_MODULE_NAMES } from '../../src/kernel/import/reserved-names.ts'
import { ROOT } from './source-files.ts'

// The names that no imported file gets, too.
const MODULES: readonly string[] = READY_MODULE_NAMES
const FILES = [
  'index.ts',
  'types.ts',
  'events.ts',
  'migrations.ts',
  'projections.ts',
  'import.ts',
  'panels.ts',
  'compat.ts',
  'README.md',
]

const folder = join(ROOT, 'src/modules')
const present = existsSync(folder) ? readdirSync(folder) : []

test('there is no module but the five', () => {
  expect(present.filter((name) => !MODULES.includes(name))).toEqual([])
})

// Who knows one module finds their way in all. A module may have further files.
test('every module that exists has the same files', () => {
  const missing = present.flatMap((name) =>
    [...FILES, `${name}.ts`]
      .filter((file) => !existsSync(join(folder, name, file)))
      .map((file) => `${name}/${file}`),
  )
  expect(missing).toEqual([])
})
