import { describe, expect, test } from 'vitest'
import { notes, READ, saved } from '../../../test/support/sample-module.ts'
import { storeForTest } from '../../../test/support/test-store.ts'

const setUp = () => storeForTest({ notes: notes() }).store
const happened = (n: number) => ({ type: READ, data: { id: `a${n}` } })
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
const IDS = `SELECT data ->> 'id' AS id FROM events ORDER BY sequence`

describe('events that were just appended', () => {
  // One to twenty: a statement of many rows is full now and then, and mostly is not.
  test.each(numbers(20))('are seen within the transaction, after %i of them', (count) => {
    const store = setUp()
    const ids = numbers(count).map((n) => `a${n}`)
    store.write((tx) => {
      for (const n of numbers(count)) tx.append(`notes.note/${n % 3}`, happened(n))
      expect(tx.all(IDS)).toEqual(ids.map((id) => ({ id })))
      expect(store.log.read().map(({ sequence }) => sequence)).toEqual(numbers(count))
    })
    expect(store.log.read().map(({ data }) => (data as { id: string }).id)).toEqual(ids)
    expect(store.verify().ok).toBe(true)
  })

  test('stand in the order of their sequences beside those that go another way', () => {
    const store = setUp()
    store.write((tx) => {
      tx.append('notes.note/a', happened(1))
      tx.append('notes.note/a', { ...happened(2), metadata: { commandId: 'c' } })
      tx.append('notes.note/a', { ...happened(3), occurredAtMs: 5 })
      tx.append('notes.note/b', { type: READ, data: { id: 'a4', text: 'x'.repeat(10_000) } })
      tx.append(...saved('a', 'title'))
      tx.append('notes.note/a', happened(5))
    })
    const events = store.log.read()
    expect(events.map(({ sequence }) => sequence)).toEqual(numbers(6))
    expect(events[2]?.occurredAtMs).toBe(5)
    expect(store.verify().ok).toBe(true)
  })

  test('go with the savepoint they belong to', () => {
    const store = setUp()
    store.write((tx) => {
      for (const n of numbers(3)) tx.append('notes.note/a', happened(n))
      const inner = () =>
        store.write((nested) => {
          for (const n of numbers(3)) nested.append('notes.note/a', happened(10 + n))
          throw new Error('no')
        })
      expect(inner).toThrow('no')
      for (const n of [4, 5]) tx.append('notes.note/a', happened(n))
    })
    expect(store.log.read().map(({ version }) => version)).toEqual(numbers(5))
    expect(store.sql.all('SELECT id FROM notes_reading')).toEqual(
      numbers(5).map((n) => ({ id: `a${n}` })),
    )
    expect(store.verify().ok).toBe(true)
  })

  test('of a transaction that was rolled back are in no later one', () => {
    const store = setUp()
    const failing = () =>
      store.write((tx) => {
        for (const n of numbers(3)) tx.append('notes.note/a', happened(n))
        throw new Error('no')
      })
    expect(failing).toThrow('no')
    store.write((tx) => tx.append('notes.note/a', happened(9)))
    expect(store.log.read().map(({ sequence, version }) => [sequence, version])).toEqual([[1, 1]])
    expect(store.verify().ok).toBe(true)
  })
})
