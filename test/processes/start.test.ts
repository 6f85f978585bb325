/**
 * What a program pays before its first read: the built-in modules that opening a store loads.
 *
 * Each of those below brings streams or sockets along, which take Node a twentieth to a tenth of its
 * start. They are loaded by the first call that needs one (scripts/late-imports.mjs).
 */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { tempFolder } from '../support/temp-folder.ts'

const COSTLY = ['child_process', 'crypto', 'net', 'stream', 'worker_threads', 'zlib']
const DIST = new URL('../../dist/index.js', import.meta.url).href
const PROGRAM = `
  import { openStore } from '${DIST}'
  const store = openStore(process.argv[1])
  store.log.head()
  store.close()
  const loaded = process.moduleLoadList.map((name) => name.replace('NativeModule ', ''))
  const { writeSync } = process.getBuiltinModule('node:fs')
  writeSync(1, JSON.stringify(${JSON.stringify(COSTLY)}.filter((name) => loaded.includes(name))))`

test('opening a store and reading its head loads neither streams nor sockets', () => {
  const path = join(tempFolder(), 'state.db')
  openStore(path).close()
  const args = ['--input-type=module', '--eval', PROGRAM, path]
  expect(JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }))).toEqual([])
})
