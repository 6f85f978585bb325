import assert from 'node:assert'
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { tamper } from '../../../test/model/raw-sqlite.ts'
import { notes, read, SAVED, saved } from '../../../test/support/sample-module.ts'
import { tempFolder, tempStorePath } from '../../../test/support/temp-folder.ts'
import { storeForTest } from '../../../test/support/test-store.ts'
import { collection, openStore } from '../../index.ts'

const setUp = () => storeForTest({ notes: notes() })
const code = (expected: string) => expect.objectContaining({ code: expected })

describe('opening', () => {
  test('makes the folder and the file, for this user alone', () => {
    const path = join(tempFolder(), 'deep/er/state.db')
    openStore(path, { notes: notes() }).close()
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
  })

  test('a second time finds the same log', () => {
    const test = setUp()
    const { id } = test.store.log
    test.store.log.append(...saved('a', 'x'))
    expect(id).toMatch(/^[0-9a-f-]{36}$/)
    expect(test.reopen().log.id).toBe(id)
    expect(test.store.log.head()).toBe(1)
  })

  test('shows each module under its key, whatever its name', () => {
    const { store } = storeForTest({ first: collection<{ id: string }>(), words: notes() })
    store.first.put({ id: 'a' })
    store.log.append(...saved('a', 'x'))
    expect(store.log.read().map(({ type }) => type)).toEqual(['first.item.saved', SAVED])
    expect(store.rebuild('words').module).toBe('notes')
  })

  test('one module under two keys is refused', () => {
    const path = tempStorePath()
    expect(() => openStore(path, { a: notes(), b: notes() })).toThrow(code('MODULE_INVALID'))
    expect(existsSync(path)).toBe(false)
  })

  test('a key that every store has does not compile', () => {
    const open = () => {
      // @ts-expect-error `log` is a member of every store
      openStore(tempStorePath(), { log: notes() })
    }
    expect(open).toBeTypeOf('function')
  })

  test('uses the clock and the ids it was given', () => {
    const path = tempStorePath()
    const store = openStore(path, { notes: notes() }, { clock: () => 7, newId: () => 'id' })
    store.log.append(...read('a'))
    expect([store.log.read()[0]?.recordedAtMs, store.newId(), store.clock()]).toEqual([7, 'id', 7])
    store.close()
  })
})

describe('mode read', () => {
  test('changes no byte of the file and refuses to write', () => {
    const test = setUp()
    test.store.log.append(...saved('a', 'x'))
    test.store.close()
    const before = readFileSync(test.path)
    const reader = test.open({ mode: 'read' })
    expect(reader.sql.all('SELECT id FROM notes_note')).toEqual([{ id: 'a' }])
    expect(reader.verify().ok).toBe(true)
    expect(() => reader.log.append(...saved('b', 'y'))).toThrow(code('READ_ONLY'))
    reader.close()
    expect(readFileSync(test.path).equals(before)).toBe(true)
  })

  test('of a store that is not there creates nothing, and attaches when there is one', () => {
    const path = tempStorePath()
    const reader = openStore(path, { notes: notes() }, { mode: 'read' })
    expect([reader.attached, existsSync(path)]).toEqual([false, false])
    expect(() => reader.log.head()).toThrow(code('STORE_MISSING'))
    expect(reader.status()).toMatchObject({ attached: false, head: 0, logId: null })
    const writer = openStore(path, { notes: notes() })
    writer.log.append(...saved('a', 'x'))
    expect([reader.attached, reader.log.head()]).toEqual([true, 1])
    reader.close()
    writer.close()
    expect(() => reader.log.head()).toThrow(code('STORE_CLOSED'))
  })

  test('works in a folder that may not be written', () => {
    const test = setUp()
    const reader = test.open({ mode: 'read' })
    expect(reader.log.head()).toBe(0)
  })
})

describe('a reader that is newer than the store', () => {
  const tasks = collection<{ id: string }>()

  test('is told so for the module that is missing, and reads the others', () => {
    const test = setUp()
    test.store.log.append(...saved('a', 'x'))
    const reader = test.openWith({ notes: notes(), tasks }, { mode: 'read' })
    expect(() => reader.tasks.list()).toThrow(code('STORE_OLDER'))
    expect(reader.sql.all('SELECT id FROM notes_note')).toHaveLength(1)
    expect(reader.notes).toBeUndefined()
    test.openWith({ tasks }).tasks.put({ id: 'a' })
    expect(reader.tasks.list()).toEqual([{ id: 'a' }])
  })

  test('is told so for a module of a lower version', () => {
    const test = storeForTest({ tasks })
    test.store.tasks.put({ id: 'a' })
    const raised = { tasks: collection<{ id: string }>({ version: 2 }) }
    const reader = test.openWith(raised, { mode: 'read' })
    expect(() => reader.tasks.list()).toThrow(code('STORE_OLDER'))
    test.openWith(raised)
    expect(reader.tasks.list()).toEqual([{ id: 'a' }])
  })
})

describe('mode exclusive', () => {
  test('refuses a second holder of the same process, which gives nothing back', () => {
    const test = setUp()
    const holder = test.open({ mode: 'exclusive' })
    expect(() => test.open({ mode: 'exclusive' })).toThrow(code('STORE_HELD'))
    expect(() => test.open()).not.toThrow()
    expect(() => test.store.log.append(...saved('a', 'x'))).toThrow(code('STORE_HELD'))
    holder.log.append(...saved('b', 'y'))
    holder.close()
    const next = test.open({ mode: 'exclusive' })
    next.log.append(...saved('c', 'z'))
    next.close()
  })

  test('is given back when the store cannot be opened after all', () => {
    const test = setUp()
    const broken = { ...notes(), api: () => assert.fail('no API') }
    expect(() => openStore(test.path, { notes: broken }, { mode: 'exclusive' })).toThrow('no API')
    test.store.log.append(...saved('a', 'x'))
  })

  test('refuses everybody else’s writes until it is closed', () => {
    const test = setUp()
    const holder = test.open({ mode: 'exclusive' })
    holder.log.append(...saved('a', 'x'))
    test.store.close()
    expect(holder.status().holder).not.toBeNull()
    holder.close()
    expect(test.reopen().status().holder).toBeNull()
    test.store.log.append(...saved('b', 'y'))
  })

  test('is noticed by a store that was open before', () => {
    const test = setUp()
    test.store.log.append(...saved('a', 'x'))
    const holder = test.open({ mode: 'exclusive' })
    // Of another process, played by its name here.
    holder.close()
    tamper(test.path, (db) =>
      db.exec(`UPDATE modules SET holder = '1:1:b:n:elsewhere' WHERE name = 'holdfast';
        PRAGMA user_version = 99`),
    )
    expect(() => test.store.log.append(...saved('b', 'y'))).toThrow(code('STORE_HELD'))
    expect(() => test.open({ mode: 'exclusive' })).toThrow(code('STORE_HELD'))
    expect(test.store.sql.all('SELECT id FROM notes_note')).toHaveLength(1)
  })
})

describe('a backup before tables are moved', () => {
  const backups = (path: string) =>
    readdirSync(dirname(path)).filter((name) => /\.before-migration-\d+$/.test(name))

  test('is made once, beside the store, and opens as the store was', () => {
    const test = setUp()
    test.store.log.append(...saved('a', 'x'))
    test.store.close()
    expect(backups(test.path)).toEqual([])
    const raised = notes({ version: 2 })
    test.openWith({ notes: raised }).close()
    test.openWith({ notes: raised }).close()
    const [backup, ...more] = backups(test.path)
    expect(more).toEqual([])
    const copy = join(tempFolder(), 'copy.db')
    copyFileSync(join(dirname(test.path), backup ?? ''), copy)
    const old = openStore(copy, { notes: notes() })
    expect([old.log.head(), old.verify().ok]).toEqual([1, true])
    old.close()
  })

  test('is not made for a new module, which moves nothing', () => {
    const test = setUp()
    test.openWith({ notes: notes(), more: collection<{ id: string }>() })
    expect(backups(test.path)).toEqual([])
  })
})

describe('a store that is open', () => {
  test('joins writes of collections into one transaction', () => {
    const { store } = storeForTest({ tasks: collection<{ id: string }>() })
    const failing = () =>
      store.write(() => {
        store.tasks.put({ id: 'a' })
        store.tasks.put({ id: 'b' })
        throw new Error('no')
      })
    expect(failing).toThrow('no')
    expect([store.tasks.list(), store.log.head()]).toEqual([[], 0])
  })

  test('reads what it has written inside the transaction', () => {
    const { store } = setUp()
    store.write((tx) => {
      tx.append(...saved('a', 'x'))
      expect(tx.all('SELECT id FROM notes_note')).toEqual([{ id: 'a' }])
      expect(store.log.streamVersion('notes.note/a')).toBe(1)
      expect(store.log.head()).toBe(1)
    })
  })

  test('refuses SQL that writes', () => {
    const { store } = setUp()
    expect(() => store.sql.all('DELETE FROM notes_note')).toThrow(code('READ_ONLY'))
    expect(() =>
      store.write((tx) => tx.all(`INSERT INTO notes_note VALUES ('a', 'b') RETURNING id`)),
    ).toThrow(code('READ_ONLY'))
  })

  test('commits what waits when it is closed, and can be closed twice', async () => {
    const test = setUp()
    const written = test.store.writeAsync((tx) => tx.append(...saved('a', 'x')))
    test.store.close()
    test.store.close()
    expect((await written).sequence).toBe(1)
    expect(test.reopen().log.head()).toBe(1)
  })

  test('is refused for everything after it was closed', async () => {
    const { store } = setUp()
    store.close()
    expect(() => store.log.append(...saved('a', 'x'))).toThrow(code('STORE_CLOSED'))
    expect(() => store.write(() => undefined)).toThrow(code('STORE_CLOSED'))
    expect(() => store.sql.get('SELECT 1')).toThrow(code('STORE_CLOSED'))
    expect(() => store.verify()).toThrow(code('STORE_CLOSED'))
    expect(() => store.status()).toThrow(code('STORE_CLOSED'))
    expect(() => store.follow()).toThrow(code('STORE_CLOSED'))
    await expect((async () => store.writeAsync(() => 1))()).rejects.toMatchObject({
      code: 'STORE_CLOSED',
    })
  })

  test('says what it holds', () => {
    const test = setUp()
    test.store.log.append(...saved('a', 'x'))
    test.store.leases.acquire({ name: 'deploy', ttlMs: 1_000 })
    const status = test.store.status()
    expect(status).toMatchObject({ path: test.path, mode: 'write', attached: true, streams: 2 })
    expect(status.modules.map(({ name, isLoaded }) => [name, isLoaded])).toEqual([
      ['holdfast', true],
      ['notes', true],
    ])
    expect(status.leases).toMatchObject([{ name: 'deploy', liveness: 'alive' }])
    expect(status.sizeBytes).toBeGreaterThan(0)
  })
})

test('a file replaced under an open store is found out by its followers', async () => {
  const test = setUp()
  const events = test.store.follow()
  const waiting = events.next()
  waiting.catch(() => undefined)
  const other = tempStorePath()
  openStore(other, { notes: notes() }).close()
  for (const side of ['', '-wal', '-shm']) rmSync(`${test.path}${side}`, { force: true })
  copyFileSync(other, test.path)
  await expect(waiting).rejects.toMatchObject({ code: 'LOG_REPLACED' })
}, 10_000)

test('a store in memory is refused, and no file of that name is made', () => {
  expect(() => openStore(':memory:')).toThrow(expect.objectContaining({ code: 'PATH_REFUSED' }))
  expect(existsSync(':memory:')).toBe(false)
})

test('a module whose API cannot be made leaves no connection open', () => {
  const failing = {
    ...notes(),
    api: () => {
      throw new Error('no API')
    },
  }
  const path = tempStorePath()
  expect(() => openStore(path, { notes: failing })).toThrow('no API')
  // The last connection to close takes the WAL along.
  expect(existsSync(`${path}-wal`)).toBe(false)
})
