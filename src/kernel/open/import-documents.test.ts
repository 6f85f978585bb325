/** JSON files: what is stored of them is what stood there, and half a file replaces no whole one. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempFolder } from '../../../test/support/temp-folder.ts'
import { collection } from '../collections/define.ts'
import { openStore } from './open-store.ts'

function setUp() {
  const folder = tempFolder()
  mkdirSync(join(folder, 'in'))
  const write = (name: string, content: string | Buffer) => {
    const path = join(folder, 'in', name)
    writeFileSync(path, content)
    return path
  }
  return { folder, write, open: () => openStore(join(folder, 'state.db')) }
}

const TEXTS = /* sql */ `
  SELECT name AS stream, events.data, metadata
  FROM events JOIN streams ON streams.id = stream_id ORDER BY sequence`
const REJECTS = /* sql */ `SELECT line, reason, CAST(raw AS TEXT) AS raw FROM rejects ORDER BY id`

test('digits, escapes, order and repeated keys within an item are stored as they stood there', () => {
  const { write, open } = setUp()
  using store = open()
  const item =
    '{"id":"a","n":12345678901234567890,"x":1.00,"k":1,"k":2,"s":"\\u0041\\ud83d","e":1e400}'
  const list = write('list.json', `[\n  ${item.replaceAll(',"', ', "')}\n]`)
  const document = write('doc.json', '{ "version" : 1e400, "big": 123456789012345678901 }')
  expect(store.import([list, document])).toMatchObject({ stored: 2, rejected: 0, salvaged: 0 })
  expect(store.sql.all(TEXTS)).toEqual([
    { stream: 'list.item/a', data: item, metadata: null },
    {
      stream: 'doc.document/document',
      data: '{"version":1e400,"big":123456789012345678901}',
      metadata: null,
    },
  ])
  expect(store.verify().problems).toEqual([])
  // Laid out anew it is the same.
  write('list.json', `[${item}]`)
  expect(store.import([list])).toMatchObject({ stored: 0, duplicate: 1 })
})

test('of a repeated key the last is the item, as for every reader of the file; the others are rejects', () => {
  const { write, open } = setUp()
  using store = open()
  const path = write('map.json', '{"a":{"v":1},\n"b":{"v":3},\n"a":{"v":2},"a":{"v":4}}')
  expect(store.import([path])).toMatchObject({ stored: 2, rejected: 2 })
  expect(store.sql.all('SELECT data FROM map ORDER BY id')).toEqual([
    { data: '{"id":"a","v":4}' },
    { data: '{"id":"b","v":3}' },
  ])
  expect(store.sql.all(REJECTS)).toEqual([
    { line: 1, reason: 'repeated key', raw: '"a":{"v":1}' },
    { line: 3, reason: 'repeated key', raw: '"a":{"v":2}' },
  ])
})

test('two ids that a number cannot tell apart are two items', () => {
  const { write, open } = setUp()
  using store = open()
  const path = write('ids.json', '[{"id":9007199254740993},{"id":9007199254740992}]')
  expect(store.import([path])).toMatchObject({ stored: 2, rejected: 0 })
  expect(store.sql.all('SELECT id FROM ids ORDER BY id DESC')).toEqual([
    { id: '9007199254740993' },
    { id: '9007199254740992' },
  ])
})

test('what was mended says so, with what stood there', () => {
  const { write, open } = setUp()
  using store = open()
  const bytes = Buffer.from('[{"id":1,"n":NaN},\n{"id":2,"s":"..","n":1,},{"id":3}]')
  bytes.set([0xff, 0xfe], bytes.indexOf('..'))
  const path = write('odd.json', bytes)
  expect(store.import([path])).toMatchObject({ stored: 3, salvaged: 3, rejected: 0 })
  const rows = store.sql.all<{ data: string; metadata: string | null }>(TEXTS)
  expect(rows.map(({ data }) => data)).toEqual([
    '{"id":1,"n":null}',
    '{"id":2,"s":"\ufffd\ufffd","n":1}',
    '{"id":3}',
  ])
  const slice = bytes.subarray(bytes.indexOf('{"id":2'), bytes.indexOf(',{"id":3'))
  expect(rows.map(({ metadata }) => metadata && JSON.parse(metadata).import)).toEqual([
    { line: 1, repairs: ['not-a-number'], raw: '{"id":1,"n":NaN}' },
    {
      line: 2,
      repairs: ['trailing-comma', 'replaced-bytes'],
      rawBase64: slice.toString('base64'),
    },
    null,
  ])
})

test('an item that cannot be taken is a reject of its own, with its line and its text', () => {
  const { write, folder } = setUp()
  const schema = {
    '~standard': {
      version: 1 as const,
      vendor: 'test',
      validate: (value: unknown) =>
        (value as { n: number }).n < 2
          ? { value: value as { id: string; n: number } }
          : { issues: [{ message: 'too large' }] },
    },
  }
  using store = openStore(join(folder, 'state.db'), { tasks: collection({ schema }) })
  const path = write(
    'tasks.json',
    '[\n{"id":"a","n":1},\n{"id": "b", "n":2.00},\n{"id":"\\ud83d","n":1}]',
  )
  expect(store.import([path])).toMatchObject({ stored: 1, rejected: 2 })
  expect(store.sql.all(REJECTS)).toMatchObject([
    { line: 3, raw: '{"id": "b", "n":2.00}' },
    { line: 4, raw: '{"id":"\\ud83d","n":1}' },
  ])
})

test('half a document replaces no whole one, and is no reject any more when it is whole', () => {
  const { write, open } = setUp()
  using store = open()
  const path = write('settings.json', '{"theme":"dark","sizes":[1,2],"last":"x"}')
  expect(store.import([path])).toMatchObject({ stored: 1 })
  write('settings.json', '{"theme":"light","sizes":[1,')
  expect(store.import([path])).toMatchObject({ stored: 0, rejected: 2 })
  const shown = () => store.sql.get<{ data: string }>('SELECT data FROM settings')?.data
  expect(shown()).toContain('dark')
  expect(store.sql.all(REJECTS)).toHaveLength(2)
  expect(store.log.head()).toBe(1)
  write('settings.json', '{"theme":"light","sizes":[1,2],"last":"y"}')
  expect(store.import([path])).toMatchObject({ stored: 1, rejected: 0 })
  expect(shown()).toContain('light')
  expect(store.sql.all(REJECTS)).toEqual([])
})

test('half a document is stored where there is none yet', () => {
  const { write, open } = setUp()
  using store = open()
  const path = write('settings.json', '{"theme":"light","n":1,"sizes":[1,')
  expect(store.import([path])).toMatchObject({ stored: 1, salvaged: 1, rejected: 1 })
})

test('another source of the same items is named, and nothing is said to have changed', () => {
  const { folder, open } = setUp()
  using store = open()
  const paths = ['one', 'two'].map((name, n) => {
    mkdirSync(join(folder, name))
    const path = join(folder, name, 'tasks.json')
    writeFileSync(path, `[{"id":"a","n":${n}},{"id":"same"}]`)
    return path
  })
  const as = { 'tasks.json': 'collection:tasks:key=id' }
  store.import([String(paths[0])], { as })
  expect(store.import([String(paths[1])], { as })).toMatchObject({ kept: 1, duplicate: 1 })
  expect(store.sql.all(REJECTS)).toEqual([
    { line: 1, reason: `another source has it: ${paths[0]}`, raw: '{"id":"a","n":1}' },
  ])
})

test('following waits until a document is written', async () => {
  const { write, open } = setUp()
  using store = open()
  const path = write('settings.json', '{"theme":"dark","sizes":[1,2]}')
  const ending = new AbortController()
  const reports: (readonly [number, number])[] = []
  for await (const report of store.followImport([path], { signal: ending.signal })) {
    reports.push([report.stored, report.rejected])
    if (reports.length > 1) ending.abort()
    else {
      write('settings.json', '{"theme":"light","sizes":[1,')
      setTimeout(() => write('settings.json', '{"theme":"light","sizes":[1,2]}'), 150)
    }
  }
  expect(reports).toEqual([
    [1, 0],
    [1, 0],
  ])
})
