/** Importing with modules: their importers, tables that refuse a row, code that is not loaded. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readJsonl } from '../import/readers/jsonl-reader.ts'
import { event } from '../log/event-definition.ts'
import type { Importer } from '../log/importer.ts'
import { defineModule, type Module } from '../log/module.ts'
import { openStore } from './open-store.ts'

let folder: string
const inFolder = (name: string) => join(folder, name)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-import-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Reads `orders.jsonl` into events of `module`; two orders may not have one number. */
function importer(module: string): Importer {
  return {
    name: 'orders',
    format: 'jsonl',
    matches: ({ name }) => name === 'orders.jsonl',
    *read({ path }, context) {
      for (const item of readJsonl({ path }, context)) {
        if (item.kind !== 'record') yield item
        else {
          const { value: data, kind: _, ...rest } = item
          const stream = `${module}.order/${String(data['customer'])}`
          yield { ...rest, kind: 'event', stream, type: `${module}.order.placed`, data }
        }
      }
    },
  }
}

function shop(importers: readonly Importer[] = [importer('shop')]): Module {
  return defineModule({
    name: 'shop',
    version: 1,
    events: { 'shop.order.placed': event<{ number: number }>() },
    migrations: [
      { id: '0001', sql: 'CREATE TABLE shop_order (number INTEGER PRIMARY KEY) STRICT' },
    ],
    project: {
      'shop.order.placed': (tx, { data }) => {
        tx.run('INSERT INTO shop_order (number) VALUES (?)', [data.number])
      },
    },
    importers,
    api: () => ({}),
  })
}

function writeOrders(...orders: object[]): string {
  const path = inFolder('orders.jsonl')
  writeFileSync(path, orders.map((order) => `${JSON.stringify(order)}\n`).join(''))
  return path
}

test('a module’s importer comes before the generic rule, and stores the source’s own text', () => {
  const path = inFolder('orders.jsonl')
  writeFileSync(path, '{"number":1.00, "big":12345678901234567890}\n')
  using store = openStore(inFolder('state.db'), { shop: shop() })
  expect(store.planImport([path]).sources).toMatchObject([
    { becomes: 'module', target: 'shop:orders' },
  ])
  store.import([path])
  expect(store.sql.get('SELECT data FROM events')).toEqual({
    data: '{"number":1.00, "big":12345678901234567890}',
  })
})

test('an event that a table refuses is set aside, and blocks its own stream alone', () => {
  const path = writeOrders(
    { customer: 'a', number: 1 },
    { customer: 'b', number: 1 },
    { customer: 'b', number: 2 },
    { customer: 'c', number: 3 },
  )
  using store = openStore(inFolder('state.db'), { shop: shop() })
  const other = openStore(inFolder('state.db'), { shop: shop() })
  const stream = 'shop.order/b'
  for (const { log } of [store, other]) log.ensureFolded({ stream })
  expect(store.import([path])).toMatchObject({ stored: 4, quarantined: 2, rejected: 0 })
  expect(store.sql.all('SELECT number FROM shop_order')).toEqual([{ number: 1 }, { number: 3 }])
  expect(store.status().quarantined.map((one) => one.sequence)).toEqual([2, 3])
  const problems = store.verify().problems.map((one) => one.kind)
  expect(problems).toEqual(['event-not-folded', 'event-not-folded'])
  const [, blocked] = store.log.read()
  const append = (stream = '') =>
    store.log.append(stream, { type: 'shop.order.placed', data: { number: 9 } })
  expect(() => append(blocked?.stream)).toThrow(
    expect.objectContaining({
      code: 'STREAM_BLOCKED',
      message: expect.stringContaining('event 2'),
      hint: expect.stringContaining('holdfast rebuild shop'),
    }),
  )
  expect(store.log.head()).toBe(4)
  // Also whoever has had the store open since before, and decides without appending.
  for (const { log } of [store, other]) {
    for (const choice of [{ stream }, { prefix: 'shop.' }] as const) {
      expect(() => log.ensureFolded(choice)).toThrow("'shop.order/b' waits behind event 2")
    }
    for (const choice of [{ stream: 'shop.order/a' }, { prefix: 'shop.bill/' }] as const) {
      log.ensureFolded(choice)
    }
  }
  other.close()
  writeOrders({ customer: 'b', number: 4 })
  expect(store.import([path])).toMatchObject({ stored: 1, quarantined: 1 })
  expect(append('shop.order/d').sequence).toBe(6)
})

test('an event that was set aside in a transaction that is undone blocks nothing', () => {
  const orders = importer('shop')
  const failing: Importer = {
    ...orders,
    name: 'failing',
    matches: ({ name }) => name === 'bad.jsonl',
    *read(source, context) {
      // Without its place the third ends the transaction that has set the second aside.
      for (const item of orders.read(source, context)) {
        yield item.line === 3 ? { ...item, endOffset: undefined } : item
      }
    },
  }
  const lines = [1, 1, 2].map((number, at) => `{"customer":"${at ? 'b' : 'a'}","number":${number}}`)
  writeFileSync(inFolder('bad.jsonl'), `${lines.join('\n')}\n`)
  writeOrders({ customer: 'b', number: 3 })
  using store = openStore(inFolder('state.db'), { shop: shop([failing, orders]) })
  const { sources } = store.import([folder])
  expect(sources.map(({ outcome, stored, quarantined }) => [outcome, stored, quarantined])).toEqual(
    [
      ['failed', 0, 0],
      ['imported', 1, 0],
    ],
  )
  expect(store.sql.all('SELECT number FROM shop_order')).toEqual([{ number: 3 }])
  expect(store.status().quarantined).toEqual([])
})

test('events of a module that is not loaded are stored, and folded by whoever has it', () => {
  const path = writeOrders({ customer: 'a', number: 1 }, { customer: 'a', number: 2 })
  const courier = defineModule({
    name: 'courier',
    version: 1,
    events: {},
    migrations: [],
    project: {},
    importers: [importer('shop')],
    api: () => ({}),
  })
  {
    using store = openStore(inFolder('state.db'), { courier })
    expect(store.import([path])).toMatchObject({ stored: 2 })
  }
  using store = openStore(inFolder('state.db'), { shop: shop() })
  expect(store.sql.all('SELECT number FROM shop_order')).toEqual([{ number: 1 }, { number: 2 }])
  expect(store.verify().problems).toEqual([])
})

test('a source that its importer fails on keeps no other waiting', () => {
  const failing: Importer = {
    ...importer('shop'),
    name: 'failing',
    matches: ({ name }) => name === 'bad.jsonl',
    // biome-ignore lint/correctness/useYield: it fails before its first item.
    *read() {
      throw new Error('out of luck')
    },
  }
  writeFileSync(inFolder('bad.jsonl'), '{"a":1}\n')
  writeOrders({ customer: 'a', number: 1 })
  using store = openStore(inFolder('state.db'), { shop: shop([failing, importer('shop')]) })
  const { sources } = store.import([folder])
  expect(sources.map(({ outcome, problem, stored }) => [outcome, problem, stored])).toEqual([
    ['failed', 'out of luck', 0],
    ['imported', null, 1],
  ])
})

test('of a source that fails on its way the report counts what was stored of it', () => {
  const orders = importer('shop')
  const failing: Importer = {
    ...orders,
    *read(source, context) {
      for (const item of orders.read(source, context)) {
        if (item.line === 4500) throw new Error('out of luck')
        yield item
      }
    },
  }
  const path = writeOrders(
    ...Array.from({ length: 5000 }, (_, number) => ({ customer: 'a', number })),
  )
  using store = openStore(inFolder('state.db'), { shop: shop([failing]) })
  const report = store.import([path])
  expect(store.log.head()).toBe(4000)
  const counts = { read: 4000, stored: 4000 }
  expect(report).toMatchObject({ ...counts, sources: [{ outcome: 'failed', ...counts }] })
})

test('of a source that fails on its way the report lists the rejects that it counts', () => {
  const orders = importer('shop')
  const failing: Importer = {
    ...orders,
    *read(source, context) {
      for (const item of orders.read(source, context)) {
        if (item.line === 4500) throw new Error('out of luck')
        // What is read behind the last transaction is not in the store, and not in the report.
        const isRejected = (item.line ?? 0) % 1900 < 2 || (item.line ?? 0) > 4000
        yield isRejected && item.kind === 'event'
          ? { ...item, kind: 'reject', reason: 'unwanted', raw: String(item.line) }
          : item
      }
    },
  }
  const path = writeOrders(
    ...Array.from({ length: 5000 }, (_, number) => ({ customer: 'a', number })),
  )
  using store = openStore(inFolder('state.db'), { shop: shop([failing]) })
  const [source] = store.import([path]).sources
  expect(source).toMatchObject({ outcome: 'failed', rejected: 5 })
  expect(source?.rejects.map(({ raw }) => raw)).toEqual(['1', '1900', '1901', '3800', '3801'])
})

test('follows a log as it grows, until aborted', async () => {
  const path = writeOrders({ customer: 'a', number: 1 })
  using store = openStore(inFolder('state.db'), { shop: shop() })
  const ending = new AbortController()
  const stored: number[] = []
  for await (const report of store.followImport([path], { signal: ending.signal })) {
    stored.push(report.stored)
    if (stored.length === 1) appendFileSync(path, '{"customer":"a","number":2}\n{"customer"')
    else if (stored.length === 2) appendFileSync(path, ':"a","number":3}\n')
    else ending.abort()
  }
  expect(stored).toEqual([1, 1, 1])
  expect(store.sql.all('SELECT number FROM shop_order')).toHaveLength(3)
})

test('follows files that come later, into new folders and of every kind', async () => {
  mkdirSync(inFolder('in'))
  const [empty, log, list] = ['in/empty.jsonl', 'in/new/log.jsonl', 'in/new/tasks.json'].map(
    inFolder,
  )
  writeFileSync(String(empty), '')
  using store = openStore(inFolder('state.db'), {})
  const ending = new AbortController()
  const steps = [
    () => writeFileSync(String(empty), '{"ts":1767225600,"n":1}\n'),
    () => {
      mkdirSync(inFolder('in/new'))
      writeFileSync(String(log), '{"ts":1767225601,"n":1}\n')
    },
    () => appendFileSync(String(log), '{"ts":1767225602,"n":2}\n'),
    () => writeFileSync(String(list), '[{"id":"a"},{"id":"b"}]'),
    () => ending.abort(),
  ]
  const stored: number[] = []
  for await (const report of store.followImport([inFolder('in')], { signal: ending.signal })) {
    stored.push(report.stored)
    steps.shift()?.()
  }
  expect(stored).toEqual([0, 1, 1, 1, 2])
  expect(store.sql.all('SELECT id FROM tasks ORDER BY id')).toEqual([{ id: 'a' }, { id: 'b' }])
})

test('is refused inside a transaction, and in a store that is open for reading', () => {
  const path = writeOrders({ customer: 'a', number: 1 })
  using store = openStore(inFolder('state.db'), { shop: shop() })
  expect(() => store.write(() => store.import([path]))).toThrow('inside read() or write()')
  using reader = openStore(inFolder('state.db'), {}, { mode: 'read' })
  expect(() => reader.import([path])).toThrow('open for reading')
  using missing = openStore(inFolder('other.db'))
  expect(() => missing.import([inFolder('gone.json')])).toThrow('gone.json')
})
