/**
 * What stands in a mirror's way fails no commit, is told of for as long as it does, and leaves nothing out
 * and nothing twice when it is gone.
 */
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { tempStorePath } from '../../../test/support/temp-folder.ts'
import { collection, defineModule, event, openStore } from '../../index.ts'
import { chooseDriver } from '../driver/choose.ts'
import { MirrorLock } from '../mirror/mirror-lock.ts'

const modules = { items: collection<{ id: string }>() }

function place() {
  const path = tempStorePath()
  return { path, file: join(dirname(path), 'out', 'events.jsonl') }
}

function sequencesOf(file: string): number[] {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  const parsed = lines.map((line) => JSON.parse(line) as { holdfast?: string; sequence: number })
  return parsed.flatMap(({ holdfast, sequence }) => (holdfast ? [] : [sequence]))
}

function pipe(path: string): void {
  expect(spawnSync('mkfifo', [path]).status).toBe(0)
}

test.each<[name: string, stand: (path: string) => void]>([
  ['a folder', (path) => mkdirSync(path)],
  ['a pipe that nobody reads', pipe],
  ['a link to nothing', (path) => symlinkSync(`${path}-nothing`, path)],
  ['a link to itself', (path) => symlinkSync(path, path)],
  ['a link to a folder', (path) => symlinkSync(dirname(path), path)],
  [
    'a link to a pipe',
    (path) => {
      pipe(`${path}-pipe`)
      symlinkSync(`${path}-pipe`, path)
    },
  ],
  ['a device', (path) => symlinkSync('/dev/full', path)],
  ["a link to the store's own file", (path) => symlinkSync(join(path, '../../state.db'), path)],
  ['a file of somebody else', (path) => writeFileSync(path, 'mine\n')],
])('%s in the place of its file', (_, stand) => {
  const where = place()
  using store = openStore(where.path, modules, { mirror: where.file })
  store.items.put({ id: 'a' })
  store.mirror.catchUp()
  renameSync(where.file, `${where.file}.moved`)
  stand(where.file)
  for (const id of ['b', 'c']) store.items.put({ id })
  expect(() => store.mirror.catchUp()).toThrow()
  store.items.put({ id: 'd' })
  expect(store.status().mirrors).toMatchObject([
    { path: where.file, sequence: 1, problem: expect.stringContaining('events.jsonl') },
  ])
  rmSync(where.file, { recursive: true })
  expect(store.mirror.catchUp()).toMatchObject({ sequence: 4, lines: 3 })
  expect(store.status().mirrors).toMatchObject([{ sequence: 4, problem: null }])
  expect([`${where.file}.moved`, where.file].map(sequencesOf)).toEqual([[1], [2, 3, 4]])
  expect(store.items.list()).toHaveLength(4)
})

test('its folder removed, or with a file in its place', () => {
  const where = place()
  const folder = dirname(where.file)
  using store = openStore(where.path, modules, { mirror: where.file })
  store.items.put({ id: 'a' })
  store.mirror.catchUp()
  rmSync(folder, { recursive: true })
  store.items.put({ id: 'b' })
  store.mirror.catchUp()
  expect(sequencesOf(where.file)).toEqual([2])
  renameSync(folder, `${folder}.moved`)
  writeFileSync(folder, 'mine')
  store.items.put({ id: 'c' })
  expect(() => store.mirror.catchUp()).toThrow()
  expect(store.status().mirrors).toMatchObject([{ problem: expect.stringContaining('ENOTDIR') }])
  unlinkSync(folder)
  store.mirror.catchUp()
  expect(sequencesOf(where.file)).toEqual([3])
})

test('a name that no file can have is refused, and holds no events back', () => {
  const where = place()
  for (const name of ['x'.repeat(300), `${'y/'.repeat(3000)}events.jsonl`]) {
    const mirror = join(dirname(where.file), name)
    expect(() => openStore(where.path, modules, { mirror })).toThrow(
      expect.objectContaining({ code: 'PATH_REFUSED', message: expect.stringContaining('long') }),
    )
  }
  using store = openStore(where.path, modules)
  expect(store.status().mirrors).toEqual([])
})

test('a folder that is not there yet, under a file, is no reason not to open the store', () => {
  const where = place()
  writeFileSync(dirname(where.file), 'mine')
  {
    using store = openStore(where.path, modules, { mirror: where.file })
    store.items.put({ id: 'a' })
    expect(store.status().mirrors).toMatchObject([{ problem: expect.stringContaining('ENOTDIR') }])
  }
  rmSync(dirname(where.file))
  expect(existsSync(where.file)).toBe(false)
  openStore(where.path, modules, { mirror: where.file }).close()
  expect(sequencesOf(where.file)).toEqual([1])
})

test('a disk that is slow does not slow each commit, and what is missing comes later', () => {
  const where = place()
  let skewMs = 0
  const real = performance.now.bind(performance)
  vi.spyOn(performance, 'now').mockImplementation(() => real() + skewMs)
  let asked = 0
  let takesMs = 8000
  const jobs = defineModule({
    name: 'jobs',
    version: 1,
    events: { 'jobs.job.ended': event<{ n: number }>() },
    migrations: [{ id: '0001-initial', sql: 'CREATE TABLE jobs_job (n INTEGER) STRICT' }],
    project: { 'jobs.job.ended': () => undefined },
    // Asked in the middle of a write, which therefore takes so long.
    line: ({ text }) => {
      asked++
      skewMs += takesMs
      return text
    },
    api: (store) => ({
      end: (n: number) => store.log.append('jobs.job/a', { type: 'jobs.job.ended', data: { n } }),
    }),
  })
  using store = openStore(where.path, { jobs }, { mirror: where.file })
  const commit = (n: number) => {
    skewMs += 2
    store.jobs.end(n)
  }
  for (let n = 1; n <= 10; n++) commit(n)
  // The first is no sign yet, unless the machine was slow before it.
  expect(asked).toBeLessThanOrEqual(2)
  expect(store.status().mirrors).toMatchObject([{ problem: expect.stringMatching(/took 8\d+ ms/) }])
  skewMs += 61_000
  takesMs = 0
  commit(11)
  expect(sequencesOf(where.file)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  expect(store.status().mirrors).toMatchObject([{ problem: null }])
})

test('a lock that another process keeps is told of, and fails no commit', () => {
  const where = place()
  let skewMs = 0
  const real = performance.now.bind(performance)
  vi.spyOn(performance, 'now').mockImplementation(() => real() + skewMs)
  using store = openStore(where.path, modules, { mirror: where.file })
  store.items.put({ id: 'a' })
  store.mirror.catchUp()
  const keeper = new MirrorLock(chooseDriver(), where.path)
  keeper.whenFree(() => {
    for (const id of ['b', 'c']) {
      skewMs += 11_000
      store.items.put({ id })
    }
    const problem = expect.stringContaining('another process has been writing')
    expect(store.status().mirrors).toMatchObject([{ problem }])
  })
  keeper.close()
  skewMs += 11_000
  store.items.put({ id: 'd' })
  expect(store.status().mirrors).toMatchObject([{ problem: null }])
  expect(sequencesOf(where.file)).toEqual([1, 2, 3, 4])
})

test('who does not write the mirror himself sees what its path shows, and the doctor says it', () => {
  const where = place()
  let now = Date.UTC(2026, 0, 1)
  const clock = () => now
  {
    using store = openStore(where.path, modules, { mirror: where.file, clock })
    store.items.put({ id: 'a' })
  }
  using store = openStore(where.path, modules, { clock })
  const found = () => store.examine().filter(({ kind }) => kind.startsWith('mirror-'))
  expect(found()).toEqual([])
  now += 3_600_000
  store.items.put({ id: 'b' })
  // Whoever has it open may be about to write it.
  expect(found()).toEqual([])
  now += 61_000
  expect(found()).toMatchObject([{ kind: 'mirror-late', severity: 'note' }])
  renameSync(where.file, `${where.file}.moved`)
  writeFileSync(where.file, 'mine\n')
  const problem = `${where.file} is there, and no mirror`
  expect(found()).toMatchObject([{ kind: 'mirror-stopped', severity: 'fault', what: problem }])
  expect(store.status().mirrors).toMatchObject([{ path: where.file, problem }])
  rmSync(where.file)
  mkdirSync(where.file)
  expect(store.status().mirrors).toMatchObject([{ problem: `${where.file} is not a file` }])
  rmSync(where.file, { recursive: true })
  expect(store.status().mirrors).toMatchObject([{ problem: null }])
  symlinkSync(`${where.file}-nothing`, where.file)
  expect(store.status().mirrors).toMatchObject([{ problem: expect.stringContaining('is a link') }])
})
