/** Importing into an open store: real logs with known counts, and the generic rule. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { collection } from '../collections/define.ts'
import { openStore } from './open-store.ts'

const FIXTURES = '../shared/fixtures/shipwright'
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-import-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function write(name: string, content: unknown): string {
  const path = join(folder, 'in', name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const storePath = () => join(folder, 'state.db')

// Real files, kept outside the project.
const withFixtures = test.skipIf(!existsSync(FIXTURES))

withFixtures('finds every event of two real logs, and nothing new in a second run', () => {
  using store = openStore(storePath())
  const paths = ['events-ci-241lines.jsonl', 'events-ci-74lines.jsonl'].map(
    (name) => `${FIXTURES}/ci-branch/${name}`,
  )
  const [first] = paths
  const report = store.import([String(first)])
  expect(report).toMatchObject({ read: 166, stored: 165, salvaged: 15, rejected: 1 })
  expect(store.log.head()).toBe(165)
  expect(store.import([String(first)])).toMatchObject({ read: 0, stored: 0 })
  using other = openStore(join(folder, 'other.db'))
  expect(other.import([String(paths[1])])).toMatchObject({ stored: 58, salvaged: 3, rejected: 1 })
  expect(store.verify().problems).toEqual([])
})

withFixtures('merges diverged copies of one log as a multiset union', () => {
  const copies = ['9e3d946', 'aa9fc7c', 'ecc65c0']
  for (const name of copies) {
    using store = openStore(join(folder, `${name}.db`))
    expect(store.import([`${FIXTURES}/ci-parallel-small/${name}.jsonl`])).toMatchObject({
      stored: 45,
    })
  }
  using store = openStore(storePath())
  const report = store.import([`${FIXTURES}/ci-parallel-small`])
  expect(report.stored).toBe(79)
  expect(report.sources.map((one) => one.target)).toEqual(Array(3).fill('ci_parallel_small'))
  expect(store.import([`${FIXTURES}/ci-parallel-small`])).toMatchObject({ stored: 0 })
})

withFixtures('takes the whole folder of a tool, and nothing new in a second run', () => {
  using store = openStore(storePath())
  const report = store.import([FIXTURES])
  expect(report.sources.filter((one) => one.outcome === 'failed')).toEqual([])
  expect(store.import([FIXTURES])).toMatchObject({ stored: 0 })
  expect(store.verify().problems).toEqual([])
})

test('makes collections, documents and logs of unknown files', () => {
  write('tasks.json', [
    { id: 't1', title: 'a' },
    { id: 't2', title: 'b' },
  ])
  write('agents.json', { web: { port: 1 }, api: { port: 2 } })
  write('settings.json', { theme: 'dark', sizes: [1, 2] })
  write('log.jsonl', '{"ts":"2026-01-01T00:00:00Z","n":1}\n{"ts":1767225601,"n":2}\n')
  write('empty.json', [])
  write('join-tokens.json', [{ id: 'secret' }])
  using store = openStore(storePath())
  const plan = store.planImport([join(folder, 'in')])
  expect(
    plan.sources.map(({ relativePath, becomes, target, key }) => [
      relativePath,
      becomes,
      target,
      key,
    ]),
  ).toEqual([
    ['agents.json', 'collection', 'agents', 'id'],
    ['log.jsonl', 'events', 'log', null],
    ['settings.json', 'document', 'settings', null],
    ['tasks.json', 'collection', 'tasks', 'id'],
  ])
  expect(plan.skipped.map((one) => one.why)).toEqual([
    "looks like secrets; to import it all the same, name it in as: 'join-tokens.json'",
    'nothing in it yet',
  ])
  expect(store.log.head()).toBe(0)
  expect(store.import([join(folder, 'in')])).toMatchObject({ stored: 7, rejected: 0 })
  expect(store.sql.all('SELECT id, data FROM agents ORDER BY id')).toEqual([
    { id: 'api', data: '{"id":"api","port":2}' },
    { id: 'web', data: '{"id":"web","port":1}' },
  ])
  const times = store.log.readStream('import.log/log').map((one) => one.occurredAtMs)
  expect(times).toEqual([1767225600000, 1767225601000])
  expect(store.import([join(folder, 'in')])).toMatchObject({ stored: 0, read: 0 })
})

test('goes on with a log that has grown, a torn end included', () => {
  const path = write('log.jsonl', '{"n":1}\n{"n":2}\n{"n"')
  using store = openStore(storePath())
  expect(store.import([path])).toMatchObject({
    stored: 2,
    rejected: 1,
    sources: [{ unfinishedBytes: 4 }],
  })
  write('log.jsonl', '{"n":1}\n{"n":2}\n{"n":3}\n{"n":1}\n')
  expect(store.import([path])).toMatchObject({ read: 2, stored: 2, rejected: 0 })
  expect(store.sql.all('SELECT * FROM rejects')).toEqual([])
  expect(store.log.head()).toBe(4)
})

test('writes only changed rows, and none that was changed in the store', () => {
  type Task = { id: string; n: number }
  const path = write(
    'tasks.json',
    [1, 2, 3].map((n) => ({ id: `t${n}`, n })),
  )
  using store = openStore(storePath(), { tasks: collection<Task>() })
  store.import([path])
  store.tasks.put({ id: 't2', n: 20 })
  write('tasks.json', [
    { id: 't1', n: 1 },
    { id: 't2', n: 21 },
    { id: 't3', n: 30 },
  ])
  expect(store.import([path])).toMatchObject({ stored: 1, duplicate: 1, kept: 1 })
  expect(store.tasks.list().map((task) => task.n)).toEqual([1, 20, 30])
  write('tasks.json', [
    { id: 't1', n: 1 },
    { id: 't2', n: 21 },
    { id: 't3', n: 31 },
  ])
  expect(store.import([path])).toMatchObject({ stored: 1, duplicate: 2, kept: 0 })
})

test('retires a source to a numbered backup, and never over another file', () => {
  const path = write('log.jsonl', '{"n":1}\n{"n":1}\n')
  const tasks = write('tasks.json', [{ id: 't1' }])
  writeFileSync(`${path}.1.bak`, 'mine')
  using store = openStore(storePath())
  const report = store.import([join(folder, 'in')], { retire: true })
  expect(report.sources.map((one) => one.retiredTo)).toEqual([`${path}.2.bak`, `${tasks}.1.bak`])
  expect(existsSync(path)).toBe(false)
  // Every byte of it, and whoever had the name before keeps theirs.
  expect(readFileSync(`${path}.2.bak`, 'utf8')).toBe('{"n":1}\n{"n":1}\n')
  expect(readFileSync(`${path}.1.bak`, 'utf8')).toBe('mine')
  write('log.jsonl', '{"n":1}\n{"n":2}\n')
  expect(store.import([path])).toMatchObject({ stored: 1, duplicate: 1 })
})

test('imports a folder when the store is first opened with it, and only then', () => {
  write('tasks.json', [{ id: 't1' }])
  const importFrom = join(folder, 'in')
  for (let count = 0; count < 2; count++) {
    using store = openStore(storePath(), {}, { importFrom })
    expect(store.log.head()).toBe(1)
  }
})

test('a file or folder that may not be read keeps no other waiting, and a bootstrap from being done', () => {
  write('tasks.json', [{ id: 't1' }])
  const closed = [
    write('closed.json', [{ id: 'c1' }]),
    join(write('deep/a.json', [{ id: 'd1' }]), '..'),
  ]
  for (const path of [folder, join(folder, 'in')]) chmodSync(path, 0o777)
  const importFrom = join(folder, 'in')
  const asNobody = (mode: number, run: () => void) => {
    for (const path of closed) chmodSync(path, mode)
    // Root may read everything.
    const isRoot = process.geteuid?.() === 0
    if (isRoot) process.seteuid?.(65_534)
    try {
      run()
    } finally {
      if (isRoot) process.seteuid?.(0)
      for (const path of closed) chmodSync(path, 0o755)
    }
  }
  asNobody(0, () => {
    using store = openStore(storePath(), {}, { importFrom })
    expect(store.log.head()).toBe(1)
    const report = store.import([importFrom])
    const failed = report.sources.filter(({ outcome }) => outcome === 'failed')
    expect(failed.map(({ relativePath }) => relativePath).sort()).toEqual(['closed.json', 'deep'])
    expect(failed[0]?.problem).toContain('EACCES')
    expect(store.planImport([importFrom]).sources.at(-1)).toMatchObject({ becomes: 'nothing' })
    const closedFile = () => store.import([String(closed[0])])
    expect(closedFile).toThrow('EACCES')
  })
  asNobody(0o755, () => {
    using store = openStore(storePath(), {}, { importFrom })
    expect(store.log.head()).toBe(3)
  })
})

test('takes a source as asked, and again when it is asked otherwise', () => {
  const path = write('tasks.json', [{ slug: 'a', n: 1 }, { slug: 'b', n: 2 }, { n: 3 }])
  using store = openStore(storePath())
  const as = { 'tasks.json': 'collection:todo:key=slug' }
  const plan = store.planImport([path], { as })
  expect(plan.sources).toMatchObject([{ becomes: 'collection', target: 'todo', key: 'slug' }])
  expect(store.import([path], { as })).toMatchObject({ stored: 2, rejected: 1 })
  expect(store.sql.all('SELECT id FROM todo ORDER BY id')).toEqual([{ id: 'a' }, { id: 'b' }])
  expect(store.import([path], { as: { '*.json': 'document' } })).toMatchObject({ stored: 1 })
  expect(store.import([path], { as: { '*.json': 'skip' } })).toMatchObject({
    read: 0,
    skippedCount: 1,
  })
})

test('gives two files of one name two tables, and none a name that is taken', () => {
  write('a/tasks.json', [{ id: 1 }])
  write('b/tasks.json', [{ id: 1 }])
  write('events.json', [{ id: 1 }])
  write('log.json', [{ id: 1 }])
  using store = openStore(storePath())
  store.import([join(folder, 'in')])
  const { sources } = store.planImport([join(folder, 'in')])
  expect(sources.map(({ target, state }) => [target, state])).toEqual([
    ['tasks', 'unchanged'],
    ['b_tasks', 'unchanged'],
    ['events_2', 'unchanged'],
    ['log_2', 'unchanged'],
  ])
})

test('gives the complete items of a torn file, and what is left of it as a reject', () => {
  const path = write('tasks.json', '[\n  {"id":1},\n  {"id":2},\n  {"id":')
  using store = openStore(storePath())
  expect(store.import([path])).toMatchObject({ stored: 2, salvaged: 2, rejected: 1 })
  write('tasks.json', '[{"id":1},{"id":2},{"id":3}]')
  expect(store.import([path])).toMatchObject({ stored: 1, duplicate: 2, rejected: 0 })
})

test('begins again when another log stands at the path, and counts it as a copy', () => {
  const path = write('log.jsonl', '{"n":1}\n{"n":2}\n')
  using store = openStore(storePath())
  store.import([path])
  write('log.jsonl', '{"n":2}\n{"n":3}\n{"n":3}\n')
  expect(store.import([path])).toMatchObject({ read: 3, stored: 2, duplicate: 1 })
  expect(store.sql.get('SELECT count(*) AS rows FROM imports')).toEqual({ rows: 2 })
})

test('imports into a store that this process holds exclusively, and from 20 files of one folder', () => {
  for (let at = 0; at < 20; at++) write(`heartbeats/job-${at}.json`, { pid: at, stage: 'build' })
  using store = openStore(storePath(), {}, { mode: 'exclusive' })
  expect(store.import([join(folder, 'in')])).toMatchObject({ stored: 20 })
  expect(store.import([join(folder, 'in')])).toMatchObject({ stored: 0 })
})

test('does not retire a source that is not imported whole', () => {
  const path = write('log.jsonl', '{"n":1}\n{"n"')
  using store = openStore(storePath())
  const [source] = store.import([path], { retire: true }).sources
  expect(source).toMatchObject({ retiredTo: null, notRetired: 'its end is not a whole record' })
  expect(existsSync(path)).toBe(true)
})

test('a list with thousands of items that cannot be taken keeps each once, however often it is read', () => {
  using store = openStore(storePath(), { tasks: collection() })
  const unnamed = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ at, n: at % 2000 }))
  const path = write('tasks.json', [{ id: 'a' }, ...unnamed(4000), { at: 0, n: 0 }])
  const as = { 'tasks.json': 'collection:tasks:key=id' }
  expect(store.import([path], { as })).toMatchObject({ stored: 1, rejected: 4001 })
  const kept = () => store.sql.get('SELECT count(*) AS count FROM rejects')
  expect(kept()).toEqual({ count: 4000 })
  write('tasks.json', [{ id: 'b' }, ...unnamed(4001)])
  expect(store.import([path], { as })).toMatchObject({ stored: 1, rejected: 4001 })
  expect(kept()).toEqual({ count: 4001 })
})

test('a member of a map that cannot be taken is kept with its name', () => {
  write('jobs.json', '{"a":{"id":"a"},"b":1}')
  const as = { 'jobs.json': 'collection' } as const
  using store = openStore(storePath())
  store.import([join(folder, 'in')], { as })
  expect(store.sql.all('SELECT CAST(raw AS TEXT) AS raw FROM rejects')).toEqual([{ raw: '"b":1' }])
})
