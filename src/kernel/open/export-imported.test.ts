import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { collection, document } from '../collections/define.ts'
import { openConnection } from '../connection/open-connection.ts'
import { chooseDriver } from '../driver/choose.ts'
import { exportJson } from '../maintenance/export/export-json.ts'
import { openStore } from './open-store.ts'

test('a log of an unknown tool comes back line by line, and what was never set is no file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-export-'))
  const [source, out] = [join(folder, 'in'), join(folder, 'out')]
  const lines = '{"time":1,"kind":"a"}\n{"time":2,"n":12345678901234567890}\n'
  mkdirSync(source)
  writeFileSync(join(source, 'clicks.jsonl'), lines)
  const path = join(folder, 'store.db')
  const store = openStore(path, { settings: document({ a: 1 }) })
  store.import([source])
  store.close()
  exportJson(path, out)
  expect(readdirSync(out)).toEqual(['clicks.jsonl'])
  expect(readFileSync(join(out, 'clicks.jsonl'), 'utf8')).toBe(lines)
  rmSync(folder, { recursive: true, force: true })
})

function raw(path: string, sql: string): void {
  const wait = { path, timeoutMs: 0, random: () => 0.5 }
  const connection = openConnection(chooseDriver({}), path, { isReadOnly: false, wait })
  connection.run(sql)
  connection.close()
}

test('numbers come back with the digits that they came with, until they are changed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-export-'))
  const [source, out] = [join(folder, 'in'), join(folder, 'out')]
  const files = {
    'doc.json': '{\n  "n": 12345678901234567890,\n  "f": [\n    1.0,\n    1e2\n  ]\n}\n',
    'list.json': '[\n  {"id":"a","n":12345678901234567890},\n  {"id":"b","n":1.50}\n]\n',
    'map.json': '{\n  "x": {"n":-0.10},\n  "y": {"n":98765432109876543210,"id":2}\n}\n',
  }
  mkdirSync(source)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(source, name), text)
  const path = join(folder, 'store.db')
  using store = openStore(path, { list: collection<{ id: string; n: number }>() })
  store.import([source], {
    as: {
      'map.json': 'collection:map',
      'doc.json': 'document:doc',
      'list.json': 'collection:list',
    },
  })
  const exported = (options = {}) => {
    exportJson(path, out, { isReplacing: true, ...options })
    return Object.fromEntries(
      Object.keys(files).map((name) => [name, readFileSync(join(out, name), 'utf8')]),
    )
  }
  expect(exported()).toEqual(files)
  expect(exported({ isRedacting: true })).toEqual(files)
  store.prune({ hotEvents: 0 })
  expect(exported()).toEqual(files)
  const withB = (n: string) => ({ ...files, 'list.json': files['list.json'].replace('1.50', n) })
  store.list.put({ id: 'b', n: 2 })
  expect(exported()).toEqual(withB('2'))
  // As an import would leave it that was killed: the stream's head is not in its table yet.
  store.log.append('list.item/b', { type: 'list.item.saved', data: { id: 'b', n: 3 } })
  raw(
    path,
    "UPDATE events SET data = replace(data, '3', '3.0') WHERE sequence = (SELECT max(sequence) FROM events)",
  )
  expect(exported()).toEqual(withB('3.0'))
  // Whatever an event says, the item is what its row says.
  raw(path, "UPDATE list SET data = replace(data, '3', '4') WHERE id = 'b'")
  expect(exported()).toEqual(withB('4'))
  rmSync(folder, { recursive: true, force: true })
})
