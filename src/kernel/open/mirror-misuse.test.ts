/** Mirrors that are named wrongly, asked at the wrong moment, or have a store taken from under them. */
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { tempStorePath } from '../../../test/support/temp-folder.ts'
import { collection, openStore } from '../../index.ts'
import type { MirrorOptions } from '../mirror/types.ts'

const modules = { items: collection<{ id: string; text?: string }>() }

function place() {
  const path = tempStorePath()
  return { path, file: join(dirname(path), 'events.jsonl') }
}

// Who has a store's lock is known where the system tells.
const WRITER = process.platform === 'linux' ? process.pid : null

const open = (path: string, mirror: string | MirrorOptions) => openStore(path, modules, { mirror })

/** Opens, puts each item, and closes. */
function put(where: { path: string; file: string }, ...ids: readonly string[]): void {
  using store = open(where.path, where.file)
  for (const id of ids) store.items.put({ id })
}

function idsOf(file: string): unknown[] {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  const parsed = lines.map(
    (line) => JSON.parse(line) as { holdfast?: string; data: { id: string } },
  )
  return parsed.filter(({ holdfast }) => holdfast === undefined).map(({ data }) => data.id)
}

const refusal = (code: string, message = '') =>
  expect.objectContaining({ code, message: expect.stringContaining(message) })

test.each(['', '-wal', '-shm', '-journal', '-bell', '-mirror'])(
  "no file of the store's own becomes its mirror: state.db%s",
  (ending) => {
    const { path } = place()
    {
      using store = openStore(path, modules)
      store.items.put({ id: 'a' })
    }
    const mirror = path + ending
    expect(() => open(path, mirror)).toThrow(refusal('PATH_REFUSED', "the store's own"))
    if (existsSync(mirror)) expect(readFileSync(mirror, 'latin1')).not.toContain('"mirror"')
    using store = openStore(path, modules)
    expect(store.items.list()).toHaveLength(1)
    // A mirror that never was keeps no events back.
    expect(store.status().mirrors).toEqual([])
  },
)

test('nor under another name of the same file', () => {
  const { path } = place()
  {
    using store = openStore(path, modules)
    store.items.put({ id: 'a' })
  }
  const link = `${path}.jsonl`
  symlinkSync(path, link)
  expect(() => open(path, link)).toThrow(refusal('PATH_REFUSED', "the store's own"))
  linkSync(`${path}-bell`, `${path}.bell`)
  expect(() => open(path, `${path}.bell`)).toThrow(refusal('PATH_REFUSED', "the store's own"))
})

test.each([
  ['a NUL character', { path: 'a\0b' }],
  ['an option that there is not', { path: 'events.jsonl', redact: true }],
])('a mirror with %s is refused', (_, mirror) => {
  expect(() => open(place().path, mirror)).toThrow(refusal('ARGUMENT_INVALID'))
})

test('a relative path is that of the folder in which the store was opened', () => {
  const { path } = place()
  const [first, second] = [join(dirname(path), '1'), join(dirname(path), '2')]
  for (const folder of [first, second]) mkdirSync(folder)
  const source = join(dirname(path), 'app.jsonl')
  writeFileSync(source, '{"id":"b"}\n')
  const folder = vi.spyOn(process, 'cwd').mockReturnValue(first)
  using store = open(path, 'events.jsonl')
  folder.mockReturnValue(second)
  store.import([source])
  expect(readdirSync(second)).toEqual([])
  expect(store.status().mirrors).toMatchObject([{ path: join(first, 'events.jsonl') }])
})

test('inside a transaction nothing is mirrored: it may be taken back, or look at the past', () => {
  const where = place()
  using store = open(where.path, where.file)
  using other = open(where.path, where.file)
  store.items.put({ id: 'a' })
  const asked = refusal('ARGUMENT_INVALID', 'inside a transaction')
  expect(() =>
    store.write(() => {
      store.items.put({ id: 'b' })
      store.mirror.catchUp()
    }),
  ).toThrow(asked)
  store.read((tx) => {
    tx.all('SELECT count(*) FROM events')
    other.items.put({ id: 'c' })
    expect(() => store.mirror.catchUp()).toThrow(asked)
  })
  store.mirror.catchUp()
  expect(idsOf(where.file)).toEqual(['a', 'c'])
  expect(existsSync(`${where.file}.replaced-1`)).toBe(false)
})

test('a store that is closed in the middle of a transaction mirrors nothing of it', () => {
  const where = place()
  const store = open(where.path, where.file)
  expect(() =>
    store.write(() => {
      store.items.put({ id: 'a' })
      store.close()
    }),
  ).toThrow(refusal('STORE_CLOSED'))
  expect(idsOf(where.file)).toEqual([])
})

test('whoever still has a store that was moved away leaves the mirror of the new one alone', () => {
  const where = place()
  const old = open(where.path, where.file)
  old.items.put({ id: 'old' })
  old.mirror.catchUp()
  for (const name of readdirSync(dirname(where.path))) {
    if (!name.startsWith('state.db')) continue
    renameSync(join(dirname(where.path), name), join(dirname(where.path), `old-${name}`))
  }
  put(where, 'new')
  expect(() => old.mirror.catchUp()).toThrow(refusal('STORE_REPLACED'))
  old.close()
  put(where, 'newer')
  expect(idsOf(where.file)).toEqual(['new', 'newer'])
  expect(idsOf(`${where.file}.replaced-1`)).toEqual(['old'])
})

test('a file that holds nothing but its first line is not full, however little it may hold', () => {
  const where = place()
  const mirror = { path: where.file, maxBytes: 1 }
  {
    using store = open(where.path, mirror)
    store.items.put({ id: 'a' })
  }
  for (let n = 0; n < 2; n++) open(where.path, mirror).close()
  expect(idsOf(`${where.file}.1`)).toEqual(['a'])
})

test('a lock that cannot be opened is told of for as long as it cannot', () => {
  const where = place()
  writeFileSync(`${where.path}-mirror`, 'x'.repeat(5000))
  using store = open(where.path, where.file)
  const problem = expect.stringContaining('not a database')
  for (let n = 0; n < 2; n++) {
    expect(() => store.mirror.catchUp()).toThrow(/not a database/)
    expect(store.status().mirrors).toMatchObject([{ problem }])
  }
  rmSync(`${where.path}-mirror`)
  store.items.put({ id: 'a' })
  store.mirror.catchUp()
  expect(idsOf(where.file)).toEqual(['a'])
})

test('a store that was put back to an older copy of itself is mirrored from its start', () => {
  const where = place()
  put(where, 'a', 'b')
  copyFileSync(where.path, `${where.path}.copy`)
  put(where, 'c', 'd')
  rmSync(where.path)
  copyFileSync(`${where.path}.copy`, where.path)
  put(where, 'e')
  expect(idsOf(`${where.file}.replaced-1`)).toEqual(['a', 'b', 'c', 'd'])
  expect(idsOf(where.file)).toEqual(['a', 'b', 'e'])
})

test('the copy of a store does not go on with the mirror of the one that it was copied from', () => {
  const where = place()
  put(where, 'a')
  const copy = join(dirname(where.path), 'copy.db')
  copyFileSync(where.path, copy)
  expect(() => open(copy, where.file)).toThrow(refusal('PATH_REFUSED', 'another store'))
  // One that was moved does, though the file says where it was.
  renameSync(where.path, join(dirname(where.path), 'moved.db'))
  put({ ...where, path: join(dirname(where.path), 'moved.db') }, 'b')
  expect(idsOf(where.file)).toEqual(['a', 'b'])
})

test('a link to nothing is said to be one', () => {
  const where = place()
  symlinkSync(join(dirname(where.path), 'nothing'), where.file)
  expect(() => open(where.path, where.file)).toThrow(refusal('PATH_REFUSED', 'link'))
})

test('a file of a newer format is refused, and one whose first line says nothing is no mirror', () => {
  const where = place()
  put(where, 'a')
  const text = readFileSync(where.file, 'utf8')
  writeFileSync(where.file, text.replace('"format":1', '"format":2'))
  expect(() => open(where.path, where.file)).toThrow(refusal('PATH_REFUSED', 'newer Holdfast'))
  writeFileSync(where.file, text.replace('"store":"state.db"', '"store":5'))
  expect(() => open(where.path, where.file)).toThrow(refusal('PATH_REFUSED', 'no mirror'))
})

test('into a file without secrets nobody writes one, and one with secrets is put aside for it', () => {
  const where = place()
  const redacting = { path: where.file, isRedacting: true }
  const secret = { id: 'a', text: 'TOKEN=hunter2hunter2' }
  using early = open(where.path, where.file)
  early.items.put(secret)
  early.mirror.catchUp()
  {
    using store = open(where.path, redacting)
    store.items.put({ ...secret, id: 'b' })
  }
  expect(idsOf(`${where.file}.replaced-1`)).toEqual(['a'])
  expect(idsOf(where.file)).toEqual(['b'])
  expect(() => open(where.path, where.file)).toThrow(refusal('PATH_REFUSED', 'without secrets'))
  early.items.put({ ...secret, id: 'c' })
  expect(() => early.mirror.catchUp()).toThrow(refusal('PATH_REFUSED', 'without secrets'))
  open(where.path, redacting).close()
  expect(idsOf(where.file)).toEqual(['b', 'c'])
  expect(readFileSync(where.file, 'utf8')).not.toContain('hunter2')
})

test.each(['state', 'state.d'])(
  'no file of the store is opened to see where a mirror called %s goes on: its locks would be gone',
  (name) => {
    const { path } = place()
    const mirror = join(dirname(path), name)
    using store = open(path, mirror)
    using other = openStore(path, modules)
    other.write(() => {
      other.items.put({ id: 'a' })
      rmSync(mirror)
      store.mirror.catchUp()
      expect(store.status().writerPid).toBe(WRITER)
    })
    store.mirror.catchUp()
    expect(idsOf(mirror)).toEqual(['a'])
  },
)
