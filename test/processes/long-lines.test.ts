/**
 * Lines and documents of 64 MB; fewer of millions of objects, which parsed are ten times as much.
 * Invariants:
 *
 * 1. An import of one takes less than 256 MB of memory, whatever stands in it.
 * 2. One that is an object is stored as it was, once; any other is in the rejects, byte for byte.
 * 3. A document that is a list or map of items becomes a collection, any other one event.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { pipeline } from '../../dist/modules/pipeline/index.js'
import { rounds } from '../support/soak.ts'
import { tempFolder } from '../support/temp-folder.ts'

const MAX_RSS_MB = 256
const MIB = 1024 * 1024
const LINE_BYTES = 64 * MIB - 200
const bytesOf = (element: string) =>
  element.startsWith('{') ? rounds(24, 64) * MIB - 200 : LINE_BYTES
const DIST = new URL('../../dist/index.js', import.meta.url).href
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const IMPORT_AND_MEASURE = `
  const [dist, store, source] = process.argv.slice(1)
  const { existsSync, readFileSync } = await import('node:fs')
  const { openStore } = await import(dist)
  const opened = openStore(store)
  const { stored, duplicate, rejected, sources } = opened.import([source])
  const reasons = sources[0].rejects.map((reject) => reject.reason)
  opened.close()
  // Linux counts what the parent had when it forked into maxRSS; VmHWM begins with the program.
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : ''
  const peak = /VmHWM:\\s+(\\d+)/.exec(status)?.[1] ?? process.resourceUsage().maxRSS
  const rssMb = Number(peak) / 1024
  console.log(JSON.stringify({ stored, duplicate, rejected, reasons, rssMb }))`

interface Measured {
  readonly stored: number
  readonly duplicate: number
  readonly rejected: number
  readonly reasons: readonly string[]
  readonly rssMb: number
}

function measureImport(store: string, source: string): Measured {
  const args = ['--input-type=module', '-e', IMPORT_AND_MEASURE, DIST, store, source]
  return JSON.parse(
    execFileSync(process.execPath, args, { encoding: 'utf8', cwd: ROOT }),
  ) as Measured
}

function lineOf(element: string, end = ']}'): Buffer {
  const head = '{"ts":"2026-01-01T00:00:00Z","list":['
  const count = Math.floor(bytesOf(element) / (element.length + 1))
  const list = Buffer.alloc(count * (element.length + 1), `${element},`)
  return Buffer.concat([Buffer.from(head), list, Buffer.from(element + end)])
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

test.each([
  ['millions of objects', '{}'],
  ['text', '"some words, and \\u263a"'],
])('a line of %s is stored as it was, once, in bounded memory', (_, element) => {
  const folder = tempFolder()
  const line = lineOf(element)
  const [source, copy] = [join(folder, 'big.jsonl'), join(folder, 'copy.jsonl')]
  for (const path of [source, copy]) {
    writeFileSync(path, Buffer.concat([Buffer.from('{"at":1760000000,"n":1}\n'), line]))
  }
  const path = join(folder, 'state.db')
  const first = measureImport(path, source)
  expect(first).toMatchObject({ stored: 2, rejected: 0 })
  expect(first.rssMb).toBeLessThan(MAX_RSS_MB)
  const second = measureImport(path, copy)
  expect(second).toMatchObject({ stored: 0, duplicate: 2 })
  expect(second.rssMb).toBeLessThan(MAX_RSS_MB)
  using store = openStore(path)
  const [row] = store.sql.all<{ hash: string; size: number; at: number }>(
    `SELECT lower(hex(hash)) AS hash, size_bytes AS size, occurred_at_ms AS at
     FROM events JOIN payloads ON payloads.id = payload_id`,
  )
  expect(row).toEqual({ hash: sha256(line), size: line.length, at: Date.UTC(2026, 0, 1) })
  // Unpacks the body, sums it as it stands, and parses it: of objects, for half a minute.
  if (element !== '{}') expect(store.verify().problems).toEqual([])
})

test('a line that is not JSON is in the rejects byte for byte, in bounded memory', () => {
  const folder = tempFolder()
  const line = lineOf('{}', 'x]}')
  const source = join(folder, 'big.jsonl')
  writeFileSync(source, Buffer.concat([line, Buffer.from('\n{"n":1}\n')]))
  const path = join(folder, 'state.db')
  const measured = measureImport(path, source)
  expect(measured).toMatchObject({ stored: 1, rejected: 1, reasons: ['not JSON'] })
  expect(measured.rssMb).toBeLessThan(MAX_RSS_MB)
  using store = openStore(path)
  const hash = createHash('sha256')
  const rows = store.sql.all<{ raw: Uint8Array }>('SELECT raw FROM rejects ORDER BY byte_offset')
  for (const { raw } of rows) hash.update(raw)
  expect(hash.digest('hex')).toBe(sha256(line))
})

test('an object of that size that a module would fold is kept as a reject', () => {
  const folder = tempFolder()
  const line = lineOf('"words"')
  const source = join(folder, 'events.jsonl')
  const small = '{"ts":"2026-01-01T00:00:00Z","type":"pipeline.started","issue":1}\n'
  writeFileSync(source, Buffer.concat([Buffer.from(small), line, Buffer.from('\n')]))
  using store = openStore(join(folder, 'state.db'), { pipeline })
  expect(store.import([source])).toMatchObject({ stored: 1, rejected: 1 })
  const [reject] = store.sql.all('SELECT line, reason, sum(length(raw)) AS size FROM rejects')
  expect(reject).toEqual({ line: 2, reason: 'too long', size: line.length })
})

test('a document of that size that is a list of items becomes a collection, in bounded memory', () => {
  const folder = tempFolder()
  const words = 'some words, and \\u263a '.repeat(1500)
  const item = (id: number) =>
    `{ "id": ${9_007_199_254_740_000n + BigInt(id)}, "text": "${words}" }`
  const count = Math.floor(LINE_BYTES / (item(0).length + 2))
  const source = join(folder, 'items.json')
  writeFileSync(source, `[${Array.from({ length: count }, (_, at) => item(at)).join(',\n')}]`)
  const path = join(folder, 'state.db')
  const measured = measureImport(path, source)
  expect(measured).toMatchObject({ stored: count, rejected: 0 })
  expect(measured.rssMb).toBeLessThan(MAX_RSS_MB)
  expect(measureImport(path, source)).toMatchObject({ stored: 0 })
  using store = openStore(path)
  expect(store.sql.get('SELECT count(*) AS items FROM items')).toEqual({ items: count })
})

test.each([
  ['millions of objects', '{ }', '{}'],
  ['text', '"some words, and \\u263a"', '"some words, and \\u263a"'],
])('a document of %s of that size is one event, in bounded memory', (_, element, compact) => {
  const folder = tempFolder()
  const list = Buffer.alloc(bytesOf(element), `${element},\n`)
  const end = list.lastIndexOf(',\n')
  const source = join(folder, 'list.json')
  writeFileSync(
    source,
    Buffer.concat([Buffer.from('[\n'), list.subarray(0, end), Buffer.from(']')]),
  )
  const path = join(folder, 'state.db')
  const measured = measureImport(path, source)
  expect(measured).toMatchObject({ stored: 1, rejected: 0 })
  expect(measured.rssMb).toBeLessThan(MAX_RSS_MB)
  expect(measureImport(path, source)).toMatchObject({ stored: 0, rejected: 0 })
  using store = openStore(path)
  const count = (end + 2) / (element.length + 2)
  const shown = Buffer.alloc(count * (compact.length + 1) + 1, `,${compact}`).fill('[', 0, 1)
  shown.write(']', shown.length - 1)
  const row = store.sql.get<{ hash: string }>('SELECT lower(hex(hash)) AS hash FROM payloads')
  expect(row?.hash).toBe(sha256(shown))
})

test('a document of that size that is broken is in the rejects from the mistake on', () => {
  const folder = tempFolder()
  const source = join(folder, 'items.json')
  const text = '"some words"'
  const rest = Buffer.alloc(LINE_BYTES, `${text},`)
  writeFileSync(
    source,
    Buffer.concat([Buffer.from('[{"id":1},{"id":2},'), rest, Buffer.from('x]')]),
  )
  const path = join(folder, 'state.db')
  const measured = measureImport(path, source)
  expect(measured).toMatchObject({ stored: 0, rejected: 1, reasons: ['not JSON'] })
  expect(measured.rssMb).toBeLessThan(MAX_RSS_MB)
})
