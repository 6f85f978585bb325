/**
 * One writer at a time.
 *
 * Invariants: readers wait for nobody; who waits for the lock in vain learns which process has it;
 * `writeAsync` waits without holding up its event loop, rejects only the call that threw, and is
 * finished by `close`.
 */
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { openSession } from '../support/session.ts'
import { tempStorePath } from '../support/temp-folder.ts'
import { blockUntil } from '../support/workers/block.mjs'
import { added, tally } from '../support/workers/tally.mjs'

const onLinux = process.platform === 'linux'

test('a reader sees the last commit at once while another process holds the write lock', async () => {
  const path = tempStorePath()
  const writer = await openSession(path)
  await writer.call('add', 'a')
  const reader = await openSession(path, { options: { mode: 'read' } })
  const until = join(dirname(path), 'until')
  const held = writer.call('holdUntil', until)
  await writer.noted('holding')
  for (let look = 0; look < 20; look++) {
    expect(await reader.call('rows')).toEqual([{ name: 'a', entries: 1, total: 1 }])
  }
  // The writer goes on only now: nobody can have waited for it.
  writeFileSync(until, '')
  await held
  expect(await reader.call('rows')).toHaveLength(2)
})

test('the WAL has no locks that another descriptor on it could drop', async () => {
  const path = tempStorePath()
  const store = openStore(path, { tally: tally() })
  const other = await openSession(path, { options: { busyTimeoutMs: 50 } })
  const tried = join(dirname(path), 'tried')
  let failure: Promise<unknown> | undefined
  store.write((tx) => {
    tx.append('tally.entry/a', added('a'))
    closeSync(openSync(`${path}-wal`, 'r+'))
    failure = other.failing('addAndTell', 'b', tried)
    // Blocks this thread, and so keeps the lock, until the other one has tried.
    blockUntil(tried)
  })
  expect(await failure).toMatchObject({ code: 'BUSY' })
  store.close()
})

test('who waits past the deadline gets BUSY with the process that holds the lock', async () => {
  const path = tempStorePath()
  const holder = await openSession(path)
  const waiting = await openSession(path, { options: { busyTimeoutMs: 300 } })
  const until = join(dirname(path), 'until')
  const held = holder.call('holdUntil', until)
  await holder.noted('holding')
  const failures = [await waiting.failing('add', 'a'), await waiting.failing('addAsync', 'a')]
  for (const failure of failures) {
    expect(failure.code).toBe('BUSY')
    if (onLinux) expect(failure.message).toContain(`process ${holder.pid}`)
  }
  writeFileSync(until, '')
  await held
  await waiting.call('add', 'a')
  expect(await waiting.call('head')).toBe(2)
})

test('a stopped holder keeps nobody waiting past the deadline, and its work stands when it goes on', async () => {
  const path = tempStorePath()
  const holder = await openSession(path)
  const waiting = await openSession(path, { options: { busyTimeoutMs: 200 } })
  const until = join(dirname(path), 'until')
  const held = holder.call('holdUntil', until)
  await holder.noted('holding')
  holder.signal('SIGSTOP')
  const failure = await waiting.failing('add', 'a')
  expect(failure.code).toBe('BUSY')
  if (onLinux) expect(failure.message).toContain(`process ${holder.pid}`)
  expect(await waiting.call('rows')).toEqual([])
  writeFileSync(until, '')
  holder.signal('SIGCONT')
  await held
  expect(await waiting.call('rows')).toEqual([{ name: 'held', entries: 1, total: 1 }])
})

test('a killed holder frees the lock at once, and its transaction is gone', async () => {
  const path = tempStorePath()
  const holder = await openSession(path)
  const waiting = await openSession(path)
  holder.call('hold', 60_000).catch(() => undefined)
  await holder.noted('holding')
  const appended = waiting.call('add', 'a')
  await holder.kill()
  await appended
  expect(await waiting.call('rows')).toEqual([{ name: 'a', entries: 1, total: 1 }])
  expect(await waiting.call('verify')).toMatchObject({ ok: true })
})

test('writeAsync waits for another process without stopping its own event loop', async () => {
  const path = tempStorePath()
  const holder = await openSession(path)
  const waiting = await openSession(path, { options: { busyTimeoutMs: 60_000 } })
  const until = join(dirname(path), 'until')
  const held = holder.call('holdUntil', until)
  await holder.noted('holding')
  const added = waiting.call('addAsync', 'a')
  // Answered while the lock is kept, which it is until then: a blocking wait would never end.
  for (let call = 0; call < 30; call++) expect(await waiting.call('head')).toBe(0)
  writeFileSync(until, '')
  await Promise.all([held, added])
  expect(await waiting.call('head')).toBe(2)
})

test('a throw in one writeAsync rejects that one alone, though all share a commit', async () => {
  using store = openStore(tempStorePath(), { tally: tally() })
  const mine = new Error('mine')
  const outcomes = await Promise.allSettled(
    ['a', 'b', 'c'].map((name) =>
      store.writeAsync((tx) => {
        tx.append('tally.entry/shared', added(name))
        if (name === 'b') throw mine
        return name
      }),
    ),
  )
  expect(outcomes).toEqual([
    { status: 'fulfilled', value: 'a' },
    { status: 'rejected', reason: mine },
    { status: 'fulfilled', value: 'c' },
  ])
  expect(store.tally.rows().map(({ name }) => name)).toEqual(['a', 'c'])
  expect(store.log.streamVersion('tally.entry/shared')).toBe(2)
  expect(store.verify().problems).toEqual([])
})

test('close commits what writeAsync has queued, even while another process holds the lock', async () => {
  const path = tempStorePath()
  const holder = await openSession(path)
  const store = openStore(path, { tally: tally() }, { busyTimeoutMs: 60_000 })
  const held = holder.call('hold', 200)
  await holder.noted('holding')
  const writes = Array.from({ length: 500 }, () =>
    store.writeAsync((tx) => tx.append('tally.entry/queued', added('queued')).version),
  )
  store.close()
  expect(await Promise.all(writes)).toHaveLength(500)
  await held
  expect(await holder.call('rows')).toContainEqual({ name: 'queued', entries: 500, total: 500 })
})
