import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fileError } from './file-errors.ts'
import { prepareStoreDirectory, secureStoreFile, storeFileExists } from './store-file.ts'

const refused = expect.objectContaining({ code: 'PATH_REFUSED', hint: expect.any(String) })
const hasModes = process.platform !== 'win32'
let base: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'holdfast-file-'))
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

function modeOf(path: string): number {
  return statSync(path).mode & 0o777
}

describe('the folder', () => {
  test.skipIf(!hasModes)('is made with all its parents for the owner alone', () => {
    prepareStoreDirectory(join(base, 'a', 'b', 'state.db'))
    expect(modeOf(join(base, 'a'))).toBe(0o700)
    expect(modeOf(join(base, 'a', 'b'))).toBe(0o700)
  })
  test.skipIf(!hasModes)('keeps its mode when it exists', () => {
    mkdirSync(join(base, 'shared'))
    chmodSync(join(base, 'shared'), 0o750)
    prepareStoreDirectory(join(base, 'shared', 'state.db'))
    expect(modeOf(join(base, 'shared'))).toBe(0o750)
  })
  test('is hidden from git when it is called .holdfast, and only then', () => {
    prepareStoreDirectory(join(base, '.holdfast', 'state.db'))
    prepareStoreDirectory(join(base, '.mytool', 'state.db'))
    expect(readFileSync(join(base, '.holdfast', '.gitignore'), 'utf8')).toBe('*\n')
    expect(existsSync(join(base, '.mytool', '.gitignore'))).toBe(false)
  })
  test('is hidden from git although an earlier process was killed halfway', () => {
    mkdirSync(join(base, '.holdfast'))
    const ignore = join(base, '.holdfast', '.gitignore')
    prepareStoreDirectory(join(base, '.holdfast', 'state.db'))
    expect(readFileSync(ignore, 'utf8')).toBe('*\n')
    writeFileSync(ignore, '')
    prepareStoreDirectory(join(base, '.holdfast', 'state.db'))
    expect(readFileSync(ignore, 'utf8')).toBe('*\n')
  })
  test('keeps a .gitignore that somebody changed, or removed from beside a store', () => {
    const store = join(base, '.holdfast', 'state.db')
    const ignore = join(base, '.holdfast', '.gitignore')
    prepareStoreDirectory(store)
    writeFileSync(ignore, 'mine\n')
    prepareStoreDirectory(store)
    expect(readFileSync(ignore, 'utf8')).toBe('mine\n')
    secureStoreFile(store)
    rmSync(ignore)
    prepareStoreDirectory(store)
    expect(existsSync(ignore)).toBe(false)
  })
  test('cannot be made where a file is in the way', () => {
    writeFileSync(join(base, 'file'), '')
    expect(() => prepareStoreDirectory(join(base, 'file', 'state.db'))).toThrow(refused)
    expect(() => prepareStoreDirectory(join(base, 'file', 'sub', 'state.db'))).toThrow(refused)
  })
})

describe('the file', () => {
  test('is made empty and for the owner alone', () => {
    const store = join(base, 'state.db')
    expect(storeFileExists(store)).toBe(false)
    secureStoreFile(store)
    expect(storeFileExists(store)).toBe(true)
    expect(statSync(store).size).toBe(0)
    if (hasModes) expect(modeOf(store)).toBe(0o600)
  })
  test('is left as it is when it exists', () => {
    const store = join(base, 'state.db')
    writeFileSync(store, 'content')
    if (hasModes) chmodSync(store, 0o640)
    secureStoreFile(store)
    expect(readFileSync(store, 'utf8')).toBe('content')
    if (hasModes) expect(modeOf(store)).toBe(0o640)
  })
  test('may not be a symbolic link, dangling or not', () => {
    const link = join(base, 'link.db')
    symlinkSync(join(base, 'real.db'), link)
    expect(() => secureStoreFile(link)).toThrow(refused)
    expect(existsSync(join(base, 'real.db'))).toBe(false)
    writeFileSync(join(base, 'real.db'), '')
    expect(() => secureStoreFile(link)).toThrow(refused)
  })
  test('may not have a second name', () => {
    const store = join(base, 'state.db')
    writeFileSync(store, '')
    linkSync(store, join(base, 'other.db'))
    expect(() => secureStoreFile(store)).toThrow(refused)
  })
  test('may not be a folder', () => {
    expect(() => secureStoreFile(base)).toThrow(refused)
  })
  test.skipIf(!hasModes)('may not be a pipe or a device', () => {
    execFileSync('mkfifo', [join(base, 'pipe.db')])
    expect(() => secureStoreFile(join(base, 'pipe.db'))).toThrow(refused)
    expect(() => storeFileExists('/dev/null')).toThrow(refused)
  })
  test('may not have a link or folder where a side file goes', () => {
    const store = join(base, 'state.db')
    symlinkSync('/etc/hostname', `${store}-wal`)
    expect(() => secureStoreFile(store)).toThrow(refused)
    mkdirSync(join(base, 'two.db-shm'))
    expect(() => secureStoreFile(join(base, 'two.db'))).toThrow(refused)
  })
  test('may not have a NUL in its path', () => {
    expect(() => secureStoreFile(`${join(base, 'a.db')}\0.txt`)).toThrow(refused)
    expect(() => prepareStoreDirectory(`${base}\0/a.db`)).toThrow(refused)
  })
})

describe('permissions', () => {
  // Root may write everywhere, so as root the test takes another effective user for a moment.
  const isRoot = process.geteuid?.() === 0
  function asNobody(run: () => void): void {
    if (isRoot) process.seteuid?.(65_534)
    try {
      run()
    } finally {
      if (isRoot) process.seteuid?.(0)
    }
  }
  test.skipIf(!hasModes)('a folder that may not be written to is refused with a hint', () => {
    chmodSync(base, 0o555)
    asNobody(() => {
      expect(() => prepareStoreDirectory(join(base, 'a', 'state.db'))).toThrow(refused)
      expect(() => secureStoreFile(join(base, 'state.db'))).toThrow(refused)
    })
    chmodSync(base, 0o700)
    if (isRoot) chownSync(base, 0, 0)
  })
  // access(2) asks for the real user, and root is allowed everything.
  test.skipIf(!hasModes || isRoot)(
    'an existing store that may not be written to is refused',
    () => {
      const store = join(base, 'state.db')
      writeFileSync(store, '')
      chmodSync(store, 0o444)
      expect(() => secureStoreFile(store)).toThrow(refused)
      chmodSync(store, 0o600)
      chmodSync(base, 0o555)
      expect(() => secureStoreFile(store)).toThrow(refused)
      chmodSync(base, 0o700)
    },
  )
  test.each([
    ['EROFS', 'READ_ONLY'],
    ['EACCES', 'PATH_REFUSED'],
    ['ENOSPC', 'DISK_FULL'],
    ['EIO', 'IO'],
  ])('%s becomes %s and keeps its cause', (errno, code) => {
    const cause = Object.assign(new Error('refused'), { code: errno })
    const error = fileError('create', '/x/state.db', cause)
    expect(error).toMatchObject({ code, cause })
    expect(error.message).toContain(`cannot create '/x/state.db'`)
    if (code !== 'IO') expect(error.hint).toEqual(expect.any(String))
  })
})
