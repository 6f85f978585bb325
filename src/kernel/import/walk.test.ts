import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isOwnText, looksSecret } from './skip-rules.ts'
import { findFiles, ownFilesOf, Skipped } from './walk.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-walk-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function make(...names: string[]): void {
  for (const name of names) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), '{}')
  }
}

test('finds files in the order of their paths, and follows no link', () => {
  make('in/b.json', 'in/a/z.json', 'out/secret.json')
  symlinkSync(join(folder, 'out'), join(folder, 'in/link'))
  symlinkSync(join(folder, 'in'), join(folder, 'in/a/round'))
  const skipped = new Skipped()
  const files = findFiles([join(folder, 'in'), join(folder, 'in/b.json')], () => false, skipped)
  expect(files.map((file) => file.relativePath)).toEqual(['a/z.json', 'b.json'])
  expect(skipped.files.map((file) => file.why)).toEqual(['a symbolic link', 'a symbolic link'])
})

test('a file is named, whether before or after its folder', () => {
  make('in/a.json', 'in/b.txt')
  const [root, named] = [join(folder, 'in'), join(folder, 'in/b.txt')]
  for (const roots of [
    [root, named],
    [named, root],
    [named, root, named],
  ]) {
    const files = findFiles(roots, () => false, new Skipped())
    const names = files.filter(({ isNamed }) => isNamed).map(({ relativePath }) => relativePath)
    expect(names).toEqual(['b.txt'])
    expect(files).toHaveLength(2)
  }
})

test('passes over what Holdfast wrote, backups, and what belongs to a database', () => {
  make('state.db', 'state.db-wal', 'state.db-bell', '.holdfast/x.json', 'a.json.1.bak', 'a.lock')
  make('node_modules/m/package.json', 'a.json')
  const skipped = new Skipped()
  const files = findFiles([folder], ownFilesOf(join(folder, 'state.db')), skipped)
  expect(files.map((file) => file.relativePath)).toEqual(['a.json'])
  expect(skipped.count).toBe(7)
})

test('a named path that is neither file nor folder is passed over as what it is', async () => {
  const path = join(folder, 's.json')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const skipped = new Skipped()
  expect(findFiles([path], () => false, skipped)).toEqual([])
  expect(skipped.files).toEqual([{ path: realpathSync(path), why: 'not a file' }])
  await new Promise((resolve) => server.close(resolve))
})

test('says which path is missing', () => {
  expect(() => findFiles([join(folder, 'gone')], () => false, new Skipped())).toThrow('gone')
})

test.each([
  ['join-tokens.json', true],
  ['secrets.json', true],
  ['.env.local', true],
  ['server.key', true],
  ['token-usage.json', false],
  ['tasks.json', false],
])('%s looks like secrets: %s', (name, isSecret) => {
  expect(looksSecret(name)).toBe(isSecret)
})

test('knows its own exports', () => {
  expect(isOwnText('{"holdfast":"export","format":1}')).toBe(true)
  expect(isOwnText('{"tool":"holdfast"}')).toBe(false)
})
