import type { StandardSchemaV1 } from '@standard-schema/spec'
import { describe, expect, test } from 'vitest'
import { storeForTest } from '../../../test/support/test-store.ts'
import { defineModule } from '../log/module.ts'
import { collection, document } from './define.ts'

interface Task {
  readonly id: string
  readonly slug?: string | null
  readonly status?: string
  readonly open?: boolean
  readonly 'odd "key"'?: number
}

const tasks = collection<Task>({ unique: ['slug'], index: ['status'] })
const setUp = () => storeForTest({ tasks })
const code = (expected: string) => expect.objectContaining({ code: expected })

describe('put', () => {
  test('adds, replaces, and gives back what it was given', () => {
    const { store } = setUp()
    expect(store.tasks.put({ id: 'a', status: 'open' })).toEqual({ id: 'a', status: 'open' })
    store.tasks.put({ id: 'a', slug: 's' })
    expect(store.tasks.get('a')).toEqual({ id: 'a', slug: 's' })
  })

  test('of an equal item appends nothing', () => {
    const { store } = setUp()
    store.tasks.put({ id: 'a', status: 'open' })
    store.tasks.put({ id: 'a', status: 'open' })
    expect(store.log.head()).toBe(1)
  })

  test('of an item without its key is refused', () => {
    const { store } = setUp()
    for (const item of [{}, { id: '' }, { id: null }, { id: true }, null]) {
      expect(() => store.tasks.put(item as never)).toThrow(code('EVENT_INVALID'))
    }
  })

  test('keeps any id that is text, slashes and quotes included', () => {
    const { store } = setUp()
    for (const id of ['a/b/c', `it's "x"`, '日本', ' ', '__proto__']) {
      store.tasks.put({ id })
      expect(store.tasks.get(id)).toEqual({ id })
    }
    expect(store.tasks.list()).toHaveLength(5)
    expect(store.verify().ok).toBe(true)
  })
})

describe('unique fields', () => {
  test('refuse another item with the same value, and nothing is left of it', () => {
    const { store } = setUp()
    store.tasks.put({ id: 'a', slug: 's' })
    expect(() => store.tasks.put({ id: 'b', slug: 's' })).toThrow(code('CONSTRAINT'))
    expect([store.tasks.list().length, store.log.head()]).toEqual([1, 1])
  })

  test('do not compare what is missing or null', () => {
    const { store } = setUp()
    store.tasks.put({ id: 'a' })
    store.tasks.put({ id: 'b', slug: null })
    store.tasks.put({ id: 'c', slug: null })
    expect(store.tasks.list()).toHaveLength(3)
  })

  test('are free again when their item is changed or deleted', () => {
    const { store } = setUp()
    store.tasks.put({ id: 'a', slug: 's' })
    store.tasks.put({ id: 'a', slug: 't' })
    store.tasks.put({ id: 'b', slug: 's' })
    store.tasks.delete('b')
    store.tasks.put({ id: 'c', slug: 's' })
    expect(store.verify().ok).toBe(true)
  })
})

describe('list', () => {
  const filled = () => {
    const { store } = setUp()
    store.tasks.put({ id: 'c', status: 'open', open: true })
    store.tasks.put({ id: 'a', status: 'open', open: false, 'odd "key"': 1 })
    store.tasks.put({ id: 'b', status: 'done', open: true, slug: null })
    return store
  }
  const ids = (items: readonly Task[]) => items.map(({ id }) => id).join('')

  test('is in the order of ids, page by page', () => {
    const store = filled()
    expect(ids(store.tasks.list())).toBe('abc')
    expect(ids(store.tasks.list({}, { limit: 2 }))).toBe('ab')
    expect(ids(store.tasks.list({}, { limit: 2, after: 'b' }))).toBe('c')
    expect(ids(store.tasks.list({}, { limit: 0 }))).toBe('')
  })

  test('filters by indexed fields and by others', () => {
    const store = filled()
    expect(ids(store.tasks.list({ status: 'open' }))).toBe('ac')
    expect(ids(store.tasks.list({ open: true }))).toBe('bc')
    expect(ids(store.tasks.list({ open: true, status: 'open' }))).toBe('c')
    expect(ids(store.tasks.list({ id: 'b' }))).toBe('b')
    expect(ids(store.tasks.list({ slug: null }))).toBe('abc')
    expect(ids(store.tasks.list({ 'odd "key"': 1 }))).toBe('a')
  })

  test('leaves a field out that is undefined', () => {
    const filter: { status?: string } = {}
    expect(ids(filled().tasks.list({ ...filter, open: true }))).toBe('bc')
  })

  test('refuses what equals nothing', () => {
    const store = filled()
    for (const filter of [{ status: {} }, { status: [] }]) {
      expect(() => store.tasks.list(filter as never)).toThrow(code('ARGUMENT_INVALID'))
    }
    for (const limit of [-1, 1.5, '1']) {
      const options = { limit: limit as number }
      expect(() => store.tasks.list({}, options)).toThrow(code('ARGUMENT_INVALID'))
    }
  })
})

describe('update', () => {
  test('reads, changes and writes as one', () => {
    const { store } = setUp()
    store.tasks.put({ id: 'a', status: 'open' })
    expect(store.tasks.update('a', (task) => ({ ...task, status: 'done' })).status).toBe('done')
    expect(store.tasks.get('a')?.status).toBe('done')
  })

  test('of nothing says so, and of another id is refused', () => {
    const { store } = setUp()
    expect(() => store.tasks.update('a', (task) => task)).toThrow(code('NOT_FOUND'))
    store.tasks.put({ id: 'a' })
    expect(() => store.tasks.update('a', () => ({ id: 'b' }))).toThrow(code('ARGUMENT_INVALID'))
    expect(() => store.tasks.update('a', () => undefined as never)).toThrow(code('EVENT_INVALID'))
    expect(store.tasks.list()).toEqual([{ id: 'a' }])
  })
})

test('delete tells whether there was anything, and the item can come back', () => {
  const { store } = setUp()
  store.tasks.put({ id: 'a' })
  expect([store.tasks.delete('a'), store.tasks.delete('a')]).toEqual([true, false])
  store.tasks.put({ id: 'a' })
  expect(store.tasks.get('a')).toEqual({ id: 'a' })
  expect(store.log.streamVersion('tasks.item/a')).toBe(3)
})

test('changes are followed by id and item', async () => {
  const { store } = setUp()
  const changes = store.tasks.follow({ after: 0 })
  const next = async () => (await changes.next()).value
  store.tasks.put({ id: 'a/1' })
  expect(await next()).toMatchObject({ kind: 'put', id: 'a/1', item: { id: 'a/1' } })
  store.tasks.delete('a/1')
  expect(await next()).toMatchObject({ kind: 'delete', id: 'a/1', item: undefined })
  await changes.return(undefined)
})

describe('fields may be called', () => {
  test('like the columns of the table', () => {
    const berths = collection<{ port: number; id: string; data: string }>({
      key: 'port',
      unique: ['data'],
      index: ['id'],
    })
    const { store } = storeForTest({ berths })
    store.berths.put({ port: 80, id: 'web', data: 'x' })
    store.berths.put({ port: 81, id: '80', data: 'y' })
    expect(store.berths.list({ id: '80' })).toEqual([{ port: 81, id: '80', data: 'y' }])
    expect(store.berths.list({ data: 'x' })).toHaveLength(1)
    expect(() => store.berths.put({ port: 82, id: 'z', data: 'x' })).toThrow(code('CONSTRAINT'))
    expect(store.verify().problems).toEqual([])
  })

  test('like the options of list, or anything', () => {
    interface Odd {
      readonly id: string
      readonly limit?: number
      readonly after?: string
      readonly 'a\\b'?: number
      readonly 'a\nb'?: number
    }
    const { store } = storeForTest({ odd: collection<Odd>({ index: ['limit'] }) })
    store.odd.put({ id: 'a', limit: 7, after: 'x' })
    store.odd.put({ id: 'b', 'a\\b': 1 })
    store.odd.put({ id: 'c', 'a\nb': 1 })
    const ids = (items: readonly Odd[]) => items.map(({ id }) => id)
    expect(ids(store.odd.list({ limit: 7 }))).toEqual(['a'])
    expect(ids(store.odd.list({ after: 'x' }, { limit: 1 }))).toEqual(['a'])
    expect(ids(store.odd.list({ 'a\\b': 1 }))).toEqual(['b'])
    expect(ids(store.odd.list({ 'a\nb': 1 }))).toEqual(['c'])
  })

  test('not alike but for case, where both are columns', () => {
    const named = (fields: string[]) => collection<Record<string, string>>({ unique: fields })
    expect(() => storeForTest({ tasks: named(['Slug', 'slug']) })).toThrow(code('MODULE_INVALID'))
    const { store } = storeForTest({ tasks: named(['ID']) })
    store.tasks.put({ id: 'a', ID: 'x' })
    expect(() => store.tasks.put({ id: 'b', ID: 'x' })).toThrow(code('CONSTRAINT'))
  })
})

describe('a definition', () => {
  test('may name another key, and numbers are ids too', () => {
    const { store } = storeForTest({ berths: collection<{ port: number }>({ key: 'port' }) })
    store.berths.put({ port: 8080 })
    expect(store.berths.get('8080')).toEqual({ port: 8080 })
    expect(store.berths.list({ port: 8080 })).toEqual([{ port: 8080 }])
  })

  test('stores what its schema gives', () => {
    const schema: StandardSchemaV1<unknown, Task> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) => {
          const { id } = value as Task
          return id.length > 3
            ? { issues: [{ message: 'too long' }] }
            : { value: { id, status: 'new' } }
        },
      },
    }
    const { store } = storeForTest({ tasks: collection<Task>({ schema }) })
    store.tasks.put({ id: 'a' })
    expect(store.tasks.get('a')).toEqual({ id: 'a', status: 'new' })
    expect(() => store.tasks.put({ id: 'long' })).toThrow('too long')
  })

  test('refuses a schema that gives an item another key, for it would not be found', () => {
    const schema: StandardSchemaV1<unknown, Task> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) => ({ value: { id: (value as Task).id.toLowerCase() } }),
      },
    }
    const { store } = storeForTest({ tasks: collection<Task>({ schema }) })
    expect(() => store.tasks.put({ id: 'A' })).toThrow(/id: the schema changed the key/)
    store.tasks.put({ id: 'a' })
    expect(store.tasks.list()).toEqual([{ id: 'a' }])
  })

  test.each(['events', 'streams', 'migrations'])(
    'named like the kernel’s table %s is refused',
    (name) => {
      expect(() => storeForTest({ [name]: collection() })).toThrow(code('MODULE_INVALID'))
    },
  )

  test('with a field that cannot be a column is refused', () => {
    const odd = collection<Task>({ index: ['odd "key"'] })
    expect(() => storeForTest({ odd })).toThrow(code('MODULE_INVALID'))
  })

  test('gains an index over items that are there already, unnoticed by the older release', () => {
    const test = storeForTest({ tasks: collection<Task>() })
    test.store.tasks.put({ id: 'a', slug: 's', status: 'open' })
    const newer = test.openWith({ tasks })
    expect(newer.tasks.list({ status: 'open' })).toHaveLength(1)
    test.store.tasks.put({ id: 'b', slug: 't', status: 'open' })
    expect(newer.tasks.list({ status: 'open' })).toHaveLength(2)
    expect(() => test.store.tasks.put({ id: 'c', slug: 's' })).toThrow(code('CONSTRAINT'))
    expect([newer.verify().problems, test.store.verify().problems]).toEqual([[], []])
  })

  test('is stored, so that a program without it can verify the items', () => {
    const test = setUp()
    test.store.tasks.put({ id: 'a', slug: 's' })
    const report = test.openWith({}).verify()
    expect([report.ok, report.modulesNotChecked]).toEqual([true, []])
    expect(report.modulesChecked).toContain('tasks')
  })
})

describe('a later release', () => {
  interface Item {
    readonly id: string
    readonly slug: string
  }
  const filled = () => {
    const test = storeForTest({ tasks: collection<Item>() })
    test.store.tasks.put({ id: 'a', slug: 's' })
    test.store.tasks.put({ id: 'b', slug: 's' })
    return test
  }

  test('that makes a field unique is told which values are not, and nothing is changed', () => {
    const test = filled()
    const open = () => test.openWith({ tasks: collection<Item>({ unique: ['slug'] }) })
    expect(open).toThrow(code('MIGRATION_FAILED'))
    expect(open).toThrow("module 'tasks': 'slug' is not unique in 'tasks': 2 have 's'")
    test.store.tasks.delete('b')
    expect(open().tasks.list({ slug: 's' })).toHaveLength(1)
  })

  test('takes unique back with a raised version, and can bring it in again', () => {
    const test = storeForTest({ tasks: collection<Item>({ unique: ['slug'] }) })
    test.store.tasks.put({ id: 'a', slug: 's' })
    const lax = test.openWith({ tasks: collection<Item>({ version: 2 }) })
    lax.tasks.put({ id: 'b', slug: 's' })
    expect(lax.verify().problems).toEqual([])
    lax.tasks.delete('b')
    const strict = test.openWith({ tasks: collection<Item>({ version: 3, unique: ['slug'] }) })
    expect(() => strict.tasks.put({ id: 'b', slug: 's' })).toThrow(code('CONSTRAINT'))
    expect(strict.verify().problems).toEqual([])
  })

  test.each([
    ['names items by another field', { tasks: collection<Item>({ key: 'slug', version: 2 }) }],
    ['has a document of the name', { tasks: document({ theme: 'dark' }) }],
    [
      'has a module of the name',
      {
        tasks: defineModule({
          ...{ name: 'tasks', version: 1, events: {}, project: {}, api: () => undefined },
          migrations: [],
        }),
      },
    ],
  ])('that %s is refused, for the items would be lost from sight', (_, modules) => {
    const test = filled()
    for (const mode of ['write', 'read'] as const) {
      expect(() => test.openWith(modules, { mode })).toThrow(code('MODULE_INVALID'))
    }
    expect(test.store.tasks.list()).toHaveLength(2)
  })
})
