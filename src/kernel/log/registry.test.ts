import { expect, test } from 'vitest'
import { event } from './event-definition.ts'
import { defineModule } from './module.ts'
import { moduleOf, Registry } from './registry.ts'

const module = (name: string, isOpen = false) =>
  defineModule({
    name,
    version: 1,
    events: { [`${name}.thing.made`]: event() },
    migrations: [],
    project: { [`${name}.thing.made`]: () => undefined },
    ...(isOpen ? { open: event() } : {}),
    api: () => undefined,
  })
const registry = new Registry([module('closed'), module('wide', true)])

test('a type is known by its name', () => {
  expect(registry.resolve('closed.thing.made').module.name).toBe('closed')
  expect(registry.find('closed.thing.lost')).toBeUndefined()
})

test('an open module takes any type under its prefix', () => {
  expect(registry.resolve('wide.anything.at.all')).toMatchObject({
    type: 'wide.anything.at.all',
    module: { name: 'wide' },
  })
})

test('a type that its module does not have is told from a module that is not loaded', () => {
  expect(() => registry.resolve('closed.thing.lost')).toThrow(
    expect.objectContaining({ code: 'EVENT_INVALID' }),
  )
  expect(() => registry.resolve('gone.thing.made')).toThrow(
    expect.objectContaining({ code: 'MODULE_NOT_LOADED' }),
  )
})

test('two modules of one name are refused', () => {
  expect(() => new Registry([module('a'), module('a')])).toThrow(
    expect.objectContaining({ code: 'MODULE_INVALID' }),
  )
})

test('the module is the part before the first dot', () => {
  expect([moduleOf('a.b.c'), moduleOf('a')]).toEqual(['a', 'a'])
})
