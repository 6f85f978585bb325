/** Failures: each is a StoreError with the code of the closed list and SQLite's own number. */
import assert from 'node:assert/strict'
import type { DriverCase } from './cases.ts'
import { assertFails } from './expect-error.ts'

const TABLES = `
  CREATE TABLE parent (id INTEGER PRIMARY KEY);
  CREATE TABLE t (
    id INTEGER PRIMARY KEY, name TEXT UNIQUE, n INTEGER NOT NULL DEFAULT 1 CHECK (n > 0),
    parent INTEGER REFERENCES parent
  ) STRICT;
  CREATE TRIGGER g BEFORE DELETE ON t BEGIN SELECT RAISE(ABORT, 'rows stay'); END;
  INSERT INTO t (id, name) VALUES (1, 'a')`

/** Cases about errors and transactions. */
export const ERROR_CASES: readonly DriverCase[] = [
  {
    name: 'wrong SQL is SQL_INVALID, from prepare and from exec',
    run(factory) {
      const driver = factory.open(':memory:')
      assertFails('SQL_INVALID', () => driver.prepare('SELEC 1'), 1)
      assertFails('SQL_INVALID', () => driver.prepare('SELECT * FROM nowhere'), 1)
      assertFails('SQL_INVALID', () => driver.exec('CREATE TABLE a (x); SELEC 1'), 1)
      assertFails('SQL_INVALID', () => driver.exec('COMMIT'), 1)
      driver.close()
    },
  },
  {
    name: 'a violated constraint keeps the code that says which',
    run(factory) {
      const driver = factory.open(':memory:')
      driver.exec(`PRAGMA foreign_keys = 1; ${TABLES}`)
      const violations: [string, number][] = [
        ["INSERT INTO t (name) VALUES ('a')", 2067],
        ['INSERT INTO t (id) VALUES (1)', 1555],
        ['INSERT INTO t (n) VALUES (NULL)', 1299],
        ['INSERT INTO t (n) VALUES (0)', 275],
        ["INSERT INTO t (n) VALUES ('text')", 3091],
        ['INSERT INTO t (parent) VALUES (9)', 787],
        ['DELETE FROM t', 1811],
      ]
      for (const [sql, code] of violations) {
        assertFails('CONSTRAINT', () => driver.prepare(sql).run(), code)
        assertFails('CONSTRAINT', () => driver.exec(sql), code)
      }
      assertFails(
        'CONSTRAINT',
        () => driver.prepare(`${violations[0]?.[0]} RETURNING id`).get(),
        2067,
      )
      driver.close()
    },
  },
  {
    name: 'the message of a trigger is kept',
    run(factory) {
      const driver = factory.open(':memory:')
      driver.exec(TABLES)
      assert.throws(() => driver.prepare('DELETE FROM t').run(), /rows stay/)
      driver.close()
    },
  },
  {
    name: 'a statement works again after it has failed',
    run(factory) {
      const driver = factory.open(':memory:')
      driver.exec(TABLES)
      const insert = driver.prepare('INSERT INTO t (name) VALUES (?)')
      assertFails('CONSTRAINT', () => insert.run(['a']))
      assert.equal(insert.run(['b']).changes, 1)
      driver.close()
    },
  },
  {
    name: 'a held lock is BUSY at once: the driver itself never waits',
    run(factory, dir) {
      const holder = factory.open(`${dir}/a.db`)
      holder.exec(`PRAGMA journal_mode = WAL; ${TABLES}; BEGIN IMMEDIATE`)
      const other = factory.open(`${dir}/a.db`)
      assert.deepEqual(other.prepare('PRAGMA busy_timeout').values(), [[0]])
      assertFails('BUSY', () => other.exec('BEGIN IMMEDIATE'), 5)
      assertFails('BUSY', () => other.prepare('INSERT INTO t (id) VALUES (2)').run(), 5)
      holder.exec('ROLLBACK')
      other.exec('BEGIN IMMEDIATE; COMMIT')
      holder.close()
      other.close()
    },
  },
  {
    name: 'asked without an error, a held lock is false, a free one true, and a mistake still throws',
    run(factory, dir) {
      const holder = factory.open(`${dir}/a.db`)
      holder.exec(`PRAGMA journal_mode = WAL; ${TABLES}; BEGIN IMMEDIATE`)
      const other = factory.open(`${dir}/a.db`)
      const begin = other.prepare('BEGIN IMMEDIATE')
      assert.deepEqual([begin.runUnlessBusy(), other.isInTransaction], [false, false])
      holder.exec('ROLLBACK')
      assert.deepEqual([begin.runUnlessBusy(), other.isInTransaction], [true, true])
      assertFails('SQL_INVALID', () => begin.runUnlessBusy())
      other.exec('ROLLBACK')
      holder.close()
      other.close()
    },
  },
  {
    name: 'a read transaction that another writer overtook is BUSY with its own number',
    run(factory, dir) {
      const one = factory.open(`${dir}/a.db`)
      one.exec(`PRAGMA journal_mode = WAL; ${TABLES}`)
      const two = factory.open(`${dir}/a.db`)
      one.exec('BEGIN')
      one.prepare('SELECT count(*) FROM t').values()
      two.exec('INSERT INTO t (id) VALUES (2)')
      assertFails('BUSY', () => one.prepare('INSERT INTO t (id) VALUES (3)').run(), 517)
      assert.equal(one.isInTransaction, true)
      one.exec('ROLLBACK')
      one.close()
      two.close()
    },
  },
  {
    name: 'isInTransaction follows BEGIN, COMMIT and ROLLBACK',
    run(factory) {
      const driver = factory.open(':memory:')
      assert.equal(driver.isInTransaction, false)
      driver.exec('BEGIN')
      assert.equal(driver.isInTransaction, true)
      driver.prepare('COMMIT').run()
      assert.equal(driver.isInTransaction, false)
      driver.prepare('BEGIN IMMEDIATE').run()
      driver.exec('SAVEPOINT a; ROLLBACK TO a; RELEASE a')
      assert.equal(driver.isInTransaction, true)
      driver.exec('ROLLBACK')
      assert.equal(driver.isInTransaction, false)
      driver.close()
    },
  },
  {
    name: 'isInTransaction shows that an error has rolled everything back',
    run(factory) {
      const driver = factory.open(':memory:')
      driver.exec(`${TABLES}; BEGIN IMMEDIATE`)
      assertFails('CONSTRAINT', () => driver.exec("INSERT INTO t (name) VALUES ('a')"))
      assert.equal(driver.isInTransaction, true)
      assertFails('CONSTRAINT', () => driver.exec("INSERT OR ROLLBACK INTO t (name) VALUES ('a')"))
      assert.equal(driver.isInTransaction, false)
      driver.close()
    },
  },
  {
    name: 'a full file is DISK_FULL, and after a rollback what was there still is',
    run(factory, dir) {
      const driver = factory.open(`${dir}/a.db`)
      driver.exec('CREATE TABLE b (x BLOB); PRAGMA max_page_count = 10')
      const insert = driver.prepare('INSERT INTO b VALUES (zeroblob(?))')
      insert.run([100])
      assertFails('DISK_FULL', () => insert.run([1_000_000]), 13)
      if (driver.isInTransaction) driver.exec('ROLLBACK')
      assert.deepEqual(driver.prepare('SELECT count(*) FROM b').values(), [[1]])
      driver.close()
    },
  },
  {
    name: 'a value beyond the limit of SQLite is ARGUMENT_INVALID',
    run(factory) {
      const driver = factory.open(':memory:')
      assertFails('ARGUMENT_INVALID', () => driver.prepare('SELECT zeroblob(?)').get([3e9]), 18)
      driver.close()
    },
  },
  {
    name: 'everything on a closed connection is STORE_CLOSED, and closing again is nothing',
    run(factory, dir) {
      const driver = factory.open(`${dir}/a.db`)
      const statement = driver.prepare('SELECT ?')
      const write = driver.prepare('CREATE TABLE a (x)')
      assert.deepEqual(statement.values([1]), [[1]])
      driver.exec('BEGIN')
      driver.close()
      driver.close()
      assert.equal(driver.isInTransaction, false)
      assertFails('STORE_CLOSED', () => statement.get([1]))
      assertFails('STORE_CLOSED', () => statement.all([1]))
      assertFails('STORE_CLOSED', () => statement.values([1]))
      assertFails('STORE_CLOSED', () => write.run())
      assertFails('STORE_CLOSED', () => driver.prepare('SELECT 1'))
      assertFails('STORE_CLOSED', () => driver.exec('SELECT 1'))
    },
  },
]
