import { mkdirSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import { tamper } from '../../../test/model/raw-sqlite.ts'
import {
  type NotesOptions,
  notes,
  read,
  removed,
  saved,
  saveNote,
} from '../../../test/support/sample-module.ts'
import { storeForTest } from '../../../test/support/test-store.ts'
import type { Store } from '../../index.ts'

const setUp = (options?: NotesOptions) => storeForTest({ notes: notes(options) })
const rows = (store: Store) => store.sql.all('SELECT id, title FROM notes_note ORDER BY id')
const code = (expected: string) => expect.objectContaining({ code: expected })

// Marks the module as an import by a program without it would have: from this event on.
const setBehind = (path: string, sequence: number) =>
  tamper(path, (db) =>
    db.exec(`DELETE FROM notes_note; DELETE FROM notes_reading;
      UPDATE modules SET behind_from = ${sequence} WHERE name = 'notes'; PRAGMA user_version = 99`),
  )

function filled(options?: NotesOptions) {
  const test = setUp(options)
  const { log } = test.store
  log.append(...saved('a', 'x'))
  log.append(...read('a'))
  log.append(...saved('b', 'y'))
  log.append(...saved('a', 'z'))
  log.append(...removed('b'))
  log.append(...saved('c', 'x'))
  return test
}

describe('catching up', () => {
  test('folds what came without the module, before anything new', () => {
    const test = filled()
    const before = rows(test.store)
    test.store.close()
    setBehind(test.path, 1)
    const reader = test.open({ mode: 'read' })
    expect(reader.status().modules.find(({ name }) => name === 'notes')?.behindFrom).toBe(1)
    expect(reader.verify().ok).toBe(true)
    const { store } = { store: test.reopen() }
    expect(rows(store)).toEqual(before)
    expect(store.status().modules.find(({ name }) => name === 'notes')?.behindFrom).toBeNull()
    expect(store.verify().problems).toEqual([])
  })

  test('sets an event aside that cannot be folded, and the later ones of its stream', () => {
    const test = filled()
    test.store.log.append(...saved('d', 'd'))
    test.store.log.append(...read('d'))
    test.store.close()
    setBehind(test.path, 1)
    const failing = notes({
      save: (tx, event) => {
        if (event.data.id === 'd') throw new Error('not d')
        saveNote(tx, event)
      },
    })
    const store = test.openWith({ notes: failing })
    expect(rows(store).map((row) => row['id'])).toEqual(['a', 'c'])
    const { quarantined } = store.status()
    expect(quarantined.map(({ stream, error }) => [stream, error.includes('not d')])).toEqual([
      ['notes.note/d', true],
      ['notes.note/d', false],
    ])
    expect(store.verify().problems.map(({ kind }) => kind)).toEqual([
      'event-not-folded',
      'event-not-folded',
    ])
    store.close()
    const mended = test.reopen()
    expect(mended.rebuild('notes').quarantined).toBe(0)
    expect(mended.verify().problems).toEqual([])
    expect(rows(mended).map((row) => row['id'])).toEqual(['a', 'c', 'd'])
  })
})

describe('rebuilding', () => {
  test('gives the tables that the log says, whatever they held', () => {
    const test = filled()
    const before = rows(test.store)
    test.store.close()
    tamper(test.path, (db) =>
      db.exec(`DELETE FROM notes_note; INSERT INTO notes_note VALUES ('z', 'z')`),
    )
    const store = test.reopen()
    expect(store.verify().ok).toBe(false)
    expect(store.rebuild('notes')).toMatchObject({ module: 'notes', sequence: 6, quarantined: 0 })
    expect(rows(store)).toEqual(before)
    expect(store.verify().problems).toEqual([])
  })

  test('is done at the first open after the version was raised', () => {
    const test = filled()
    test.store.close()
    const raised = notes({
      version: 2,
      more: 'ALTER TABLE notes_note ADD COLUMN length INTEGER',
      save: (tx, event) => {
        saveNote(tx, event)
        tx.run('UPDATE notes_note SET length = ? WHERE id = ?', [
          event.data.title.length,
          event.data.id,
        ])
      },
    })
    const store = test.openWith({ notes: raised })
    expect(store.sql.all('SELECT id, length FROM notes_note')).toEqual([
      { id: 'a', length: 1 },
      { id: 'c', length: 1 },
    ])
    expect(store.verify().problems).toEqual([])
  })

  test('leaves the tables as they are when the new ones cannot be made', () => {
    const test = filled()
    expect(() => test.store.rebuild('nothing')).toThrow(code('MODULE_NOT_LOADED'))
    expect(test.store.verify().ok).toBe(true)
  })

  test('of a store for reading is refused', () => {
    const test = filled()
    const reader = test.open({ mode: 'read' })
    expect(() => reader.rebuild('notes')).toThrow(code('READ_ONLY'))
  })
})

describe('verifying', () => {
  test('reports what it looked at, and its progress', () => {
    const test = filled()
    const seen: number[] = []
    const report = test.store.verify({
      onProgress: ({ sequence, head }) => seen.push(sequence, head),
    })
    expect(report).toMatchObject({ ok: true, head: 6, events: 4, modulesNotChecked: [] })
    expect(report.rows).toBeGreaterThanOrEqual(3)
    expect(seen.at(-1)).toBe(6)
  })

  test('names a module whose code is not loaded, and proves the rest', () => {
    const test = filled()
    const report = test.openWith({}).verify()
    expect(report.ok).toBe(true)
    expect(report.modulesNotChecked).toEqual([
      { module: 'notes', reason: 'its code is not loaded' },
    ])
  })

  test('of a module that another release has moved on is not attempted', () => {
    const test = filled()
    test.openWith({ notes: notes({ version: 2 }) })
    const [unchecked] = test.store.verify().modulesNotChecked
    expect(unchecked?.reason).toBe('the store has version 2, this program 1')
  })

  test('changes nothing and leaves no scratch file', () => {
    mkdirSync(tmpdir(), { recursive: true })
    // Of this process: others make and remove theirs in the same folder meanwhile.
    const own = `holdfast-scratch-${process.pid}-`
    const scratch = () => readdirSync(tmpdir()).filter((name) => name.startsWith(own))
    const test = filled()
    const head = test.store.log.head()
    const before = scratch()
    test.store.verify()
    expect(test.store.log.head()).toBe(head)
    expect(scratch()).toEqual(before)
  })

  test('tells 1 from 1.0 and a from A, which SQLite takes for the same', () => {
    const test = filled()
    test.store.close()
    tamper(test.path, (db) => db.exec(`UPDATE notes_note SET title = upper(title) WHERE id = 'c'`))
    const kinds = test
      .reopen()
      .verify()
      .problems.map(({ kind }) => kind)
    expect(kinds).toEqual(['row-unexplained', 'row-missing'])
  })
})

describe('two releases at once', () => {
  test('agree while the version is the same', () => {
    const test = filled()
    const other = test.open()
    other.log.append(...saved('e', 'e'))
    test.store.log.append(...saved('f', 'f'))
    other.log.append(...saved('e', 'g'))
    expect(test.store.verify().problems).toEqual([])
  })

  test('part when one raises it: the older may read, and its writes are refused', () => {
    const test = filled()
    test.openWith({ notes: notes({ version: 2 }) })
    expect(rows(test.store)).toHaveLength(2)
    expect(() => test.store.log.append(...saved('d', 'd'))).toThrow(code('STORE_NEWER'))
    expect(() => test.store.rebuild('notes')).toThrow(code('STORE_NEWER'))
  })
})
