import { describe, expect, test } from 'vitest'
import { notes, READ, read, SAVED, saved } from '../../../test/support/sample-module.ts'
import { storeForTest } from '../../../test/support/test-store.ts'
import { defineModule, event } from '../../index.ts'

function filled(count: number) {
  const test = storeForTest({ notes: notes() })
  test.store.write((tx) => {
    for (let n = 0; n < count; n++) tx.append(...read(`n${n % 7}`))
  })
  return test
}

describe('a read', () => {
  test('is in order, after a place, up to a limit, over many pages', () => {
    const { log } = filled(1_200).store
    const sequences = (options: object) => log.read(options).map(({ sequence }) => sequence)
    expect(sequences({ after: 3, limit: 2 })).toEqual([4, 5])
    expect(sequences({ after: 1_199 })).toEqual([1_200])
    expect(sequences({ after: 1_200 })).toEqual([])
    expect(sequences({ limit: 0 })).toEqual([])
    expect(log.read()).toHaveLength(1_000)
    expect(sequences({ limit: 5_000 })).toEqual(Array.from({ length: 1_200 }, (_, n) => n + 1))
  })

  test('of some types skips the others, those never stored included', () => {
    const test = filled(500)
    test.store.log.append(...saved('a', 'x'))
    expect(test.store.log.read({ types: [SAVED] }).map(({ sequence }) => sequence)).toEqual([501])
    expect(test.store.log.read({ types: ['notes.note.never'] })).toEqual([])
    expect(test.store.log.read({ types: [SAVED, READ], limit: 10_000 })).toHaveLength(501)
  })

  test('of one stream is in the order of its versions', () => {
    const { log } = filled(1_400).store
    const versions = log.readStream('notes.note/n3', { after: 190, limit: 3 })
    expect(versions.map(({ version }) => version)).toEqual([191, 192, 193])
    expect(log.readStream('notes.note/n3')).toHaveLength(200)
    expect(log.readStream('notes.note/none')).toEqual([])
  })

  test('page by page gives everything once', () => {
    const { log } = filled(1_001).store
    const pages = [...log.pages({ after: 1 })]
    expect(pages.flat().map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 1_000 }, (_, n) => n + 2),
    )
    expect(pages.length).toBeGreaterThan(1)
  })

  test.each([-1, 1.5, Number.NaN])('with limit %d is refused', (limit) => {
    expect(() => filled(1).store.log.read({ limit })).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
    )
  })
})

test('an event comes back as it was given, metadata and spilled body included', () => {
  const test = storeForTest({ notes: notes() })
  const title = 'long and “quoted” \\ \n'.repeat(2_000)
  const given = { type: SAVED, data: { id: 'a', title }, metadata: { actor: 'ada', n: 1 } }
  test.store.log.append('notes.note/a', given)
  test.store.log.append(...saved('b', 'short'))
  const [long, short] = test.reopen().log.read()
  expect(long).toMatchObject({ ...given, stream: 'notes.note/a', version: 1, origin: null })
  expect(short).toMatchObject({ sequence: 2, originSequence: 2, metadata: null, schemaVersion: 1 })
})

describe('old data', () => {
  const items = (version: number) =>
    defineModule({
      name: 'items',
      version: 1,
      events: {
        'items.item.saved': event<{ title: string }>(undefined, {
          version,
          upcast: {
            1: (old: { name: string }) => ({ label: old.name }),
            2: (old: { label: string }) => ({ title: old.label.toUpperCase() }),
          },
        }),
      },
      migrations: [{ id: '0001-initial', sql: 'CREATE TABLE items_item (title TEXT) STRICT' }],
      project: { 'items.item.saved': () => undefined },
      api: () => undefined,
    })
  const saveOld = (test: ReturnType<typeof storeForTest>) => {
    const old = test.openWith({ items: items(1) })
    old.log.append('items.item/a', { type: 'items.item.saved', data: { name: 'x' } })
    return old
  }

  test('is brought to the newest shape, step by step, at every way of reading', () => {
    const test = storeForTest({})
    saveOld(test)
    const { log } = test.openWith({ items: items(3) })
    const expected = { schemaVersion: 3, data: { title: 'X' } }
    expect(log.read()[0]).toMatchObject(expected)
    expect(log.readStream('items.item/a')[0]).toMatchObject(expected)
    expect([...log.pages()].flat()[0]).toMatchObject(expected)
  })

  test('newer than the program is refused, for it cannot be understood', () => {
    const test = storeForTest({})
    const old = saveOld(test)
    const title = { title: 'Y' }
    test
      .openWith({ items: items(3) })
      .log.append('items.item/b', { type: 'items.item.saved', data: title })
    expect(() => old.log.read()).toThrow(expect.objectContaining({ code: 'STORE_NEWER' }))
  })

  test('of a module that is not loaded stays as it is', () => {
    const test = storeForTest({})
    saveOld(test)
    expect(test.store.log.read()[0]).toMatchObject({ schemaVersion: 1, data: { name: 'x' } })
  })
})
