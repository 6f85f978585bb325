/**
 * What an import took, written back as plain files.
 *
 * Invariant: a file comes back the way it came (a list, a map of properties, in its order), and what
 * is imported from the exported files is what was imported from the first ones.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { collection, exportJson, openStore } from '../../dist/index.js'
import { holdfast } from '../support/holdfast.ts'
import { tempFolder } from '../support/temp-folder.ts'

/** Imports files and exports them; gives the export's texts by name, and the tables before and after. */
function roundTrip(files: Readonly<Record<string, string>>, ...as: readonly string[]) {
  const root = tempFolder()
  const [from, to] = [join(root, 'from'), join(root, 'to')]
  const [first, second] = [join(root, 'first.db'), join(root, 'second.db')]
  mkdirSync(from)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(from, name), text)
  expect(holdfast(['import', from, ...as, '--store', first])).toMatchObject({ code: 0 })
  const { code, stdout } = holdfast(['export', to, '--json', '--store', first])
  expect(code).toBe(0)
  const paths: string[] = JSON.parse(stdout).map(({ path }: { path: string }) => path)
  expect(new Set(paths).size).toBe(paths.length)
  expect(holdfast(['import', to, '--store', second])).toMatchObject({ code: 0 })
  return {
    first,
    second,
    to,
    read: (name: string) => readFileSync(join(to, name), 'utf8'),
    tables: (name: string) =>
      [first, second].map((store) => {
        const sql = `SELECT id, data FROM "${name}" ORDER BY id`
        const { stdout } = holdfast(['query', sql, '--json', '--store', store])
        return JSON.parse(stdout).rows
      }),
  }
}

// Compared as text too, for the order of keys is not compared otherwise.
function expectSame(text: string, value: unknown): void {
  expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify(value))
}

test('a map of objects is a map again, in its order and without the key that it was given', () => {
  const hosts = {
    zebra: { port: 1, deep: { id: 'inner' } },
    '': undefined,
    alpha: {},
    'with "quotes"/\u2028': { port: 3 },
  }
  const trip = roundTrip({ 'hosts.json': JSON.stringify(hosts) })
  expectSame(trip.read('hosts.json'), hosts)
  const [before, after] = trip.tables('hosts')
  expect(before).toHaveLength(3)
  expect(after).toEqual(before)
})

test('a map whose objects repeat the property keeps their field, and so does one of many', () => {
  const users = { zoe: { name: 'zoe', age: 1 }, abe: { age: 2, name: 'abe' } }
  const many = Object.fromEntries(
    Array.from({ length: 1500 }, (_, n) => [`k${(n * 7919) % 1500}`, { id: 7, n }]),
  )
  const trip = roundTrip({ 'users.json': JSON.stringify(users), 'many.json': JSON.stringify(many) })
  expectSame(trip.read('users.json'), users)
  expectSame(trip.read('many.json'), many)
  for (const name of ['users', 'many']) {
    const [before, after] = trip.tables(name)
    expect(after).toEqual(before)
  }
})

test('a list stays a list in its order', () => {
  const tasks = [{ id: 'z' }, { id: 'a', n: 1 }, { id: 'm' }]
  const trip = roundTrip({ 'tasks.json': JSON.stringify(tasks) })
  expectSame(trip.read('tasks.json'), tasks)
})

test('what changed since stands in its place, and what a program added behind it', () => {
  const hosts = { zebra: { port: 1 }, alpha: { port: 2 }, gone: { port: 3 } }
  const { first, to } = roundTrip({ 'hosts.json': JSON.stringify(hosts) })
  {
    using store = openStore(first, { hosts: collection<{ id: string; port: number }>() })
    store.hosts.update('zebra', (item) => ({ port: item.port + 10, id: item.id }))
    store.hosts.delete('gone')
    store.hosts.put({ id: '0', port: 4 })
    store.hosts.put({ id: 'beta', port: 5 })
  }
  exportJson(first, to, { isReplacing: true })
  const text = readFileSync(join(to, 'hosts.json'), 'utf8')
  expect(JSON.parse(text)).toEqual({
    zebra: { port: 11 },
    alpha: { port: 2 },
    '0': { port: 4 },
    beta: { port: 5 },
  })
  expect(text.match(/"(?:zebra|alpha|0|beta)"/g)?.join()).toBe('"zebra","alpha","0","beta"')
})

test('a map that changes is still the same source, and secrets in its names are taken out', () => {
  const root = tempFolder()
  const [file, path] = [join(root, 'keys.json'), join(root, 'state.db')]
  const secret = `ghp_${'x'.repeat(36)}`
  const run = (keys: object) => {
    writeFileSync(file, JSON.stringify(keys))
    return holdfast(['import', file, '--json', '--store', path]).stdout
  }
  run({ [secret]: { uses: 1 }, b: { uses: 1 } })
  expect(JSON.parse(run({ [secret]: { uses: 2 }, b: { uses: 1 } }))).toMatchObject({
    stored: 1,
    kept: 0,
  })
  const to = join(root, 'to')
  exportJson(path, to, { isRedacting: true })
  expect(JSON.parse(readFileSync(join(to, 'keys.json'), 'utf8'))).toEqual({
    '[redacted]': { uses: 2 },
    b: { uses: 1 },
  })
})

test('a collection that came as a list and as a map is a list, with every key', () => {
  const root = tempFolder()
  const path = join(root, 'state.db')
  const [list, map] = [join(root, 'tasks.json'), join(root, 'more.json')]
  writeFileSync(list, '[{"id":"b"}]')
  writeFileSync(map, '{"a":{"n":1}}')
  holdfast(['import', list, '--store', path])
  holdfast(['import', map, '--as', 'more.json=collection:tasks:key=id', '--store', path])
  const to = join(root, 'to')
  exportJson(path, to)
  expectSame(readFileSync(join(to, 'tasks.json'), 'utf8'), [{ id: 'b' }, { id: 'a', n: 1 }])
})

test('a log named rejects and what could not be imported are two files', () => {
  const files = { 'rejects.jsonl': '{"n":1}\n{"n":2}\n', 'app.jsonl': '{"app":1}\nnot json\n' }
  const trip = roundTrip(files, '--as', 'rejects.jsonl=events:rejects')
  expect(trip.read('rejects.jsonl')).toBe('{"n":1}\n{"n":2}\n')
  expect(trip.read('import-rejects.jsonl')).toContain('not json')
})
