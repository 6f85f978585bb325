import {
  appendFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { tempFolder, tempStorePath } from '../../../test/support/temp-folder.ts'
import { collection, defineModule, event, openStore } from '../../index.ts'
import type { OpenOptions } from './store-types.ts'

const jobs = defineModule({
  name: 'jobs',
  version: 1,
  events: { 'jobs.job.ended': event<{ n: number }>(), 'jobs.job.noted': event<{ n: number }>() },
  migrations: [{ id: '0001-initial', sql: 'CREATE TABLE jobs_job (n INTEGER) STRICT' }],
  project: {
    'jobs.job.ended': (tx, { data }) => void tx.run('INSERT INTO jobs_job VALUES (?)', [data.n]),
    'jobs.job.noted': () => undefined,
  },
  api: (store) => ({
    end: (n: number) => store.log.append('jobs.job/a', { type: 'jobs.job.ended', data: { n } }),
    note: (n: number) => store.log.append('jobs.job/a', { type: 'jobs.job.noted', data: { n } }),
  }),
})

interface Place {
  readonly path: string
  readonly file: string
}

function place(): Place {
  const path = tempStorePath()
  return { path, file: join(dirname(path), 'events.jsonl') }
}

function open({ path, file }: Place, mirror: object = {}, options: OpenOptions = {}) {
  return openStore(path, { jobs }, { mirror: { path: file, ...mirror }, ...options })
}

/** Opens, appends one event for each number, and closes. */
function append(where: Place, ...numbers: readonly number[]): void {
  using store = open(where)
  for (const n of numbers) store.jobs.end(n)
}

type Line = Record<string, unknown>

function linesOf(file: string): Line[] {
  const text = readFileSync(file, 'utf8')
  expect(text.endsWith('\n')).toBe(true)
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
}

const eventsOf = (file: string) => linesOf(file).filter((line) => !('holdfast' in line))
const sequencesOf = (file: string) => eventsOf(file).map(({ sequence }) => sequence)
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)

test('each committed event is one line, with the time, the type, the stream, and its sequence last', () => {
  const where = place()
  {
    using store = open(where, {}, { clock: () => Date.UTC(2026, 1, 10, 2, 17, 42) })
    store.jobs.end(1)
    store.log.append('jobs.job/a', {
      type: 'jobs.job.noted',
      data: { n: 2 },
      metadata: { actor: 'me' },
      occurredAtMs: 0,
    })
    expect(store.log.id).toBe(linesOf(where.file)[0]?.['logId'])
  }
  expect(readFileSync(where.file, 'utf8').split('\n').slice(1)).toEqual([
    '{"ts":"2026-02-10T02:17:42.000Z","type":"jobs.job.ended","stream":"jobs.job/a","data":{"n":1},"sequence":1}',
    '{"ts":"1970-01-01T00:00:00.000Z","type":"jobs.job.noted","stream":"jobs.job/a","metadata":{"actor":"me"},"data":{"n":2},"sequence":2}',
    '',
  ])
  expect(statSync(where.file).mode & 0o777).toBe(0o600)
})

test('what was appended without the mirror is written by whoever has it next', () => {
  const where = place()
  {
    using store = openStore(where.path, { jobs })
    for (const n of upTo(1234)) store.jobs.end(n)
  }
  expect(existsSync(where.file)).toBe(false)
  append(where)
  expect(sequencesOf(where.file)).toEqual(upTo(1234))
  {
    using store = openStore(where.path, { jobs })
    store.jobs.end(0)
  }
  append(where, 0)
  expect(sequencesOf(where.file)).toEqual(upTo(1236))
})

test('what is rolled back is in no line, and a later event with its sequence is', () => {
  const where = place()
  {
    using store = open(where)
    const fail = () => {
      throw new Error('no')
    }
    expect(() =>
      store.write(() => {
        store.jobs.end(-1)
        fail()
      }),
    ).toThrow('no')
    store.write(() => {
      store.jobs.end(1)
      expect(() =>
        store.write(() => {
          store.jobs.end(-2)
          fail()
        }),
      ).toThrow('no')
      store.jobs.end(2)
    })
  }
  expect(eventsOf(where.file).map(({ data }) => data)).toEqual([{ n: 1 }, { n: 2 }])
})

test('states that follow each other are all in the mirror, though the log keeps the last', () => {
  const { path, file } = place()
  using store = openStore(
    path,
    { items: collection<{ id: string; n: number }>() },
    { mirror: file },
  )
  store.write(() => {
    for (const n of upTo(5)) store.items.put({ id: 'a', n })
  })
  expect(store.mirror.catchUp()).toMatchObject({ path: file, sequence: 5 })
  expect(sequencesOf(file)).toEqual(upTo(5))
  store.items.put({ id: 'a', n: 6 })
  expect(store.log.read().length).toBe(1)
})

test.each([
  ['in its own line', (text: string) => text.slice(0, -7)],
  ['before its line break', (text: string) => text.slice(0, -1)],
  ['in the line before', (text: string) => text.slice(0, text.lastIndexOf('{"ts"') - 3)],
])('a line that was torn off %s is completed, and none is said twice', (_, tear) => {
  const where = place()
  append(where, 1, 2, 3)
  const whole = readFileSync(where.file, 'utf8')
  writeFileSync(where.file, tear(whole))
  append(where, 4)
  expect(readFileSync(where.file, 'utf8').startsWith(whole)).toBe(true)
  expect(sequencesOf(where.file)).toEqual(upTo(4))
})

test('what another program has begun there stays, on a line of its own', () => {
  const where = place()
  append(where, 1)
  appendFileSync(where.file, '{"mine":')
  append(where, 2)
  const lines = readFileSync(where.file, 'utf8').split('\n')
  expect(lines.at(2)).toBe('{"mine":')
  expect(JSON.parse(lines.at(3) ?? '')).toMatchObject({ sequence: 2 })
})

test('a file that is renamed, deleted or emptied under it is begun anew where it stood', () => {
  const where = place()
  using store = open(where)
  store.jobs.end(1)
  store.mirror.catchUp()
  renameSync(where.file, `${where.file}.1`)
  store.jobs.end(2)
  store.mirror.catchUp()
  expect(sequencesOf(`${where.file}.1`)).toEqual([1])
  expect(sequencesOf(where.file)).toEqual([2])
  rmSync(where.file)
  store.jobs.end(3)
  store.mirror.catchUp()
  expect(sequencesOf(where.file)).toEqual([3])
  truncateSync(where.file)
  store.jobs.end(4)
  store.mirror.catchUp()
  expect(sequencesOf(where.file)).toEqual([4])
  expect(linesOf(where.file)[0]).toMatchObject({ holdfast: 'mirror', sequence: 3 })
})

test('a file that was rotated behind a killed process is known by its end', () => {
  const where = place()
  append(where, 1, 2)
  const saved = readFileSync(where.file)
  {
    // As a kill before the checkpoint was saved leaves it: the file is further than the checkpoint.
    using store = openStore(where.path, { jobs })
    const [mirror] = store.status().mirrors
    store.log.removeConsumer(mirror?.consumer ?? '')
    expect(mirror).toMatchObject({ path: where.file, sequence: 2, problem: null })
  }
  writeFileSync(`${where.file}-2026-11-30`, saved)
  rmSync(where.file)
  append(where, 3)
  expect(sequencesOf(where.file)).toEqual([3])
})

test('a file that is no mirror, or that of another store, is refused and left as it is', () => {
  const where = place()
  writeFileSync(where.file, '{"ts":"2026-01-01","type":"old"}\n')
  const refusal = { code: 'PATH_REFUSED', hint: expect.stringContaining('import --retire') }
  expect(() => open(where)).toThrow(expect.objectContaining(refusal))
  expect(readFileSync(where.file, 'utf8')).toBe('{"ts":"2026-01-01","type":"old"}\n')
  rmSync(where.file)
  append(where, 1)
  const other = { path: tempStorePath(), file: where.file }
  expect(() => open(other)).toThrow(expect.objectContaining({ code: 'PATH_REFUSED' }))
  expect(sequencesOf(where.file)).toEqual([1])
  expect(() => open({ ...where, file: '' })).toThrow(/path of a mirror is empty/)
  expect(() => open(where, { types: 'jobs.*' })).toThrow(/mirror: types must be a list/)
})

test('the file of a log that another took the place of is set aside, and the new one mirrored whole', () => {
  const where = place()
  append(where, 1, 2, 3)
  const before = readFileSync(where.file, 'utf8')
  rmSync(where.path)
  append(where, 4, 5)
  expect(readFileSync(`${where.file}.replaced-1`, 'utf8')).toBe(before)
  expect(eventsOf(where.file).map(({ data }) => data)).toEqual([{ n: 4 }, { n: 5 }])
})

test('only what is wanted is written, and how far was looked is said now and then', () => {
  const where = place()
  const types = ['jobs.job.noted', 'other.*']
  const notes = () => linesOf(where.file).filter(({ holdfast }) => holdfast === 'passed')
  {
    using store = open(where, { types })
    store.jobs.end(1)
    store.jobs.note(2)
    store.write(() => {
      for (const n of upTo(10_000)) store.jobs.end(n)
    })
    expect(store.mirror.catchUp().sequence).toBe(10_002)
    expect(notes()).toEqual([])
    store.jobs.end(3)
  }
  expect(notes()).toEqual([{ holdfast: 'passed', sequence: 10_003 }])
  {
    using store = open(where, { types })
    store.jobs.note(4)
  }
  expect(sequencesOf(where.file)).toEqual([2, 10_004])
})

test('secrets are taken out when that is asked for', () => {
  const where = place()
  {
    using store = open(where, { isRedacting: true })
    const data = { n: 1, token: 'abc', text: 'TOKEN=hunter2hunter2' }
    store.log.append('jobs.job/a', { type: 'jobs.job.noted', data })
  }
  expect(eventsOf(where.file)).toMatchObject([
    { data: { n: 1, token: '[redacted]', text: 'TOKEN=[redacted]' }, sequence: 1 },
  ])
})

test('a module says how its events stand in a line', () => {
  const { path, file } = place()
  const told = {
    ...jobs,
    line: ({ type, text }: { type: string; text: string }) => {
      return type === 'jobs.job.noted' ? undefined : text.replace('{', '{"event":"ended",\n')
    },
  }
  {
    using store = openStore(path, { jobs: told }, { mirror: file })
    store.jobs.end(1)
    store.jobs.note(2)
    store.jobs.end(3)
  }
  expect(readFileSync(file, 'utf8').split('\n').slice(1, -1)).toEqual([
    '{"event":"ended", "n":1,"sequence":1}',
    '{"event":"ended", "n":3,"sequence":3}',
  ])
})

test('records that were imported stand in it as they stood in their source', () => {
  const where = place()
  const source = join(tempFolder(), 'app.jsonl')
  writeFileSync(source, '{"ts":"2026-01-01T00:00:00Z","n":1.00}\n{"n":2}\n')
  {
    using store = open(where)
    store.import([source])
  }
  const lines = readFileSync(where.file, 'utf8').split('\n')
  expect(lines.slice(-3)).toEqual([
    '{"ts":"2026-01-01T00:00:00Z","n":1.00,"sequence":1}',
    '{"n":2,"sequence":2}',
    '',
  ])
})

test('a mirror is never a source', () => {
  const where = place()
  append(where, 1)
  using store = openStore(tempStorePath())
  const plan = store.planImport([where.file])
  expect(plan.sources).toEqual([])
  expect(plan.skipped).toMatchObject([{ path: where.file, why: 'written by Holdfast' }])
})

test('a full file gets another name, once, and never that of a file of others', () => {
  const where = place()
  {
    using store = open(where, { maxBytes: 300 })
    for (const n of upTo(9)) {
      store.jobs.end(n)
      store.mirror.catchUp()
    }
  }
  const kept = [
    ...sequencesOf(`${where.file}.1`),
    ...(existsSync(where.file) ? sequencesOf(where.file) : []),
  ]
  expect(kept).toEqual(upTo(9).slice(-kept.length))
  expect(kept.length).toBeLessThan(9)
  writeFileSync(`${where.file}.1`, 'mine')
  using store = open(where, { maxBytes: 300 })
  for (const n of upTo(9)) store.jobs.end(n)
  expect(() => store.mirror.catchUp()).toThrow(expect.objectContaining({ code: 'PATH_REFUSED' }))
  expect(readFileSync(`${where.file}.1`, 'utf8')).toBe('mine')
  expect(sequencesOf(where.file).at(-1)).toBe(18)
})

test('a file that cannot be written fails no commit, is told of in status, and is caught up with', () => {
  const where = place()
  using store = open(where)
  store.jobs.end(1)
  store.mirror.catchUp()
  rmSync(where.file)
  writeFileSync(where.file, 'mine\n')
  store.jobs.end(2)
  expect(() => store.mirror.catchUp()).toThrow(/no mirror/)
  store.jobs.end(3)
  expect(store.status().mirrors).toMatchObject([
    { path: where.file, problem: expect.stringContaining('no mirror') },
  ])
  rmSync(where.file)
  store.mirror.catchUp()
  expect(sequencesOf(where.file)).toEqual([2, 3])
  expect(store.status().mirrors).toMatchObject([{ sequence: 3, problem: null }])
})

test('what prune has dropped while the mirror stood still is said to be missing', () => {
  const where = place()
  const DAY = 86_400_000
  let now = Date.UTC(2026, 0, 1)
  const clock = () => now
  const items = { items: collection<{ id: string; n: number }>() }
  {
    using store = openStore(where.path, items, { mirror: where.file, clock })
    store.items.put({ id: 'a', n: 1 })
  }
  {
    using store = openStore(where.path, items, { clock, autoPrune: false })
    for (const n of upTo(5)) store.items.put({ id: 'a', n: n + 1 })
    now += 8 * DAY
    expect(store.prune().events).toBe(4)
  }
  {
    using store = openStore(where.path, items, { mirror: where.file, clock })
    store.items.put({ id: 'a', n: 7 })
  }
  expect(linesOf(where.file).slice(2)).toMatchObject([
    { holdfast: 'gap', through: 5, sequence: 1 },
    { sequence: 6 },
    { sequence: 7 },
  ])
})

test('a store that is open for reading writes no mirror', () => {
  const where = place()
  append(where, 1)
  rmSync(where.file)
  using store = open(where, {}, { mode: 'read' })
  expect(store.log.head()).toBe(1)
  expect(existsSync(where.file)).toBe(false)
  expect(() => store.mirror.catchUp()).toThrow(/without a mirror/)
})

test('following writes what another store object appends, until it is aborted', async () => {
  const where = place()
  using store = open(where)
  using other = openStore(where.path, { jobs })
  const ended = new AbortController()
  const lines: number[] = []
  const following = store.mirror.follow({
    signal: ended.signal,
    onProgress: ({ sequence }) => lines.push(sequence),
  })
  other.jobs.end(1)
  await expect.poll(() => lines.at(-1)).toBe(1)
  ended.abort()
  await following
  expect(sequencesOf(where.file)).toEqual([1])
})

test('a file that is emptied in the middle of a write has its first line all the same', () => {
  const { path, file } = place()
  const line = ({ text }: { text: string }) => {
    // As one who rotates by copying: between the look at the file and the write to it.
    if (text === '{"n":2}') truncateSync(file)
    return text
  }
  {
    using store = openStore(path, { jobs: { ...jobs, line } }, { mirror: file })
    for (const n of upTo(3)) {
      store.jobs.end(n)
      store.mirror.catchUp()
    }
    expect(store.status().mirrors).toMatchObject([{ problem: null }])
  }
  expect(linesOf(file)[0]).toMatchObject({ holdfast: 'mirror', sequence: 1 })
  append({ path, file }, 4)
  expect(sequencesOf(file)).toEqual([2, 3, 4])
})

test('a file that was begun anew, and is as long as before, is not taken for the same', () => {
  const where = place()
  using first = open(where)
  first.mirror.catchUp()
  using second = open(where)
  second.jobs.end(1)
  second.mirror.catchUp()
  truncateSync(where.file)
  second.mirror.catchUp()
  first.mirror.catchUp()
  expect(linesOf(where.file)).toMatchObject([{ holdfast: 'mirror', sequence: 1 }])
})

test('who writes looks once more, for one who commits and closes meanwhile', async () => {
  const { path, file } = place()
  const other = openStore(path, { jobs }, { mirror: file })
  // Asked under the lock, which the other therefore does not get.
  const line = ({ text }: { text: string }) => {
    if (text === '{"n":1}') {
      other.jobs.end(2)
      other.close()
    }
    return text
  }
  using store = openStore(path, { jobs: { ...jobs, line } }, { mirror: file })
  // A commit that is close to the write before it is written later.
  await sleep(5)
  store.jobs.end(1)
  expect(sequencesOf(file)).toEqual([1, 2])
})
