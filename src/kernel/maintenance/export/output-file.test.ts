import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempFolder } from '../../../../test/support/temp-folder.ts'
import { writeFileWhole } from './output-file.ts'

const write = (path: string, options = {}) =>
  writeFileWhole(path, (give) => give(Buffer.from('x')), options)
const refused = (code: string, message: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(message) })

test('what the file system refuses says which file and what to do, and leaves nothing', () => {
  const folder = tempFolder()
  writeFileSync(join(folder, 'file'), '')
  mkdirSync(join(folder, 'folder'))
  for (const path of ['none/x', 'file/x', 'n'.repeat(300)]) {
    expect(() => write(join(folder, path))).toThrow(refused('PATH_REFUSED', 'cannot be written'))
  }
  const replacing = () => write(join(folder, 'folder'), { isReplacing: true })
  expect(replacing).toThrow(refused('PATH_REFUSED', 'rename failed'))
  expect(readdirSync(folder)).toEqual(['file', 'folder'])
})

test('what its maker throws is thrown as it is', () => {
  const file = join(tempFolder(), 'x')
  const full = Object.assign(new Error('full'), { code: 'ENOSPC', syscall: 'write' })
  const failing = (error: Error) => () =>
    writeFileWhole(file, () => {
      throw error
    })
  expect(failing(new TypeError('mine'))).toThrow(TypeError)
  expect(failing(full)).toThrow(refused('DISK_FULL', 'write failed with ENOSPC'))
})
