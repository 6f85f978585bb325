import { describe, expect, test } from 'vitest'
import { tamper } from '../../../test/model/raw-sqlite.ts'
import { notes, READ, read, SAVED } from '../../../test/support/sample-module.ts'
import { storeForTest } from '../../../test/support/test-store.ts'
import { defineModule, event, type RecordedEvent, type UnreadableEvent } from '../../index.ts'

const code = (expected: string) => expect.objectContaining({ code: expected })
const of = (sequence: number) => expect.objectContaining({ sequence })

/** Six events of two streams, of which the third is damaged. */
function damaged() {
  const test = storeForTest({ notes: notes() })
  for (const id of ['a', 'b', 'a', 'b', 'a', 'b']) test.store.log.append(...read(id))
  test.store.close()
  tamper(test.path, (db) => db.exec(`UPDATE events SET data = '{"oops' WHERE sequence = 3`))
  return { test, store: test.reopen() }
}

async function take(events: AsyncIterator<RecordedEvent>, count: number): Promise<number[]> {
  const taken: number[] = []
  while (taken.length < count) taken.push((await events.next()).value?.sequence ?? 0)
  return taken
}

describe('an event that cannot be read', () => {
  test('is met by those alone who want its stream or type', async () => {
    const { store } = damaged()
    const met: UnreadableEvent[] = []
    const onUnreadable = (one: UnreadableEvent) => met.push(one)
    const others = store.log.follow({ after: 0, stream: 'notes.note/b', onUnreadable })
    expect(await take(others, 3)).toEqual([2, 4, 6])
    expect(store.log.readStream('notes.note/b')).toHaveLength(3)
    expect(store.log.read({ types: [SAVED] })).toEqual([])
    expect([met, store.status().unreadable]).toEqual([[], []])
    await others.return?.()
  })

  test.each([{}, { live: true as const }])(
    'is passed by a follower, and told: %j',
    async (live) => {
      const { store } = damaged()
      const met: UnreadableEvent[] = []
      const items = store.log.follow({
        after: 0,
        onUnreadable: (one) => met.push(one),
        ...live,
      }) as AsyncIterableIterator<RecordedEvent | { event: RecordedEvent }>
      const seen: number[] = []
      for await (const item of items) {
        seen.push('event' in item ? item.event.sequence : item.sequence)
        if (seen.length === 5) break
      }
      expect(seen).toEqual([1, 2, 4, 5, 6])
      const error = expect.stringContaining('JSON')
      expect(met).toEqual([{ sequence: 3, stream: 'notes.note/a', type: READ, error }])
    },
  )

  test('may be written down by who is told of it', () => {
    const { store } = damaged()
    const onUnreadable = () => void store.log.append(...read('told'))
    expect(store.log.read({ limit: 5, onUnreadable })).toHaveLength(5)
    expect(store.log.streamVersion('notes.note/told')).toBe(1)
  })

  test('is passed by a consumer, and known to status and examine from then on', async () => {
    const { test, store } = damaged()
    const consumer = store.log.consumer('mirror')
    expect(await take(consumer, 5)).toEqual([1, 2, 4, 5, 6])
    consumer.commit()
    await consumer.return?.()
    expect(store.status().consumers).toMatchObject([{ consumer: 'mirror', sequence: 6 }])
    expect(store.status().unreadable).toEqual([of(3)])
    store.close()
    const later = test.open({ mode: 'read' })
    expect(later.status().unreadable).toEqual([of(3)])
    later.close()
    // What was mended is not shown any more.
    tamper(test.path, (db) => db.exec(`UPDATE events SET data = '{}' WHERE sequence = 3`))
    expect(test.open().status().unreadable).toEqual([])
  })

  test('is found by examine and verify though nobody has come to it', () => {
    const { test } = damaged()
    const reader = test.open({ mode: 'read' })
    expect(reader.examine()).toContainEqual({
      kind: 'event-unreadable',
      severity: 'damage',
      what: expect.stringMatching(
        /^event 3 \('notes.note.read' on 'notes.note\/a'\) cannot be read/,
      ),
      hint: expect.stringContaining('holdfast verify'),
    })
    expect(reader.verify().problems).toContainEqual(of(3))
  })

  test('is named by the error of a read, which can be told to pass it', () => {
    const { log } = damaged().store
    const message = expect.stringMatching(/^event 3 .* cannot be read/)
    const hint = expect.stringContaining('onUnreadable')
    const refusal = expect.objectContaining({ code: 'STORE_CORRUPT', message, hint })
    const met: UnreadableEvent[] = []
    const onUnreadable = (one: UnreadableEvent) => void met.push(one)
    const sequences = (events: readonly RecordedEvent[]) => events.map(({ sequence }) => sequence)
    expect(() => log.read()).toThrow(refusal)
    expect(sequences(log.read({ onUnreadable }))).toEqual([1, 2, 4, 5, 6])
    // A page is as long as it was asked to be: a shorter one would say that the log ends there.
    expect(sequences(log.read({ limit: 3, onUnreadable }))).toEqual([1, 2, 4])
    expect(() => log.readStream('notes.note/a')).toThrow(refusal)
    expect(sequences(log.readStream('notes.note/a', { limit: 2, onUnreadable }))).toEqual([1, 5])
    expect(() => [...log.pages()]).toThrow(refusal)
    expect(sequences([...log.pages({ onUnreadable })].flat())).toEqual([1, 2, 4, 5, 6])
    expect(met).toEqual(Array(4).fill(of(3)))
  })

  test('is none where the program is at fault', async () => {
    const test = storeForTest({})
    const items = (version: number) =>
      defineModule({
        name: 'items',
        version: 1,
        events: {
          'items.item.saved': event<object>(undefined, {
            version,
            upcast: {
              1: () => {
                throw new Error('not like this')
              },
            },
          }),
        },
        migrations: [{ id: '0001-initial', sql: 'CREATE TABLE items_item (id TEXT) STRICT' }],
        project: { 'items.item.saved': () => undefined },
        api: () => undefined,
      })
    test.openWith({ items: items(1) }).log.append('items.item/a', {
      type: 'items.item.saved',
      data: {},
    })
    const newer = test.openWith({ items: items(2) })
    const onUnreadable = () => undefined
    expect(() => newer.log.read({ onUnreadable })).toThrow(code('MODULE_INVALID'))
    await expect(newer.log.follow({ after: 0 }).next()).rejects.toThrow(code('MODULE_INVALID'))
    expect(newer.status().unreadable).toEqual([])
  })
})
