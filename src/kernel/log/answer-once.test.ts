import { expect, test } from 'vitest'
import { notes, SAVED, saved } from '../../../test/support/sample-module.ts'
import { isStoreError } from '../../index.ts'
import { createTestStore } from '../../testing/index.ts'

const WEEK_MS = 7 * 24 * 3_600_000
const failure = (fn: () => unknown): unknown => {
  try {
    fn()
  } catch (error) {
    return error
  }
  return undefined
}

test('a command asked twice, from two handles and with its fields in another order, is decided once', () => {
  using opened = createTestStore()
  const other = opened.open()
  let decided = 0
  const decide = () => ({ accepted: false, reason: `refused ${++decided}`, detail: undefined })
  const first = opened.store.write((tx) => tx.once('c1', { a: 1, b: [{ c: 2, d: 3 }] }, decide))
  const again = other.write((tx) => tx.once('c1', { b: [{ d: 3, c: 2 }], a: 1 }, decide))
  expect(first).toStrictEqual({ accepted: false, reason: 'refused 1' })
  expect(again).toStrictEqual(first)
})

test('another command under the same key is a conflict, until the answer has expired', () => {
  using opened = createTestStore()
  const { store, clock } = opened
  const ask = (request: number) => store.write((tx) => tx.once('c1', request, () => request))
  expect(ask(1)).toBe(1)
  expect(
    isStoreError(
      failure(() => ask(2)),
      'COMMAND_CONFLICT',
    ),
  ).toBe(true)
  clock.advance(WEEK_MS)
  expect(ask(2)).toBe(2)
})

test('what a decision throws is not kept, nor what its transaction rolled back', () => {
  using opened = createTestStore()
  const { store } = opened
  const thrown = () =>
    store.write((tx) =>
      tx.once('c1', null, () => {
        throw new Error('busy elsewhere')
      }),
    )
  expect(failure(thrown)).toMatchObject({ message: 'busy elsewhere' })
  const rolledBack = () =>
    store.write((tx) => {
      tx.once('c1', null, () => 'first')
      throw new Error('undone')
    })
  expect(failure(rolledBack)).toMatchObject({ message: 'undone' })
  expect(store.write((tx) => tx.once('c1', null, () => null))).toBe(null)
  expect(store.write((tx) => tx.once('c1', null, () => 'later'))).toBe(null)
})

test('what no answer can be kept for is refused, and says which of key and request it is', () => {
  using opened = createTestStore({ notes: notes() })
  const { store } = opened
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  const once = (key: unknown, request: unknown) => () =>
    store.write((tx) => tx.once(key as string, request, () => 1))
  const append = (idempotencyKey: unknown, data: unknown) => () =>
    store.log.append(
      'notes.note/a',
      { type: SAVED, data },
      {
        idempotencyKey: idempotencyKey as string,
      },
    )
  for (const key of ['', null, 7, 'x'.repeat(1025), '\ud800']) {
    expect(once(key, 1)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
    expect(append(key, {})).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
  }
  const throwing = {
    get at() {
      throw new Error('not now')
    },
  }
  for (const request of [1n, { at: 1n }, cycle, throwing]) {
    expect(once('k', request)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
    expect(append('k', request)).toThrow(expect.objectContaining({ code: 'EVENT_INVALID' }))
  }
})

test('keys of appends and of commands do not meet, whatever they are', () => {
  using opened = createTestStore({ notes: notes() })
  const { store } = opened
  const [stream, event] = saved('a', 'x')
  for (const idempotencyKey of ['command:z', 'append:command:z', 'z']) {
    store.log.append(stream, event, { idempotencyKey })
  }
  expect(store.write((tx) => tx.once('z', 1, () => 'asked'))).toBe('asked')
  expect(store.write((tx) => tx.once('command:z', 1, () => 'again'))).toBe('again')
})

test('requests whose fields are values of other classes are told apart', () => {
  using opened = createTestStore()
  const ask = (at: Date) => opened.store.write((tx) => tx.once('k', { at }, () => 1))
  ask(new Date(1))
  expect(() => ask(new Date(2))).toThrow(expect.objectContaining({ code: 'COMMAND_CONFLICT' }))
})
