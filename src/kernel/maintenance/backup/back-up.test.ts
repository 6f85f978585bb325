import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { notes, read } from '../../../../test/support/sample-module.ts'
import { tempFolder } from '../../../../test/support/temp-folder.ts'
import type { Connection } from '../../connection/connection.ts'
import { readGeneration } from '../../connection/generation.ts'
import { openConnection } from '../../connection/open-connection.ts'
import { chooseDriver } from '../../driver/choose.ts'
import { openStore } from '../../open/open-store.ts'
import { backUp, backUpShared, nextBackupPath } from './back-up.ts'
import { listBackups, pruneBackups } from './backup-files.ts'
import { contentsOfCopy } from './copy-checked.ts'
import { restoreBackup } from './restore-backup.ts'

const factory = chooseDriver()
const DAY_MS = 86_400_000

function setUp() {
  const path = join(tempFolder(), 'state.db')
  const store = openStore(path, { notes: notes() })
  onTestFinished(() => store.close())
  store.log.append(...read('a'))
  const connect = (isReadOnly = true): Connection => {
    const wait = { path, timeoutMs: 1000, random: Math.random }
    const connection = openConnection(factory, path, { isReadOnly, wait })
    onTestFinished(() => connection.close())
    return connection
  }
  return { path, store, connect, names: () => readdirSync(dirname(path)).sort() }
}

test('a backup holds what was committed, is for its owner alone, and leaves nothing else behind', () => {
  const { path, store, connect, names } = setUp()
  const before = names()
  const report = backUp({ factory, connection: connect() }, 'backup')
  expect(report).toMatchObject({ path: `${path}.backup-1`, head: 1, isNew: true })
  expect(report.logId).toBe(store.log.id)
  expect(statSync(report.path).mode & 0o777).toBe(0o600)
  expect(names()).toEqual([...before, 'state.db.backup-1'].sort())
  const { rows, logId } = contentsOfCopy(factory, report.path)
  expect([rows.get('events'), rows.get('modules'), logId]).toEqual([1, 2, store.log.id])
})

test('numbers rise by reason, and what has a name already is never written again', () => {
  const { path, connect } = setUp()
  const source = { factory, connection: connect() }
  writeFileSync(`${path}.backup-1`, 'something of somebody')
  const made = [backUp(source, 'backup'), backUp(source, 'backup'), backUp(source, 'before-reset')]
  expect(made.map((one) => one.path)).toEqual(
    ['backup-2', 'backup-3', 'before-reset-1'].map((name) => `${path}.${name}`),
  )
  expect(statSync(`${path}.backup-1`).size).toBe(21)
  expect(nextBackupPath(path, 'backup')).toBe(`${path}.backup-4`)
})

test('a shared backup is made once for a state, and again when the store has moved on', () => {
  const { store, connect } = setUp()
  const source = { factory, connection: connect() }
  const shared = () => backUpShared(source, 'before-import', readGeneration(source.connection))
  const first = shared()
  expect(shared()).toEqual({ ...first, isNew: false })
  store.log.append(...read('a'))
  expect(shared()).toMatchObject({ isNew: true, head: 2 })
  store.log.append(...read('a'))
  expect(backUpShared(source, 'before-import', -1)).toBeUndefined()
  expect(listBackups(store.path)).toHaveLength(2)
})

test('a store with the path of an older one does not take that one as its backup', () => {
  const { path, connect } = setUp()
  const other = join(tempFolder(), 'state.db')
  const elsewhere = openStore(other, { notes: notes() })
  elsewhere.log.append(...read('a'))
  elsewhere.close()
  restoreBackup(other, `${path}.before-import-1`)
  const connection = connect()
  expect(
    backUpShared({ factory, connection }, 'before-import', readGeneration(connection)),
  ).toMatchObject({ path: `${path}.before-import-2`, isNew: true })
})

test('a copy that lacks a row is refused, and nothing gets its name', () => {
  const { path, connect } = setUp()
  const connection = connect()
  let copies = 0
  // Stands for a copy that was cut short: one event is gone from it before it is looked at.
  const lossy = {
    ...factory,
    open: (...args: Parameters<typeof factory.open>) => {
      if (args[0].includes('.unfinished-') && copies++ === 0) {
        const copy = factory.open(args[0])
        copy.exec('DELETE FROM events')
        copy.close()
      }
      return factory.open(...args)
    },
  }
  expect(() => backUp({ factory: lossy, connection }, 'backup')).toThrow(
    expect.objectContaining({ code: 'STORE_CORRUPT' }),
  )
  expect(listBackups(path)).toEqual([])
  expect(readdirSync(dirname(path)).filter((name) => name.includes('unfinished'))).toEqual([])
})

test('only what is a backup is listed and pruned, and never the newest', () => {
  const { path, connect } = setUp()
  const source = { factory, connection: connect() }
  for (let n = 0; n < 3; n++) backUp(source, 'backup')
  writeFileSync(`${path}.backup-9`, 'no store at all, and yet named as a backup of one')
  writeFileSync(`${path}.backup-2-wal`, '')
  const listed = listBackups(path)
  expect(listed.map(({ number }) => number)).toEqual([1, 3])
  const options = { olderThanMs: DAY_MS, nowMs: Date.now() + 2 * DAY_MS }
  expect(pruneBackups(path, options).map(({ number }) => number)).toEqual([1])
  expect(existsSync(`${path}.backup-1`)).toBe(true)
  pruneBackups(path, { ...options, dryRun: false })
  expect(listBackups(path).map(({ number }) => number)).toEqual([3])
  expect(existsSync(`${path}.backup-2`)).toBe(true)
})

test('a backup becomes a store whose old holders hold nothing', () => {
  const { path, store, connect } = setUp()
  const lease = store.leases.acquire({ name: 'index', ttlMs: 60_000 })
  const block = store.ports.allocate('agent')
  store.ports.reserve('another')
  store.presence.beat({ name: 'agent' })
  const { path: backup } = backUp({ factory, connection: connect() }, 'backup')
  const target = join(tempFolder(), 'new', 'state.db')
  const report = restoreBackup(backup, target)
  expect(report.logId).not.toBe(store.log.id)
  const restored = openStore(target)
  onTestFinished(() => restored.close())
  expect([restored.log.head(), restored.log.id]).toEqual([store.log.head(), report.logId])
  expect([restored.leases.list(), restored.presence.list()]).toEqual([[], []])
  const again = restored.leases.acquire({ name: 'index', ttlMs: 60_000 })
  expect(again.fencingToken).toBeGreaterThan(lease.fencingToken + 2 ** 20)
  expect(restored.ports.list()).toMatchObject([{ key: 'agent', liveness: 'none' }])
  expect(restored.ports.release(block)).toBe(false)
  expect(restored.verify().problems).toEqual([])
  expect(() => restoreBackup(backup, path)).toThrow(
    expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
  )
  expect(() => restoreBackup(import.meta.filename, join(tempFolder(), 'x.db'))).toThrow(
    expect.objectContaining({ code: 'IMPORT_INVALID' }),
  )
})

test('a consumer is told once it is in another log, until it is forgotten; a move keeps it', async () => {
  const { store, connect } = setUp()
  const consumer = store.log.consumer('mirror')
  await consumer.next()
  consumer.commit()
  await consumer.return?.()
  const { path: backup } = backUp({ factory, connection: connect() }, 'backup')
  const restored = (isMove: boolean) => {
    const target = join(tempFolder(), 'state.db')
    restoreBackup(backup, target, { isMove })
    const opened = openStore(target)
    onTestFinished(() => opened.close())
    return opened
  }
  const { log } = restored(false)
  for (let n = 0; n < 2; n++) {
    expect(() => log.consumer('mirror')).toThrow(expect.objectContaining({ code: 'LOG_REPLACED' }))
  }
  await log.consumer('another').return?.()
  log.removeConsumer('mirror')
  const anew = log.consumer('mirror')
  expect((await anew.next()).value?.sequence).toBe(1)
  await anew.return?.()
  const moved = restored(true)
  await moved.log.consumer('mirror').return?.()
  expect(moved.status().consumers).toMatchObject([{ consumer: 'mirror', sequence: 1 }])
})

test('a store that moves keeps its log and its tokens', () => {
  const { store, connect } = setUp()
  const lease = store.leases.acquire({ name: 'index', ttlMs: 60_000 })
  const { path: backup } = backUp({ factory, connection: connect() }, 'backup')
  const target = join(tempFolder(), 'state.db')
  expect(restoreBackup(backup, target, { isMove: true }).logId).toBe(store.log.id)
  const restored = openStore(target)
  onTestFinished(() => restored.close())
  expect(restored.leases.acquire({ name: 'index', ttlMs: 60_000 }).fencingToken).toBe(
    lease.fencingToken + 1,
  )
})
