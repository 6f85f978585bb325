import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkPath, toOpenError } from './opening.ts'

const cannotOpen = Object.assign(new Error('unable to open'), { code: 'SQLITE_CANTOPEN' })

test('the error names the folder that is missing, and how to create it', () => {
  const error = toOpenError(cannotOpen, '/nowhere/at/all/state.db', {})
  expect(error).toMatchObject({
    code: 'PATH_REFUSED',
    message: 'the folder /nowhere/at/all does not exist',
    hint: 'create it: mkdir -p /nowhere/at/all',
    sqliteCode: 14,
    cause: cannotOpen,
  })
})

test('a store that has to exist is missing, whether or not its folder is', () => {
  for (const options of [{ mustExist: true }, { readOnly: true }]) {
    expect(toOpenError(cannotOpen, '/nowhere/state.db', options).code).toBe('STORE_MISSING')
  }
})

test('an error that is not about the path keeps its own code', () => {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-opening-'))
  const full = Object.assign(new Error('full'), { code: 'SQLITE_FULL' })
  expect(toOpenError(full, `${dir}/state.db`, { mustExist: true }).code).toBe('DISK_FULL')
  expect(toOpenError(cannotOpen, `${dir}/state.db`, {}).message).toContain('unable to open')
  rmSync(dir, { recursive: true })
})

test('a device and a folder are no files, a name of memory and a new name are allowed', () => {
  for (const path of ['/dev/null', '/']) expect(() => checkPath(path)).toThrow('is not a file')
  checkPath(':memory:')
  checkPath('/nowhere/state.db')
})
