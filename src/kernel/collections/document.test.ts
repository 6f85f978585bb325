import { expect, test } from 'vitest'
import { storeForTest } from '../../../test/support/test-store.ts'
import { collection, document } from './define.ts'

const settings = document({ theme: 'dark', tags: ['a'] })

test('is its initial value until something is put', () => {
  const test = storeForTest({ settings })
  expect(test.store.settings.get()).toEqual({ theme: 'dark', tags: ['a'] })
  expect(test.store.log.head()).toBe(0)
  test.store.settings.put({ theme: 'light', tags: [] })
  expect(test.reopen().settings.get()).toEqual({ theme: 'light', tags: [] })
})

test('what is read may be changed without changing what others read', () => {
  const { store } = storeForTest({ settings })
  store.settings.get().tags.push('b')
  expect(store.settings.get().tags).toEqual(['a'])
  store.settings.update((value) => {
    value.tags.push('c')
    return value
  })
  expect(store.settings.get().tags).toEqual(['a', 'c'])
})

test('an equal value appends nothing, and only the newest is kept', () => {
  const { store } = storeForTest({ settings })
  for (const theme of ['dark', 'dark', 'light', 'light']) store.settings.put({ theme, tags: [] })
  expect(store.log.head()).toBe(2)
  expect(store.log.read()).toHaveLength(1)
  expect(store.verify().ok).toBe(true)
})

test('any JSON is a value, null and falsy ones included', () => {
  const { store } = storeForTest({ flag: document<boolean | null | number>(true) })
  for (const value of [false, null, 0]) {
    store.flag.put(value)
    expect(store.flag.get()).toBe(value)
  }
})

test('its changes are followed', async () => {
  const { store } = storeForTest({ settings })
  const changes = store.settings.follow({ after: 0 })
  store.settings.put({ theme: 'light', tags: [] })
  expect((await changes.next()).value).toMatchObject({ kind: 'put', item: { theme: 'light' } })
  await changes.return(undefined)
})

test('a name that is a collection’s in the store is not taken for a document', () => {
  const test = storeForTest({ things: collection<{ id: string }>() })
  expect(() => test.openWith({ things: document({}) })).toThrow()
})
