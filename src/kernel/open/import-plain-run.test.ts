/** Events that an import stores by the statement-full are what single appends would have made. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openStore } from './open-store.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-plain-run-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const timeOf = (n: number) => 1_700_000_000_000 + n * 1000

function write(name: string, lines: readonly string[]): string {
  const path = join(folder, name)
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''))
  return path
}

const line = (n: number, more: object = {}) => JSON.stringify({ ts: timeOf(n), n, ...more })

test.each([1, 31, 32, 33, 64, 100])('%i records stand in their order, as one chain', (count) => {
  const path = write(
    'visits.jsonl',
    Array.from({ length: count }, (_, n) => line(n)),
  )
  using store = openStore(join(folder, 'state.db'))
  expect(store.import([path])).toMatchObject({ stored: count })
  const events = store.log.readStream('import.visits/log')
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, n) => n + 1))
  expect(events.map(({ version }) => version)).toEqual(events.map((_, n) => n + 1))
  expect(events.map(({ data }) => (data as { n: number }).n)).toEqual(events.map((_, n) => n))
  expect(events.map((event) => event.occurredAtMs)).toEqual(events.map((_, n) => timeOf(n)))
  expect(events).toHaveLength(count)
  const ranges = store.sql.all('SELECT first_sequence AS a, last_sequence AS b FROM import_records')
  expect(ranges).toEqual([{ a: 1, b: count }])
  expect(store.verify().problems).toEqual([])
})

test('mended, huge and timeless records among the plain ones keep their places', () => {
  const records = Array.from({ length: 200 }, (_, n) => line(n))
  records[40] = `{"n":40,"bad":NaN,"ts":${timeOf(40)}}`
  records[41] = line(41, { body: 'x'.repeat(20_000) })
  records[90] = '{"n":90}'
  records[91] = 'no record'
  const path = write('mixed.jsonl', records)
  using store = openStore(join(folder, 'state.db'))
  expect(store.import([path])).toMatchObject({ stored: 199, salvaged: 1, rejected: 1 })
  const events = store.log.readStream('import.mixed/log')
  const numbers = events.map(({ data }) => (data as { n: number }).n)
  expect(numbers).toEqual(Array.from({ length: 200 }, (_, n) => n).filter((n) => n !== 91))
  expect(events.map(({ version }) => version)).toEqual(events.map((_, n) => n + 1))
  const timeless = events.find(({ data }) => (data as { n: number }).n === 90)
  expect(store.sql.get('SELECT count(*) AS bodies FROM payloads')).toEqual({ bodies: 1 })
  expect(timeless?.occurredAtMs).toBe(timeless?.recordedAtMs)
  expect(store.verify().problems).toEqual([])
  expect(store.import([path])).toMatchObject({ stored: 0 })
})

test('a log that has grown goes on at the next place of its stream', () => {
  const path = write('log.jsonl', [line(0), line(1)])
  using store = openStore(join(folder, 'state.db'))
  store.import([path])
  write('log.jsonl', [line(0), line(1), ...Array.from({ length: 40 }, (_, n) => line(n + 2))])
  expect(store.import([path])).toMatchObject({ stored: 40 })
  expect(store.log.readStream('import.log/log').map(({ version }) => version)).toEqual(
    Array.from({ length: 42 }, (_, n) => n + 1),
  )
  expect(store.verify().problems).toEqual([])
})
