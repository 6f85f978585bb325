/**
 * Taking a store out and bringing it back.
 *
 * Invariants: nothing is lost; what was exported, restored and exported again is the same byte for
 * byte; a file that is not whole makes no store; a file that is there is never replaced unasked.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import {
  collection,
  defineModule,
  document,
  event,
  exportJson,
  exportStore,
  type ModuleStore,
  openStore,
  restoreExport,
  writeFileWhole,
} from '../../dist/index.js'
import { holdfast } from '../support/holdfast.ts'
import { tempStorePath } from '../support/temp-folder.ts'

const AWKWARD = { data: { metadata: { data: ['",\\"data":', '}', '\u2028', '\u0000'] } }, '': null }

const modules = () => ({
  tasks: collection<{ id: string; n: number; more?: unknown }>({ unique: ['n'] }),
  settings: document<{ theme: string }>({ theme: 'dark' }),
  notes: defineModule({
    name: 'notes',
    version: 1,
    events: { 'notes.note.saved': event<{ id: string; text: unknown }>() },
    migrations: [
      { id: '0001', sql: 'CREATE TABLE notes_note (id TEXT PRIMARY KEY, text TEXT) STRICT' },
    ],
    project: {
      'notes.note.saved': (tx, { data }) => {
        const values = [data.id, JSON.stringify(data.text)]
        tx.run('INSERT OR REPLACE INTO notes_note (id, text) VALUES (?, ?)', values)
      },
    },
    api: (store: ModuleStore) => ({
      save: (id: string, text: unknown, metadata: object) =>
        store.log.append(`notes.note/${id}`, {
          type: 'notes.note.saved',
          data: { id, text },
          metadata: { ...metadata },
          occurredAtMs: 1000,
        }),
    }),
  }),
})

function fullStore(): string {
  const path = tempStorePath()
  using store = openStore(path, modules())
  for (let n = 0; n < 1200; n++) store.tasks.put({ id: `t${n}`, n, more: AWKWARD })
  for (let n = 0; n < 50; n++) store.tasks.update(`t${n}`, (task) => ({ ...task, n: n + 5000 }))
  store.tasks.delete('t60')
  store.settings.put({ theme: 'light' })
  store.notes.save('awkward', AWKWARD, AWKWARD)
  store.notes.save('large', 'x'.repeat(100_000), {})
  store.notes.save('plain', null, { actor: 'agent' })
  store.leases.acquire({ name: 'build', owner: 'one', ttlMs: 60_000 })
  return path
}

const exportTo = (path: string, file: string) =>
  writeFileWhole(file, (write) => exportStore(path, write))

test('an export that was restored and exported again is the same byte for byte', () => {
  const path = fullStore()
  const [first, moved, second] = ['a.jsonl', 'moved.db', 'b.jsonl'].map((name) =>
    join(dirname(path), name),
  ) as [string, string, string]
  const report = exportTo(path, first)
  restoreExport(first, moved, { isMove: true })
  exportTo(moved, second)
  expect(readFileSync(second, 'utf8')).toBe(readFileSync(first, 'utf8'))
  // And once its tables were made.
  openStore(moved, modules()).close()
  const third = join(dirname(path), 'c.jsonl')
  expect(exportTo(moved, third)).toEqual(report)
})

test('a restored store has every event, row and payload, and verifies', () => {
  const path = fullStore()
  const file = join(dirname(path), 'export.jsonl')
  const copy = join(dirname(path), 'copy.db')
  exportTo(path, file)
  restoreExport(file, copy)
  using before = openStore(path, modules())
  using after = openStore(copy, modules())
  expect(after.verify()).toMatchObject({ ok: true, modulesNotChecked: [] })
  expect(after.tasks.list({}, { limit: 2000 })).toEqual(before.tasks.list({}, { limit: 2000 }))
  expect(after.settings.get()).toEqual({ theme: 'light' })
  expect([...after.log.pages()].flat()).toEqual([...before.log.pages()].flat())
})

test('a copy is another log in which nobody holds a lease, and tokens are far ahead', () => {
  const path = fullStore()
  const file = join(dirname(path), 'export.jsonl')
  const copy = join(dirname(path), 'copy.db')
  exportTo(path, file)
  restoreExport(file, copy)
  using before = openStore(path, modules())
  using after = openStore(copy, modules())
  expect(after.log.id).not.toBe(before.log.id)
  expect(after.leases.list()).toEqual([])
  const { fencingToken } = after.leases.acquire({ name: 'build', owner: 'two', ttlMs: 1000 })
  expect(fencingToken).toBeGreaterThan(2 ** 20)
})

test('a file that was cut short or changed anywhere makes no store', () => {
  const path = fullStore()
  const file = join(dirname(path), 'export.jsonl')
  exportTo(path, file)
  const text = readFileSync(file, 'utf8')
  const faults = {
    'cut in the middle': text.slice(0, text.length / 2),
    'without its last line': text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1),
    'one letter changed': text.replace('"light"', '"bight"'),
    'a line twice': text.replace(/\n({"sequence":7[^\n]*\n)/, '\n$1$1'),
    'a line left out': text.replace(/\n{"sequence":7[^\n]*\n/, '\n'),
    'a name of a field changed': text.replace('{"table":', '{"tbble":'),
    'another file': '{"a":1}\n',
    nothing: '',
  }
  for (const [fault, content] of Object.entries(faults)) {
    const broken = join(dirname(path), 'broken.jsonl')
    writeFileSync(broken, content)
    const restore = () => restoreExport(broken, join(dirname(path), 'none.db'))
    const code = fault === 'another file' ? 'IMPORT_INVALID' : 'EXPORT_DAMAGED'
    expect(restore, fault).toThrow(expect.objectContaining({ code }))
  }
  expect(readdirSync(dirname(path)).filter((name) => name.includes('none'))).toEqual([])
})

test('neither an export nor a restore replaces what is there', () => {
  const path = fullStore()
  const file = join(dirname(path), 'export.jsonl')
  exportTo(path, file)
  const refused = expect.objectContaining({ code: 'ARGUMENT_INVALID' })
  expect(() => exportTo(path, file)).toThrow(refused)
  expect(() => restoreExport(file, path)).toThrow(refused)
  expect(readdirSync(dirname(path)).filter((name) => name.startsWith('.'))).toEqual([])
  const forced = writeFileWhole(file, (write) => exportStore(path, write), { isReplacing: true })
  expect(forced.events).toBeGreaterThan(1200)
})

test('plain files have what the store has: collections, documents, events', () => {
  const path = fullStore()
  const folder = join(dirname(path), 'plain')
  const files = exportJson(path, folder)
  expect(files.map(({ kind, count }) => [kind, count])).toEqual([
    ['events', 3],
    ['document', 1],
    ['collection', 1199],
  ])
  using store = openStore(path, modules())
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  expect(JSON.parse(read('tasks.json'))).toEqual(store.tasks.list({}, { limit: 2000 }))
  expect(JSON.parse(read('settings.json'))).toEqual({ theme: 'light' })
  const [head, ...events] = read('notes.events.jsonl')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(head).toEqual({ holdfast: 'events', module: 'notes' })
  expect(events.map(({ data }) => data.id)).toEqual(['awkward', 'large', 'plain'])
  expect(events[0]).toMatchObject({ ts: '1970-01-01T00:00:01.000Z', data: { text: AWKWARD } })
})

test('the commands export and restore do the same', () => {
  const path = fullStore()
  const [file, copy] = [join(dirname(path), 'x.jsonl'), join(dirname(path), 'copy.db')]
  expect(holdfast(['export', file, '--store', path])).toMatchObject({ code: 0, stdout: '' })
  expect(holdfast(['export', '--store', path]).stdout).toBe(readFileSync(file, 'utf8'))
  expect(holdfast(['export', file, '--store', path]).code).toBe(2)
  const { code, stdout } = holdfast(['restore', file, '--move', '--json', '--store', copy])
  expect([code, JSON.parse(stdout).verify.ok]).toEqual([0, true])
  expect(holdfast(['export', '--store', copy]).stdout).toBe(readFileSync(file, 'utf8'))
})
