/** Files that were imported and then got another name. */
import {
  appendFileSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { tempFolder } from '../../../test/support/temp-folder.ts'
import { openStore } from './open-store.ts'

// Without a time, so that nothing but the file itself tells whether it is known.
const START = '{"event":"start"}\n'
const DONE = '{"event":"done"}\n'

function setUp() {
  const root = tempFolder()
  const folder = join(root, 'in')
  mkdirSync(folder)
  const path = (name: string) => join(folder, name)
  const write = (name: string, text: string) => writeFileSync(path(name), text)
  const rename = (from: string, to: string) => renameSync(path(from), path(to))
  const copyAndEmpty = (from: string, to: string) => {
    copyFileSync(path(from), path(to))
    truncateSync(path(from))
  }
  const open = () => openStore(join(root, 'state.db'))
  return { folder, path, write, rename, copyAndEmpty, open }
}

const TARGETS = /* sql */ `
  SELECT path, target FROM imports WHERE is_current = 1 ORDER BY path`

test('a log under another name is the same log, and goes on where it ended', () => {
  const { folder, path, write, rename, open } = setUp()
  using store = open()
  write('l1.jsonl', START + DONE)
  store.import([folder])
  rename('l1.jsonl', 'l1-old.jsonl')
  expect(store.planImport([folder]).sources).toMatchObject([
    {
      relativePath: 'l1-old.jsonl',
      target: 'l1',
      state: 'unchanged',
      why: `as before, when it was ${path('l1.jsonl')}`,
    },
  ])
  expect(store.import([folder])).toMatchObject({ read: 0, stored: 0 })
  appendFileSync(path('l1-old.jsonl'), START)
  expect(store.planImport([folder]).sources).toMatchObject([{ state: 'grown' }])
  expect(store.import([folder])).toMatchObject({ read: 1, stored: 1 })
  expect(store.sql.all(TARGETS)).toEqual([{ path: path('l1-old.jsonl'), target: 'events:l1' }])
})

test('a log that was renamed and has grown since adds what it gained', () => {
  const { folder, path, write, rename, open } = setUp()
  using store = open()
  write('l1.jsonl', START)
  store.import([folder])
  rename('l1.jsonl', 'l2.jsonl')
  appendFileSync(path('l2.jsonl'), START + DONE)
  expect(store.planImport([folder]).sources).toMatchObject([{ target: 'l1', state: 'grown' }])
  expect(store.import([folder])).toMatchObject({ read: 2, stored: 2 })
})

test('of rotated logs the old ones are known, and what stands at the first name is all new', () => {
  const { folder, path, write, rename, open } = setUp()
  using store = open()
  write('app.jsonl', START + DONE)
  expect(store.import([folder]).stored).toBe(2)
  for (let round = 1; round <= 3; round++) {
    if (round > 2) rename('app.2.jsonl', 'app.3.jsonl')
    if (round > 1) rename('app.1.jsonl', 'app.2.jsonl')
    rename('app.jsonl', 'app.1.jsonl')
    write('app.jsonl', START + DONE)
    const plan = store.planImport([folder]).sources
    expect(plan.map(({ target, state }) => [target, state])).toEqual([
      ...Array(round).fill(['app', 'unchanged']),
      ['app', 'new'],
    ])
    expect(store.import([folder])).toMatchObject({ read: 2, stored: 2, duplicate: 0 })
    expect(store.import([folder])).toMatchObject({ read: 0, stored: 0 })
  }
  expect(store.log.readStream('import.app/log')).toHaveLength(8)
  expect(store.sql.all(TARGETS)).toEqual(
    ['app.1.jsonl', 'app.2.jsonl', 'app.3.jsonl', 'app.jsonl'].map((name) => ({
      path: path(name),
      target: 'events:app',
    })),
  )
})

test('what a rotated log gained before it was rotated is stored too', () => {
  const { folder, path, write, rename, open } = setUp()
  using store = open()
  write('app.jsonl', START)
  store.import([folder])
  appendFileSync(path('app.jsonl'), DONE)
  rename('app.jsonl', 'app.jsonl.1')
  write('app.jsonl', START)
  expect(store.import([folder])).toMatchObject({ read: 2, stored: 2 })
})

test('a log whose first name is free for a while gets it back with its target', () => {
  const { folder, write, rename, open } = setUp()
  using store = open()
  write('app.jsonl', START + DONE)
  store.import([folder])
  rename('app.jsonl', 'app.1.jsonl')
  store.import([folder])
  write('app.jsonl', START)
  expect(store.planImport([folder]).sources.map(({ target }) => target)).toEqual(['app', 'app'])
  expect(store.import([folder])).toMatchObject({ read: 1, stored: 1 })
})

test('a rotated log that is imported by its first name alone is known when the others come', () => {
  const { folder, path, write, rename, open } = setUp()
  using store = open()
  write('app.jsonl', START + DONE)
  store.import([path('app.jsonl')])
  rename('app.jsonl', 'app.1.jsonl')
  write('app.jsonl', `${START}{"event":"other"}\n`)
  store.import([path('app.jsonl')])
  expect(store.import([folder])).toMatchObject({ read: 0, stored: 0 })
  expect(store.planImport([folder]).sources).toMatchObject([
    { relativePath: 'app.1.jsonl', state: 'unchanged' },
    { relativePath: 'app.jsonl', state: 'unchanged' },
  ])
})

const OTHER = '{"event":"other"}\n'
// Names that are met after the log's own, and before it.
const COPIES = ['app.jsonl.1', 'app-1.jsonl']

test.each(COPIES)('a log that was copied to %s and emptied in place is known there', (copy) => {
  const { folder, path, write, copyAndEmpty, open } = setUp()
  using store = open()
  write('app.jsonl', START + DONE)
  store.import([folder])
  appendFileSync(path('app.jsonl'), OTHER)
  copyAndEmpty('app.jsonl', copy)
  // As the end of the log that stood here: nobody may take it for that.
  appendFileSync(path('app.jsonl'), DONE)
  const states = store.planImport([folder]).sources.map((one) => [one.target, one.state])
  expect(states.sort()).toEqual([
    ['app', 'grown'],
    ['app', 'new'],
  ])
  expect(store.import([folder])).toMatchObject({ read: 2, stored: 2, duplicate: 0 })
  expect(store.import([folder])).toMatchObject({ read: 0, stored: 0 })
  appendFileSync(path('app.jsonl'), DONE)
  expect(store.import([folder])).toMatchObject({ read: 1, stored: 1 })
  expect(store.log.readStream('import.app/log')).toHaveLength(5)
})

test.each(COPIES)('a log that was emptied is imported alone, and its copy %s later', (copy) => {
  const { folder, path, write, copyAndEmpty, open } = setUp()
  using store = open()
  write('app.jsonl', START + DONE)
  store.import([folder])
  copyAndEmpty('app.jsonl', copy)
  appendFileSync(path('app.jsonl'), DONE + DONE)
  expect(store.import([path('app.jsonl')])).toMatchObject({ read: 2, stored: 2 })
  expect(store.import([folder])).toMatchObject({ read: 0, stored: 0 })
  expect(store.log.readStream('import.app/log')).toHaveLength(4)
})

test('of a log that is copied and emptied again and again each record is stored once', () => {
  const { folder, path, write, rename, copyAndEmpty, open } = setUp()
  using store = open()
  write('app.jsonl', START)
  store.import([folder])
  for (let round = 1; round <= 3; round++) {
    if (round > 2) rename('app.jsonl.2', 'app.jsonl.3')
    if (round > 1) rename('app.jsonl.1', 'app.jsonl.2')
    copyAndEmpty('app.jsonl', 'app.jsonl.1')
    appendFileSync(path('app.jsonl'), `{"event":"round ${round}"}\n${START}`)
    expect(store.import([folder])).toMatchObject({ read: 2, stored: 2 })
    expect(store.import([folder])).toMatchObject({ read: 0, stored: 0 })
  }
  expect(store.log.readStream('import.app/log')).toHaveLength(7)
})

test('a copy of a log that goes on where it is has not taken its place', () => {
  const { folder, path, write, open } = setUp()
  using store = open()
  write('app.jsonl', START + DONE)
  store.import([folder])
  copyFileSync(path('app.jsonl'), path('app.jsonl.1'))
  appendFileSync(path('app.jsonl'), OTHER)
  store.import([folder])
  expect(store.sql.all(TARGETS)).toContainEqual({ path: path('app.jsonl'), target: 'events:app' })
  expect(store.log.readStream('import.app/log').at(-1)?.data).toEqual({ event: 'other' })
})

test('a log is not taken for another that has gone and had its number', async () => {
  const { folder, path, write, open } = setUp()
  using store = open()
  write('a.jsonl', START)
  store.import([folder])
  // The number is given to the next file, on many file systems. These count in ticks of up to 10 ms.
  await sleep(20)
  unlinkSync(path('a.jsonl'))
  write('b.jsonl', START + DONE)
  expect(store.import([folder])).toMatchObject({ read: 2, stored: 2 })
})

test('a second name of a file that is still there is a file of its own', () => {
  const { folder, path, write, open } = setUp()
  using store = open()
  write('a.jsonl', START)
  store.import([folder])
  linkSync(path('a.jsonl'), path('b.jsonl'))
  expect(store.planImport([folder]).sources.map(({ target }) => target)).toEqual(['a', 'b'])
})

test('a collection and a document under another name are the ones that they were', () => {
  const { folder, write, rename, open } = setUp()
  using store = open()
  write('tasks.json', '[{"id":"a","n":1}]')
  write('settings.json', '{"theme":"dark","sizes":[1]}')
  store.import([folder])
  rename('tasks.json', 'todo.json')
  rename('settings.json', 'options.json')
  expect(store.planImport([folder]).sources).toMatchObject([
    { relativePath: 'options.json', target: 'settings', state: 'unchanged' },
    { relativePath: 'todo.json', target: 'tasks', state: 'unchanged' },
  ])
  expect(store.import([folder])).toMatchObject({ read: 0, stored: 0 })
  write('todo.json', '[{"id":"a","n":2}]')
  expect(store.import([folder])).toMatchObject({ stored: 1, kept: 0 })
  expect(store.sql.all('SELECT data FROM tasks')).toEqual([{ data: '{"id":"a","n":2}' }])
})

test('a list whose name another has taken keeps its name’s table for that one', () => {
  const { folder, write, rename, open } = setUp()
  using store = open()
  write('tasks.json', '[{"id":"a","n":1}]')
  store.import([folder])
  rename('tasks.json', 'tasks-old.json')
  write('tasks.json', '[{"id":"a","n":2}]')
  expect(store.planImport([folder]).sources).toMatchObject([
    { relativePath: 'tasks-old.json', target: 'tasks_old', state: 'new' },
    { relativePath: 'tasks.json', target: 'tasks', state: 'changed' },
  ])
  store.import([folder])
  expect(store.sql.all('SELECT data FROM tasks')).toEqual([{ data: '{"id":"a","n":2}' }])
})

test('a list that was renamed and changed before it was seen is a new one', () => {
  const { folder, write, rename, open } = setUp()
  using store = open()
  write('tasks.json', '[{"id":"a","n":1}]')
  store.import([folder])
  rename('tasks.json', 'todo.json')
  write('todo.json', '[{"id":"a","n":2}]')
  expect(store.planImport([folder]).sources).toMatchObject([{ target: 'todo', state: 'new' }])
})

test('files of a renamed folder are known', () => {
  const { folder, write, rename, open, path } = setUp()
  using store = open()
  mkdirSync(path('one'))
  write('one/log.jsonl', START)
  write('one/tasks.json', '[{"id":"a"}]')
  store.import([folder])
  rename('one', 'two')
  expect(store.import([folder])).toMatchObject({ read: 0, stored: 0 })
  rmSync(path('two/log.jsonl'))
  expect(store.import([folder])).toMatchObject({ read: 0, stored: 0 })
})

test('a log that is rotated while it is followed loses nothing and doubles nothing', async () => {
  const { folder, path, write, rename, open } = setUp()
  using store = open()
  write('app.jsonl', START + DONE)
  const ending = new AbortController()
  const rotate = () => {
    rename('app.jsonl', 'app.1.jsonl')
    write('app.jsonl', START + DONE)
  }
  const steps = [
    rotate,
    () => appendFileSync(path('app.jsonl'), START),
    () => {
      rename('app.1.jsonl', 'app.2.jsonl')
      rotate()
    },
    () => appendFileSync(path('app.1.jsonl'), DONE),
    () => ending.abort(),
  ]
  const stored: number[] = []
  for await (const report of store.followImport([folder], { signal: ending.signal })) {
    stored.push(report.stored)
    steps.shift()?.()
  }
  expect(stored).toEqual([2, 2, 1, 2, 1])
  expect(store.import([folder])).toMatchObject({ read: 0, stored: 0 })
  expect(store.log.readStream('import.app/log')).toHaveLength(8)
})
