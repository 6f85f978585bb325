import { expect, test } from 'vitest'
import { parseWanted, wantedFor } from './as-option.ts'

test('the longest pattern that fits the path or the name decides', () => {
  const as = { '*.json': 'document', 'a/*.json': 'skip', 'tasks.json': 'collection:key=slug' }
  expect(wantedFor('x/y.json', as)?.kind).toBe('document')
  expect(wantedFor('a/y.json', as)?.kind).toBe('skip')
  expect(wantedFor('b/tasks.json', as)).toEqual({
    kind: 'collection',
    name: undefined,
    key: 'slug',
  })
  expect(wantedFor('a/y.jsonl', as)).toBeUndefined()
})

test('takes a name and a key', () => {
  expect(parseWanted('collection:todo:key=slug')).toEqual({
    kind: 'collection',
    name: 'todo',
    key: 'slug',
  })
  expect(parseWanted('events:log')).toEqual({ kind: 'events', name: 'log', key: undefined })
})

test.each([
  'table',
  'skip:a',
  'events:key=a',
  'events:A-b',
  'collection:key=a-b',
  'events:a:b',
  '',
])('refuses %j', (text) => {
  expect(() => parseWanted(text)).toThrow('no way to take a source')
})
