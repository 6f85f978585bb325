import { expect, test } from 'vitest'
import { notes, saved } from '../../../test/support/sample-module.ts'
import { storeForTest } from '../../../test/support/test-store.ts'
import { openStore } from '../../index.ts'

const code = (expected: string) => expect.objectContaining({ code: expected })

test('each slice is a transaction of its own, and others get between them', () => {
  const { store, path } = storeForTest({ notes: notes() })
  using other = openStore(path, { notes: notes() }, { busyTimeoutMs: 0 })
  const seen: number[] = []
  let slices = 0
  store.writeInSlices((tx, isTimeUp) => {
    slices++
    seen.push(other.log.head())
    expect(() => other.write(() => undefined)).toThrow(code('BUSY'))
    tx.append(...saved(`n${slices}`, `${slices}`))
    while (!isTimeUp()) if (slices === 3) return true
    return false
  })
  expect([slices, seen, store.log.head()]).toEqual([3, [0, 1, 2], 3])
})

test('a slice that throws takes back itself alone', () => {
  const { store } = storeForTest({ notes: notes() })
  let slices = 0
  const work = () =>
    store.writeInSlices((tx) => {
      slices++
      tx.append(...saved(`n${slices}`, `${slices}`))
      if (slices === 2) throw new Error('no further')
      return false
    })
  expect(work).toThrow('no further')
  expect(store.log.head()).toBe(1)
})

test('what would not be slices, or never end, is refused', () => {
  const { store } = storeForTest({ notes: notes() })
  const slices = (step: unknown) => () => store.writeInSlices(step as () => boolean)
  expect(() => store.write(slices(() => true))).toThrow(code('ARGUMENT_INVALID'))
  expect(() => store.read(slices(() => true))).toThrow(code('WRITE_IN_READ'))
  expect(slices(() => undefined)).toThrow(code('ARGUMENT_INVALID'))
  expect(slices(async () => true)).toThrow(code('PROMISE_IN_TRANSACTION'))
  expect(slices(undefined)).toThrow(code('ARGUMENT_INVALID'))
})
