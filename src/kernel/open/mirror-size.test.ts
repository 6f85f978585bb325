/** How large a mirror's file becomes: `maxBytes`, unless one line is larger. */
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { tempStorePath } from '../../../test/support/temp-folder.ts'
import { collection, openStore } from '../../index.ts'

const MAX_BYTES = 10_000

interface Line {
  readonly holdfast?: string
  readonly sequence: number
}

function place() {
  const path = tempStorePath()
  return { path, file: join(dirname(path), 'events.jsonl') }
}

function open({ path, file }: { path: string; file: string }, maxBytes = MAX_BYTES) {
  const items = { items: collection<{ id: string; text?: string }>() }
  return openStore(path, items, { mirror: { path: file, maxBytes } })
}

function linesOf(file: string): Line[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  expect(lines.pop()).toBe('')
  return lines.map((line) => JSON.parse(line) as Line)
}

function sequencesOf(file: string): number[] {
  return linesOf(file).flatMap(({ holdfast, sequence }) => (holdfast ? [] : [sequence]))
}

function upTo(last: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => last - count + 1 + index)
}

test('however much one commit brings, no file becomes larger than it may, and none ends in a line', () => {
  const where = place()
  const older = `${where.file}.1`
  using store = open(where)
  let last = 0
  for (const count of [1000, 3, 70, 1]) {
    store.write(() => {
      for (let n = 0; n < count; n++) store.items.put({ id: `${last + n}`, text: 'x'.repeat(n) })
    })
    last += count
    store.mirror.catchUp()
    const files = [older, where.file].filter((file) => existsSync(file))
    for (const file of files) expect(statSync(file).size).toBeLessThanOrEqual(MAX_BYTES)
    // The first lines went with the files that these have taken the place of.
    const kept = files.flatMap(sequencesOf)
    expect(kept).toEqual(upTo(last, kept.length))
  }
  const [head] = linesOf(where.file)
  expect(head).toMatchObject({ holdfast: 'mirror', sequence: sequencesOf(older).at(-1) })
})

test('a file is filled: what it may hold more than a line of goes into it', () => {
  const where = place()
  using store = open(where)
  store.write(() => {
    for (let n = 0; n < 100; n++) store.items.put({ id: `${n}`, text: 'x'.repeat(100) })
  })
  store.mirror.catchUp()
  expect(statSync(`${where.file}.1`).size).toBeGreaterThan(MAX_BYTES - 300)
})

test('a line that is larger than a file may be has a file of its own', () => {
  const where = place()
  using store = open(where)
  store.write(() => {
    store.items.put({ id: 'a' })
    store.items.put({ id: 'b', text: 'x'.repeat(2 * MAX_BYTES) })
    store.items.put({ id: 'c' })
  })
  store.mirror.catchUp()
  expect(sequencesOf(`${where.file}.1`)).toEqual([2])
  expect(sequencesOf(where.file)).toEqual([3])
  expect(linesOf(where.file)[0]?.sequence).toBe(2)
})

test('a torn line is completed where it stands, though another file is due', () => {
  const where = place()
  {
    using store = open(where)
    for (let n = 0; n < 3; n++) store.items.put({ id: `${n}`, text: 'x'.repeat(100) })
  }
  const text = readFileSync(where.file)
  writeFileSync(where.file, text.subarray(0, text.length - 40))
  {
    using store = open(where, text.length - 20)
    store.items.put({ id: 'b' })
  }
  expect(sequencesOf(`${where.file}.1`)).toEqual([1, 2, 3])
  expect(sequencesOf(where.file)).toEqual([4])
})

test('while another file is in the way it grows, and nothing is missing when that is gone', () => {
  const where = place()
  const older = `${where.file}.1`
  writeFileSync(older, 'mine')
  using store = open(where)
  store.write(() => {
    for (let n = 0; n < 200; n++) store.items.put({ id: `${n}`, text: 'x'.repeat(100) })
  })
  expect(() => store.mirror.catchUp()).toThrow(expect.objectContaining({ code: 'PATH_REFUSED' }))
  expect(readFileSync(older, 'utf8')).toBe('mine')
  expect(sequencesOf(where.file)).toEqual(upTo(200, 200))
  rmSync(older)
  store.items.put({ id: 'last' })
  store.mirror.catchUp()
  expect([older, where.file].flatMap(sequencesOf)).toEqual(upTo(201, 201))
})

test('an empty file, or one that was only begun, is in nobody’s way', () => {
  const where = place()
  using store = open(where, 200)
  for (const text of ['', '{"holdfast":"mir']) {
    writeFileSync(`${where.file}.1`, text)
    store.items.put({ id: `a${text.length}`, text: 'x'.repeat(300) })
    store.mirror.catchUp()
    expect(sequencesOf(`${where.file}.1`)).toHaveLength(1)
  }
})

test('a full file that cannot be renamed keeps nobody from opening the store', () => {
  const where = place()
  {
    using store = open(where)
    store.items.put({ id: 'a', text: 'x'.repeat(300) })
  }
  writeFileSync(`${where.file}.1`, 'mine')
  using store = open(where, 200)
  expect(store.status().mirrors).toMatchObject([{ problem: expect.stringContaining('in the way') }])
  store.items.put({ id: 'b' })
  expect(() => store.mirror.catchUp()).toThrow(/in the way/)
  expect(sequencesOf(where.file)).toEqual([1, 2])
})
