/** Files that are renamed or removed while a folder is imported, and names that cannot be read at all. */
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { tempFolder } from '../../../test/support/temp-folder.ts'
import type { Importer, ImportSource } from '../log/importer.ts'
import { defineModule } from '../log/module.ts'
import { openStore } from './open-store.ts'

let folder: string

beforeEach(() => {
  folder = join(tempFolder(), 'in')
  mkdirSync(folder)
})

const at = (name: string) => join(folder, name)
const storePath = () => join(folder, '..', 'state.db')
const write = (name: string, text: string) => writeFileSync(at(name), text)

/** A module that takes `a.jsonl`, to be asked of each file and to do something when it is read. */
function watcher(asked: (name: string) => void, read: () => void = () => undefined) {
  const importer: Importer = {
    name: 'all',
    format: 'jsonl',
    matches: ({ name }: ImportSource) => {
      asked(name)
      return name === 'a.jsonl'
    },
    *read(source, context) {
      read()
      if (context.offset > 0) return
      const place = { line: 1, offset: 0, endOffset: source.sizeBytes }
      yield { kind: 'event', stream: 'unknown/1', type: 'unknown.it.was', data: 1, ...place }
    },
  }
  return defineModule({
    name: 'watcher',
    version: 1,
    events: {},
    migrations: [],
    project: {},
    importers: [importer],
    api: () => ({}),
  })
}

test('a file that is renamed while a folder is planned is imported under its new name', () => {
  write('a.jsonl', '{}\n')
  write('draft.json', '[{"id":"d1"}]')
  const rename = () => {
    if (existsSync(at('draft.json'))) renameSync(at('draft.json'), at('tasks.json'))
  }
  using store = openStore(storePath(), { watcher: watcher(rename) }, { importFrom: folder })
  const report = store.import([folder])
  expect(report.sources.map(({ relativePath, outcome }) => [relativePath, outcome])).toEqual([
    ['a.jsonl', 'unchanged'],
    ['tasks.json', 'unchanged'],
  ])
  expect(store.sql.all('SELECT id FROM tasks')).toEqual([{ id: 'd1' }])
})

test('one that is gone at each look is reported, keeps no other waiting and a bootstrap from being done', () => {
  const come = () => write('b.json', '[{"id":"b1"}]')
  write('a.jsonl', '{}\n')
  write('z.json', '[{"id":"z1"}]')
  come()
  let isRestless = true
  const asked = (name: string) => {
    if (!isRestless) return
    if (name === 'a.jsonl') rmSync(at('b.json'))
    if (name === 'z.json') come()
  }
  const modules = { watcher: watcher(asked) }
  {
    using store = openStore(storePath(), modules, { importFrom: folder })
    expect(store.sql.all('SELECT id FROM z')).toEqual([{ id: 'z1' }])
    const failed = store.import([folder]).sources.at(-1)
    expect(failed).toMatchObject({ relativePath: 'b.json', outcome: 'failed', becomes: 'nothing' })
    expect(failed?.problem).toMatch(/^cannot read '.*b\.json': ENOENT/)
    expect(() => store.import([at('a.jsonl'), at('b.json')])).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    )
  }
  isRestless = false
  come()
  using store = openStore(storePath(), modules, { importFrom: folder })
  expect(store.sql.all('SELECT id FROM b')).toEqual([{ id: 'b1' }])
})

test('one that is gone when its turn comes is reported, and the others are imported', () => {
  write('a.jsonl', '{}\n')
  write('b.jsonl', '{"ts":1767225600}\n')
  write('z.json', '[{"id":"z1"}]')
  const read = () => rmSync(at('b.jsonl'))
  using store = openStore(storePath(), { watcher: watcher(() => undefined, read) })
  const { sources } = store.import([folder])
  expect(sources.map(({ outcome }) => outcome)).toEqual(['imported', 'failed', 'imported'])
  expect(sources[1]?.problem).toMatch(/^cannot read '.*b\.jsonl': ENOENT/)
})

test('a named log that is gone for a while ends no following, and hides no other file', async () => {
  write('app.jsonl', '{"n":1}\n')
  const [ending, others] = [new AbortController(), join(folder, '..', 'others')]
  mkdirSync(others)
  using store = openStore(storePath(), {})
  const steps = [
    () => {
      renameSync(at('app.jsonl'), join(folder, '..', 'away.jsonl'))
      writeFileSync(join(others, 'new.jsonl'), '{"other":1}\n')
    },
    () => write('app.jsonl', '{"n":2}\n'),
    () => appendFileSync(at('app.jsonl'), '{"n":3}\n'),
    () => ending.abort(),
  ]
  const stored: number[] = []
  const paths = [at('app.jsonl'), others]
  for await (const report of store.followImport(paths, { signal: ending.signal })) {
    stored.push(report.stored)
    steps.shift()?.()
  }
  expect(stored).toEqual([1, 1, 1, 1])
})

test('a source that cannot be renamed was imported, and the report says why it stays', () => {
  write('a.jsonl', '{"n":1}\n')
  // A thousand backups are there, as it were: the name is taken by a folder each time.
  const path = at('a.jsonl')
  for (let number = 1; number <= 1000; number++) mkdirSync(`${path}.${number}.bak`)
  using store = openStore(storePath(), {})
  const [source] = store.import([path], { retire: true }).sources
  expect(source).toMatchObject({ outcome: 'imported', stored: 1, problem: null, retiredTo: null })
  expect(source?.notRetired).toContain('there are 1000 backups beside it already')
  expect(existsSync(path)).toBe(true)
})

// Other systems refuse to make such a name.
const onLinux = test.skipIf(process.platform !== 'linux')

onLinux(
  'a folder that may be listed and not entered, and a name that is not UTF-8, are reported',
  () => {
    write('z.json', '[{"id":"z1"}]')
    mkdirSync(at('listed'))
    write('listed/a.json', '[{"id":"a1"}]')
    writeFileSync(
      Buffer.concat([Buffer.from(at('caf')), Buffer.from([0xe9]), Buffer.from('.json')]),
      '[]',
    )
    for (const path of [join(folder, '..'), folder]) chmodSync(path, 0o777)
    chmodSync(at('listed'), 0o444)
    // Root may read everything.
    const isRoot = process.geteuid?.() === 0
    if (isRoot) process.seteuid?.(65_534)
    try {
      using store = openStore(storePath(), {})
      const { sources } = store.import([folder])
      expect(sources.map(({ relativePath, outcome }) => [relativePath, outcome])).toEqual([
        ['z.json', 'imported'],
        ['caf\uFFFD.json', 'failed'],
        ['listed/a.json', 'failed'],
      ])
      expect(sources[1]?.problem).toBe('its name is not UTF-8: rename it to import it')
      expect(sources[2]?.problem).toContain('EACCES')
    } finally {
      if (isRoot) process.seteuid?.(0)
      chmodSync(at('listed'), 0o755)
    }
  },
)
