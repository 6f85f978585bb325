import { describe, expect, test } from 'vitest'
import { notes, READ, read, removed, SAVED, saved } from '../../../test/support/sample-module.ts'
import { storeForTest } from '../../../test/support/test-store.ts'
import { defineModule, event } from '../../index.ts'

const setUp = () => storeForTest({ notes: notes() })
const code = (expected: string) => expect.objectContaining({ code: expected })

describe('an append', () => {
  test('gives the stream’s version and the log’s sequence', () => {
    const { log } = setUp().store
    expect(log.append(...saved('a', 'x'))).toEqual({ version: 1, sequence: 1, appended: 1 })
    expect(log.append(...saved('b', 'y'))).toEqual({ version: 1, sequence: 2, appended: 1 })
    expect(log.append(...read('a'))).toEqual({ version: 2, sequence: 3, appended: 1 })
    expect(log.append('notes.note/c', [])).toEqual({ version: 0, sequence: 3, appended: 0 })
  })

  test('is all or nothing', () => {
    const { store } = setUp()
    store.log.append(...saved('a', 'taken'))
    const [stream, event] = saved('b', 'free')
    const both = [event, { type: SAVED, data: { id: 'b', title: 'taken' } }]
    expect(() => store.log.append(stream, both)).toThrow(code('CONSTRAINT'))
    expect([store.log.head(), store.log.streamVersion(stream)]).toEqual([1, 0])
    expect(store.sql.all('SELECT id FROM notes_note')).toEqual([{ id: 'a' }])
  })

  test('whose fold throws writes nothing and keeps the cause', () => {
    const cause = new Error('cannot')
    const failing = notes({
      save: () => {
        throw cause
      },
    })
    const { store } = storeForTest({ notes: failing })
    expect(() => store.log.append(...saved('a', 'x'))).toThrow(
      expect.objectContaining({ code: 'PROJECTION_FAILED', cause }),
    )
    expect(store.log.head()).toBe(0)
  })

  test('that failed cannot be half committed by catching its error', () => {
    const { store } = setUp()
    store.log.append(...saved('a', 'taken'))
    const [stream, event] = saved('b', 'free')
    const both = [event, { type: SAVED, data: { id: 'b', title: 'taken' } }]
    const caught: unknown[] = []
    const attempt = (act: () => unknown) => {
      try {
        act()
      } catch (error) {
        caught.push(error)
      }
    }
    const write = () =>
      store.write((tx) => {
        tx.append(...saved('c', 'before'))
        attempt(() => tx.append(stream, both))
        attempt(() => tx.append(...saved('d', 'after')))
      })
    expect(write).toThrow(code('CONSTRAINT'))
    expect(caught).toEqual([code('CONSTRAINT'), code('CONSTRAINT')])
    expect(store.log.head()).toBe(1)
    expect(store.verify().ok).toBe(true)
  })

  test('that failed in a write of its own leaves the one around it as it was', () => {
    const { store } = setUp()
    store.log.append(...saved('a', 'taken'))
    store.write((tx) => {
      tx.append(...saved('c', 'before'))
      const inner = () => store.write((own) => own.append(...saved('b', 'taken')))
      expect(inner).toThrow(code('CONSTRAINT'))
      tx.append(...saved('d', 'after'))
    })
    expect(store.sql.all('SELECT id FROM notes_note')).toEqual([
      { id: 'a' },
      { id: 'c' },
      { id: 'd' },
    ])
    expect(store.verify().ok).toBe(true)
  })

  test('of which one event is refused writes none, and may be caught', () => {
    const { store } = setUp()
    const [stream, event] = saved('a', 'x')
    store.write((tx) => {
      const both = [event, { type: SAVED, data: { id: 'a', title: Number.NaN } }]
      expect(() => tx.append(stream, both)).toThrow(code('EVENT_INVALID'))
      tx.append(...saved('b', 'y'))
    })
    expect(store.sql.all('SELECT id FROM notes_note')).toEqual([{ id: 'b' }])
  })

  test('outside of its transaction is refused', () => {
    const { store } = setUp()
    const kept = store.write((tx) => tx)
    expect(() => kept.append(...saved('a', 'x'))).toThrow(code('ARGUMENT_INVALID'))
  })

  test.each(['', 'a\0b', 'a\ud800', 'x'.repeat(1025)])('to stream %j is refused', (stream) => {
    const [, event] = saved('a', 'x')
    expect(() => setUp().store.log.append(stream, event)).toThrow(code('ARGUMENT_INVALID'))
  })

  test('of a type nobody has is refused', () => {
    const { log } = setUp().store
    expect(() => log.append('notes.note/a', { type: 'notes.note.lost', data: {} })).toThrow(
      code('EVENT_INVALID'),
    )
    expect(() => log.append('a/a', { type: 'other.thing.made', data: {} })).toThrow(
      code('MODULE_NOT_LOADED'),
    )
  })
})

describe('the expected version', () => {
  test('is that of the stream, or none at all', () => {
    const { log } = setUp().store
    log.append(...saved('a', 'x'), { expectedVersion: 'none' })
    expect(() => log.append(...saved('a', 'y'), { expectedVersion: 'none' })).toThrow(
      expect.objectContaining({ code: 'VERSION_CONFLICT', actual: 1, expected: 'none' }),
    )
    expect(() => log.append(...saved('a', 'y'), { expectedVersion: 2 })).toThrow(
      expect.objectContaining({ stream: 'notes.note/a', actual: 1, expected: 2 }),
    )
    expect(log.append(...saved('a', 'y'), { expectedVersion: 1 }).version).toBe(2)
  })

  test('outlives the events: a removed entity does not start at version 1 again', () => {
    const { log } = setUp().store
    log.append(...saved('a', 'x'))
    log.append(...removed('a'))
    expect(() => log.append(...saved('a', 'z'), { expectedVersion: 'none' })).toThrow(
      code('VERSION_CONFLICT'),
    )
    expect(log.append(...saved('a', 'z')).version).toBe(3)
  })

  test('is settled before a no-op is suppressed', () => {
    const { log } = setUp().store
    log.append(...saved('a', 'x'))
    expect(() => log.append(...saved('a', 'x'), { expectedVersion: 7 })).toThrow(
      code('VERSION_CONFLICT'),
    )
  })
})

describe('a state that changes nothing', () => {
  test('is not appended', () => {
    const { log } = setUp().store
    log.append(...saved('a', 'x'))
    expect(log.append(...saved('a', 'x'))).toEqual({ version: 1, sequence: 1, appended: 0 })
  })

  test('is appended when something came in between', () => {
    const { log } = setUp().store
    log.append(...saved('a', 'x'))
    log.append(...read('a'))
    expect(log.append(...saved('a', 'x')).appended).toBe(1)
  })

  test('is found among the events of one append', () => {
    const { log } = setUp().store
    const [stream, event] = saved('a', 'x')
    expect(log.append(stream, [event, event]).appended).toBe(1)
  })

  test('is appended again after the first was rolled back', () => {
    const { store } = setUp()
    const failing = () =>
      store.write((tx) => {
        tx.append(...saved('a', 'x'))
        throw new Error('no')
      })
    expect(failing).toThrow('no')
    expect(store.log.append(...saved('a', 'x')).appended).toBe(1)
  })

  test('facts are never suppressed', () => {
    const { log } = setUp().store
    log.append(...read('a'))
    expect(log.append(...read('a')).appended).toBe(1)
  })
})

describe('an idempotency key', () => {
  const key = { idempotencyKey: 'request-1' }

  test('makes a repeated append give the first answer and append nothing', () => {
    const test = setUp()
    const first = test.store.log.append(...read('a'), key)
    test.store.log.append(...read('b'))
    expect(test.store.log.append(...read('a'), key)).toEqual(first)
    expect(test.reopen().log.append(...read('a'), key)).toEqual(first)
    expect(test.store.log.head()).toBe(2)
  })

  test('is of the same request whatever the order of its fields, as JSON keeps them', () => {
    const { log } = setUp().store
    const data = { id: 'a', title: 'x', more: [{ b: 1, c: 2 }], gone: undefined }
    const first = log.append(
      'notes.note/a',
      { type: SAVED, data, metadata: { actor: 'a', x: 1 } },
      key,
    )
    const turned = { more: [{ c: 2, b: 1 }], title: 'x', id: 'a' }
    const again = { metadata: { x: 1, actor: 'a' }, data: turned, type: SAVED }
    expect(log.append('notes.note/a', again, key)).toEqual(first)
    expect(log.head()).toBe(1)
    const other = { ...again, data: { ...turned, more: [{ c: 1, b: 2 }] } }
    expect(() => log.append('notes.note/a', other, key)).toThrow(code('COMMAND_CONFLICT'))
  })

  test('of another request is a conflict', () => {
    const { log } = setUp().store
    log.append(...read('a'), key)
    expect(() => log.append(...read('b'), key)).toThrow(code('COMMAND_CONFLICT'))
    expect(() => log.append(...read('a'), { ...key, expectedVersion: 1 })).toThrow(
      code('COMMAND_CONFLICT'),
    )
  })

  test('of an append that failed or was rolled back is free', () => {
    const { store } = setUp()
    expect(() => store.log.append(...read('a'), { ...key, expectedVersion: 5 })).toThrow()
    expect(() =>
      store.write((tx) => {
        tx.append(...read('a'), key)
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(store.log.append(...read('b'), key).appended).toBe(1)
  })

  test('is settled before the expected version, and forgotten after seven days', () => {
    const { store, clock } = setUp()
    store.log.append(...read('a'), { ...key, expectedVersion: 'none' })
    expect(store.log.append(...read('a'), { ...key, expectedVersion: 'none' }).version).toBe(1)
    clock.advance(7 * 24 * 3_600_000)
    expect(() => store.log.append(...read('a'), { ...key, expectedVersion: 'none' })).toThrow(
      code('VERSION_CONFLICT'),
    )
  })
})

describe('superseding', () => {
  const kept = (test: ReturnType<typeof setUp>) => test.store.log.read().map((one) => one.sequence)

  test('a state drops the one before it, and other streams’ stay', () => {
    const test = setUp()
    for (const [id, title] of [
      ['a', 'x'],
      ['b', 'y'],
      ['a', 'z'],
    ] as const)
      test.store.log.append(...saved(id, title))
    expect(kept(test)).toEqual([2, 3])
    expect(test.store.log.streamVersion('notes.note/a')).toBe(2)
    expect(test.store.verify().ok).toBe(true)
  })

  test('a removal drops the state and stays itself; facts stay too', () => {
    const test = setUp()
    test.store.log.append(...saved('a', 'x'))
    test.store.log.append(...read('a'))
    test.store.log.append(...removed('a'))
    expect(kept(test)).toEqual([2, 3])
    expect(test.store.verify().ok).toBe(true)
  })

  test('waits for a consumer that has yet to see the event', () => {
    const test = setUp()
    test.store.log.consumer('mirror').return?.()
    test.store.log.append(...saved('a', 'x'))
    test.store.log.append(...saved('a', 'y'))
    expect(kept(test)).toEqual([1, 2])
    expect(test.store.verify().ok).toBe(true)
  })

  test('takes the payload of the dropped event along, unless another event has it too', () => {
    const test = setUp()
    const long = 'x'.repeat(20_000)
    const payloads = () =>
      test.store.sql.get<{ n: number }>('SELECT count(*) AS n FROM payloads')?.n
    const [stream] = saved('a', '')
    const event = (title: string) => ({ type: SAVED, data: { id: 'a', title } })
    test.store.log.append(stream, event(long))
    expect(payloads()).toBe(1)
    test.store.log.append(stream, event('short'))
    expect(payloads()).toBe(0)
    expect(test.store.verify().ok).toBe(true)
  })
})

describe('times', () => {
  test('of recording never fall, whatever the clock does', () => {
    const { store, clock } = setUp()
    store.log.append(...read('a'))
    clock.advance(-60_000)
    store.log.append(...read('a'))
    const [first, second] = store.log.read()
    expect(second?.recordedAtMs).toBe(first?.recordedAtMs)
  })

  test('of occurring are the caller’s, or those of recording', () => {
    const { store } = setUp()
    store.log.append('notes.note/a', { type: READ, data: { id: 'a' }, occurredAtMs: 5 })
    store.log.append(...read('a'))
    const [given, left] = store.log.read()
    expect(given?.occurredAtMs).toBe(5)
    expect(left?.occurredAtMs).toBe(left?.recordedAtMs)
    expect(store.sql.all('SELECT at FROM notes_reading ORDER BY at')[0]).toEqual({ at: 5 })
  })
})

test('an interned type of a savepoint that was rolled back does not name later events', () => {
  const { store } = setUp()
  store.write((tx) => {
    expect(() =>
      store.write(() => {
        tx.append(...read('a'))
        throw new Error('no')
      }),
    ).toThrow()
    tx.append(...saved('a', 'x'))
    tx.append(...read('a'))
  })
  expect(store.log.read().map(({ type }) => type)).toEqual([SAVED, READ])
  expect(store.verify().ok).toBe(true)
})

test('an event that differs in a volatile field only is not appended', () => {
  const seen = defineModule({
    name: 'seen',
    version: 1,
    events: { 'seen.host.seen': event<object>(undefined, { state: true, volatile: ['at'] }) },
    migrations: [],
    project: { 'seen.host.seen': () => undefined },
    api: () => undefined,
  })
  const { log } = storeForTest({ seen }).store
  const at = (at: number, up: boolean) =>
    log.append('seen.host/a', { type: 'seen.host.seen', data: { up, at } }).appended
  expect([at(1, true), at(2, true), at(3, false)]).toEqual([1, 0, 1])
})
