/**
 * Mirrors whose file or folder this user may not write to.
 *
 * Invariants: no commit fails, whoever writes the mirror says what stands in the way, and so does every other
 * process once lines are missing, and not before; when the permission is back, each event has its line, once.
 */
import { chmodSync, chownSync, mkdirSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, type TestContext, test } from 'vitest'
import { asUser, NOBODY, openFolder } from '../support/as-user.ts'
import { mirrored } from '../support/mirror-lines.ts'
import { openSession, type Session } from '../support/session.ts'
import { tempStorePath } from '../support/temp-folder.ts'
import { makeImmutable } from '../support/tiny-disk.ts'

const READING = { options: { mode: 'read' } }
// By whose clock a line that is not there at once has been missing for a while.
const LATER = { ...READING, clockOffsetMs: 30_000 }

function place(context: TestContext) {
  const as = asUser(context)
  const path = join(openFolder(NOBODY), 'state.db')
  const file = join(dirname(path), 'out', 'events.jsonl')
  mkdirSync(dirname(file))
  chownSync(dirname(file), NOBODY, NOBODY)
  const write = () => openSession(path, { options: { mirror: file } }, as)
  return { path, file, as, write }
}

async function problemOf(session: Session): Promise<string | null | undefined> {
  const { mirrors } = await session.call<{ mirrors: { problem: string | null }[] }>('status')
  return mirrors[0]?.problem
}

const sequences = (file: string) => mirrored(file).map(({ sequence }) => sequence)
const denied = expect.stringMatching(/^the mirror .* cannot be written: E(ACCES|PERM): /)

test('a file that loses its permission is written on by who has it open, and nobody says otherwise', async (context) => {
  const { path, file, as, write } = place(context)
  const writer = await write()
  await writer.call('add', 'a')
  chmodSync(file, 0)
  await writer.call('add', 'b')
  const others = await Promise.all([READING, LATER].map((task) => openSession(path, task, as)))
  await expect.poll(() => sequences(file)).toEqual([1, 2])
  for (const one of [writer, ...others]) await expect.poll(() => problemOf(one)).toBeNull()
  await writer.end()
  const next = await write()
  await next.call('add', 'c')
  expect(await problemOf(next)).toEqual(denied)
  const [early, late] = others
  expect([await problemOf(early as Session), await problemOf(late as Session)]).toEqual([
    null,
    denied,
  ])
  chmodSync(file, 0o600)
  await next.end()
  expect(sequences(file)).toEqual([1, 2, 3])
  expect(await problemOf(late as Session)).toBeNull()
})

test.for(['000', '500'])(
  'a folder of mode %s without the file is told of by everybody',
  async (mode, context) => {
    const { path, file, as, write } = place(context)
    const writer = await write()
    await writer.call('add', 'a')
    await expect.poll(() => sequences(file)).toEqual([1])
    renameSync(file, `${file}.1`)
    chmodSync(dirname(file), Number.parseInt(mode, 8))
    await writer.call('add', 'b')
    const other = await openSession(path, LATER, as)
    for (const one of [writer, other]) expect(await problemOf(one)).toEqual(denied)
    chmodSync(dirname(file), 0o700)
    await writer.end()
    expect([`${file}.1`, file].map(sequences)).toEqual([[1], [2]])
  },
)

test('another user, who may read the store and not its mirror, finds nothing amiss', async (context) => {
  const { path, write } = place(context)
  const writer = await write()
  await writer.call('add', 'a')
  for (const ending of ['', '-wal', '-shm']) chmodSync(path + ending, 0o644)
  const other = await openSession(path, LATER, asUser(context, NOBODY - 1))
  await expect.poll(() => problemOf(other)).toBeNull()
})

test('an immutable file is told of by everybody, at the start too', async (context) => {
  const path = tempStorePath()
  const file = join(dirname(path), 'events.jsonl')
  const write = () => openSession(path, { options: { mirror: file } })
  const writer = await write()
  await writer.call('add', 'a')
  await expect.poll(() => sequences(file)).toEqual([1])
  const { end } = makeImmutable(context, file)
  await writer.call('add', 'b')
  const other = await openSession(path, LATER)
  for (const one of [writer, other]) expect(await problemOf(one)).toEqual(denied)
  await writer.end()
  const next = await write()
  await next.call('add', 'c')
  for (const one of [next, other]) expect(await problemOf(one)).toEqual(denied)
  end()
  await next.end()
  expect(sequences(file)).toEqual([1, 2, 3])
})
