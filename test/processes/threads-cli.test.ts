/**
 * The commands that modules bring: `holdfast threads …`, and those of the config file.
 *
 * Invariants: an archive goes to a file that is there whole or not at all, and never over another; a dry run
 * writes nothing and makes no store; what is refused says why and what to do.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { collection, openStore } from '../../dist/index.js'
import { threads } from '../../dist/modules/threads/index.js'
import { holdfast } from '../support/holdfast.ts'
import { tempFolder, tempStorePath } from '../support/temp-folder.ts'
import { archiveOf, longThread } from '../support/thread-archive.ts'

const MESSAGES = 3_000
const EVENTS = MESSAGES + 4

function archiveFile(messages = MESSAGES): string {
  const file = join(tempFolder(), 'thread.jsonl')
  writeFileSync(file, [...archiveOf(longThread(messages))].join('\n'))
  return file
}

function storeWithThread(): string {
  const path = tempStorePath()
  using store = openStore(path, { threads })
  store.threads.importThread([...archiveOf(longThread(MESSAGES))])
  return path
}

const run = (path: string, ...args: string[]) => holdfast(['threads', ...args, '--store', path])
const asJson = (path: string, ...args: string[]) => {
  const { code, stdout, stderr } = run(path, ...args, '--json')
  return { code, result: JSON.parse(code === 0 ? stdout : stderr) as unknown }
}
const failure = (code: string, hint?: string) => ({
  code: expect.any(Number),
  result: {
    error: expect.objectContaining({ code, ...(hint && { hint: expect.stringContaining(hint) }) }),
  },
})

test('a thread goes to a file and from it into another store, which has it once', () => {
  const from = storeWithThread()
  const file = join(tempFolder(), 'out.jsonl')
  const exported = run(from, 'export', 't', file)
  expect([exported.code, exported.stdout]).toEqual([0, expect.stringContaining('3,004 events')])
  const lines = readFileSync(file, 'utf8').split('\n')
  expect([lines.length, lines.at(-1)]).toEqual([EVENTS + 3, ''])
  const to = tempStorePath()
  const events = { threadId: 't', projectId: 'p', events: EVENTS }
  expect(asJson(to, 'import', file, '--dry-run')).toEqual({
    code: 0,
    result: { ...events, stored: EVENTS, isDryRun: true },
  })
  expect(existsSync(to)).toBe(false)
  expect(run(to, 'import', file).stdout).toContain('3,004 events')
  for (const more of [[], ['--dry-run']]) {
    expect(asJson(to, 'import', file, ...more).result).toMatchObject({ ...events, stored: 0 })
  }
  expect(run(to, 'import', file).stdout).toContain('nothing was stored')
  using store = openStore(to, { threads })
  expect(store.threads.get('t')).toMatchObject({ messageCount: MESSAGES, isHalfImported: false })
  expect(store.verify().problems).toEqual([])
})

test('an archive replaces no file but with --force, and leaves none that is not whole', () => {
  const path = storeWithThread()
  const folder = tempFolder()
  const file = join(folder, 'out.jsonl')
  writeFileSync(file, 'mine')
  expect(asJson(path, 'export', 't', file)).toEqual(failure('ARGUMENT_INVALID', '--force'))
  expect(readFileSync(file, 'utf8')).toBe('mine')
  expect(asJson(path, 'export', 'x', file, '--force')).toEqual(
    failure('NOT_FOUND', 'preset threads'),
  )
  expect([readFileSync(file, 'utf8'), readdirSync(folder)]).toEqual(['mine', ['out.jsonl']])
  expect(asJson(path, 'export', 't', file, '--force').result).toMatchObject({
    ...{ threadId: 't', events: EVENTS, file, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  })
  expect(asJson(path, 'export', 't', `${file}.2`, '--redact')).toEqual(failure('ARGUMENT_INVALID'))
  expect(asJson(path, 'export', 't', join(folder, 'none', 'x'))).toEqual(failure('PATH_REFUSED'))
})

test('what is refused says why and what to do, and a dry run finds it too', () => {
  const path = storeWithThread()
  const of = (...args: string[]) => asJson(path, 'import', ...args)
  const changed = join(tempFolder(), 'changed.jsonl')
  writeFileSync(changed, readFileSync(archiveFile(), 'utf8').replace('message m7', 'message m8'))
  for (const more of [[], ['--dry-run']]) {
    expect(of(changed, ...more)).toEqual(failure('IMPORT_INVALID', 'export'))
    expect(of(archiveFile(5), ...more)).toEqual(failure('CONSTRAINT', 'nothing was imported'))
    expect(of('/nope.jsonl', ...more)).toEqual(failure('NOT_FOUND'))
    const empty = tempStorePath()
    const args = ['import', archiveFile(5), '--project', 'none', ...more]
    expect(asJson(empty, ...args)).toEqual(failure('NOT_FOUND', 'create it first'))
  }
  expect(asJson(tempStorePath(), 'export', 't', 'x')).toEqual(failure('STORE_MISSING'))
  const other = tempStorePath()
  openStore(other, { tasks: collection<{ id: string }>() }).close()
  expect(asJson(other, 'export', 't', 'x')).toEqual(failure('NOT_FOUND', '--store'))
  expect(run(path, 'export', 't').code).toBe(2)
  expect(run(path).code).toBe(2)
})

test('an import that stopped is finished by the same command, or given up', () => {
  const file = archiveFile()
  const half = () => {
    const path = tempStorePath()
    using store = openStore(path, { threads })
    const onProgress = () => {
      throw new Error('killed')
    }
    expect(() => store.threads.importThread(file, { onProgress })).toThrow('killed')
    return path
  }
  const finished = half()
  const dry = asJson(finished, 'import', file, '--dry-run')
  expect(asJson(finished, 'import', file).result).toMatchObject({
    stored: (dry.result as { stored: number }).stored,
  })
  const given = half()
  expect(asJson(given, 'export', 't', 'x')).toEqual(failure('STREAM_BLOCKED', 'holdfast threads'))
  expect(asJson(given, 'discard', 't', '--dry-run').result).toMatchObject({ events: EVENTS })
  expect(asJson(given, 'discard', 't').result).toMatchObject({ threadId: 't', events: EVENTS })
  expect(asJson(given, 'discard', 't')).toEqual(failure('NOT_FOUND'))
  expect(asJson(given, 'import', file)).toEqual(failure('CONSTRAINT'))
})

test('what fails makes no store of a name that has none, and never replaces one', () => {
  const folder = tempFolder()
  const none = join(folder, 'none.db')
  expect(asJson(none, 'discard', 't')).toEqual(failure('NOT_FOUND'))
  expect(asJson(none, 'import', join(folder, 'nope.jsonl'))).toEqual(failure('NOT_FOUND'))
  expect(readdirSync(folder)).toEqual([])
  const path = storeWithThread()
  for (const args of [
    ['threads', 'export', 't', path],
    ['export', path],
  ]) {
    const { code, stderr } = holdfast([...args, '--force', '--store', path])
    expect([code, stderr]).toEqual([2, expect.stringContaining('is a database')])
  }
  using store = openStore(path, { threads })
  expect(store.threads.get('t')).toMatchObject({ messageCount: MESSAGES })
})

test('the config file brings commands of its own modules', () => {
  const path = tempStorePath()
  const cwd = tempFolder()
  mkdirSync(cwd, { recursive: true })
  const kernel = join(import.meta.dirname, '../../dist/index.js')
  writeFileSync(
    join(cwd, 'holdfast.config.js'),
    `import { collection } from ${JSON.stringify(kernel)}
     export const modules = { notes: collection() }
     export const commands = {
       notes: {
         summary: 'notes',
         commands: [
           {
             name: 'add', summary: 'add a note', isChanging: true,
             arguments: { id: 'its id' }, options: { title: 'its title' },
             run: (notes, { argument, option, isDryRun }) => {
               const note = { id: argument('id'), title: option('title') ?? 'none' }
               if (!isDryRun) notes.put(note)
               return { json: note, text: ['added ' + note.id] }
             },
           },
           { name: 'import', summary: 'count', run: async (notes) => ({ json: { count: notes.list().length }, text: [] }) },
         ],
       },
     }`,
  )
  const own = (...args: string[]) => holdfast([...args, '--store', path], { cwd })
  expect(own('notes', 'add', 'a', '--title', 'one').stdout).toBe('added a\n')
  expect(own('notes', 'add', 'b', '--dry-run').code).toBe(0)
  expect(own('notes', 'import', '--json').stdout).toBe('{"count":1}\n')
  expect(own('notes', '--help').stdout).toContain('add a note')
  expect(own('notes', 'nope').code).toBe(2)
  expect(own('none', 'add').code).toBe(2)
})
