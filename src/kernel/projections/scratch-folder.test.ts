import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempFolder } from '../../../test/support/temp-folder.ts'
import { makeScratchFolder } from './scratch-folder.ts'

test('a scratch folder of a process that is gone is removed, one of a running process stays', () => {
  const parent = tempFolder()
  const { pid } = spawnSync(process.execPath, ['-e', '0'])
  const gone = join(parent, `holdfast-scratch-${pid}-abc`)
  const mine = join(parent, `holdfast-scratch-${process.pid}-abc`)
  const other = join(parent, 'holdfast-notes')
  for (const folder of [gone, mine, other]) mkdirSync(folder)
  const made = makeScratchFolder(parent)
  expect([gone, mine, other, made].map((folder) => existsSync(folder))).toEqual([
    false,
    true,
    true,
    true,
  ])
})
