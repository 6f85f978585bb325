import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
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

test('a database is never replaced, whatever its name and through whatever link', () => {
  const folder = tempFolder()
  const [database, link, text] = ['notes.jsonl', 'link', 'text'].map((name) => join(folder, name))
  if (!database || !link || !text) throw new Error('three names')
  writeFileSync(database, `SQLite format 3\0${'x'.repeat(100)}`)
  symlinkSync(database, link)
  writeFileSync(text, 'SQLite')
  const made: string[] = []
  for (const path of [database, link]) {
    const replacing = () => writeFileWhole(path, () => made.push(path), { isReplacing: true })
    expect(replacing).toThrow(refused('ARGUMENT_INVALID', 'is a database'))
  }
  expect([made, readFileSync(database).length]).toEqual([[], 116])
  write(text, { isReplacing: true })
  expect([readFileSync(text, 'utf8'), readdirSync(folder).length]).toEqual(['x', 3])
})
