/** Statements: one a text, the same shape of results, the same counts. */
import assert from 'node:assert/strict'
import type { DriverCase } from './cases.ts'
import { assertFails } from './expect-error.ts'

const TABLE = 'CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE) STRICT'

/** Cases about preparing and running. */
export const STATEMENT_CASES: readonly DriverCase[] = [
  {
    name: 'a function that was defined is called by statements, and by no view',
    run(factory) {
      const driver = factory.open(':memory:')
      assert.ok(driver.defineFunction)
      driver.defineFunction('twice', (argument) => {
        if (typeof argument === 'number') return argument * 2
        if (typeof argument === 'string') return `${argument}${argument}`
        if (argument === null) return null
        throw new Error('neither a number nor a text')
      })
      const sql = "SELECT twice(21), twice('ab'), twice(NULL), twice(1.5)"
      assert.deepEqual(driver.prepare(sql).values(), [[42, 'abab', null, 3]])
      assert.throws(
        () => driver.prepare("SELECT twice(x'00')").all(),
        /neither a number nor a text/,
      )
      assert.throws(() => driver.prepare('SELECT twice(1, 2)').all())
      driver.exec(
        'CREATE TABLE t (n); INSERT INTO t VALUES (1); CREATE VIEW v AS SELECT twice(n) FROM t',
      )
      assertFails('SQL_INVALID', () => driver.prepare('SELECT * FROM v').all())
      driver.close()
    },
  },
  {
    name: 'more than one statement in prepare is refused, and none of them runs',
    run(factory) {
      const driver = factory.open(':memory:')
      for (const sql of [
        'SELECT 1; SELECT 2',
        'CREATE TABLE a (x); DROP TABLE a',
        "SELECT ';' ; /* ; */ x",
        ';;SELECT 1;SELECT 2',
        'CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END; SELECT 2',
      ]) {
        assertFails('SQL_INVALID', () => driver.prepare(sql))
      }
      assert.deepEqual(driver.prepare('SELECT name FROM sqlite_schema').all(), [])
      driver.close()
    },
  },
  {
    name: 'a text without a statement is refused',
    run(factory) {
      const driver = factory.open(':memory:')
      for (const sql of ['', '  \n', ';', '-- only this', '/* or this']) {
        assertFails('SQL_INVALID', () => driver.prepare(sql))
      }
      driver.close()
    },
  },
  {
    name: 'semicolons and comments around one statement are no second one',
    run(factory) {
      const driver = factory.open(':memory:')
      for (const sql of [' SELECT 1 ; ', '-- a;b\nSELECT 1;; -- c;d', '/* ; */ SELECT 1 /* ; */']) {
        assert.deepEqual(driver.prepare(sql).values(), [[1]])
      }
      driver.close()
    },
  },
  {
    name: 'a trigger with statements of its own is one statement',
    run(factory) {
      const driver = factory.open(':memory:')
      driver.exec(TABLE)
      driver
        .prepare(
          `CREATE TEMP TRIGGER g AFTER INSERT ON t WHEN CASE WHEN new.id > 0 THEN 1 ELSE 0 END
           BEGIN
             UPDATE t SET name = 'a' WHERE id = new.id;
             UPDATE t SET name = CASE WHEN 1 THEN name || 'b' END;
           END; -- the end`,
        )
        .run()
      driver.prepare('INSERT INTO t (id) VALUES (1)').run()
      assert.deepEqual(driver.prepare('SELECT name FROM t').values(), [['ab']])
      driver.close()
    },
  },
  {
    name: 'no row is undefined, and a statement without rows gives none',
    run(factory) {
      const driver = factory.open(':memory:')
      driver.exec(TABLE)
      const select = driver.prepare('SELECT * FROM t')
      assert.equal(select.get(), undefined)
      assert.deepEqual(select.all(), [])
      assert.deepEqual(select.values(), [])
      assert.equal(driver.prepare("INSERT INTO t VALUES (1, 'a')").get(), undefined)
      assert.deepEqual(driver.prepare("INSERT INTO t VALUES (2, 'b')").all(), [])
      assert.deepEqual(driver.prepare("INSERT INTO t VALUES (3, 'c')").values(), [])
      assert.deepEqual(driver.prepare('SELECT count(*) FROM t').values(), [[3]])
      driver.close()
    },
  },
  {
    name: 'rows are plain objects with the columns in order',
    run(factory) {
      const driver = factory.open(':memory:')
      const statement = driver.prepare("SELECT 1 AS b, 'x' AS a, NULL AS c")
      const row = statement.get() ?? {}
      assert.equal(Object.getPrototypeOf(row), Object.prototype)
      assert.deepEqual(Object.entries(row), [
        ['b', 1],
        ['a', 'x'],
        ['c', null],
      ])
      assert.deepEqual(statement.all(), [{ b: 1, a: 'x', c: null }])
      driver.close()
    },
  },
  {
    name: 'values gives arrays, also for columns of one name, and does not change all',
    run(factory) {
      const driver = factory.open(':memory:')
      const statement = driver.prepare('SELECT 1 AS x, 2 AS x')
      assert.deepEqual(statement.values(), [[1, 2]])
      assert.deepEqual(statement.all(), [{ x: 2 }])
      assert.deepEqual(statement.values(), [[1, 2]])
      driver.close()
    },
  },
  {
    name: 'columns names them before the first run, and none for a statement without rows',
    run(factory) {
      const driver = factory.open(':memory:')
      driver.exec(TABLE)
      assert.deepEqual(driver.prepare('SELECT id, name AS n, 1 + 1 FROM t').columns, [
        'id',
        'n',
        '1 + 1',
      ])
      assert.deepEqual(driver.prepare('DELETE FROM t').columns, [])
      assert.deepEqual(driver.prepare('DELETE FROM t RETURNING name').columns, ['name'])
      driver.close()
    },
  },
  {
    name: 'a star follows a change of the table by another connection',
    run(factory, dir) {
      const driver = factory.open(`${dir}/a.db`)
      driver.exec(`${TABLE}; INSERT INTO t VALUES (1, 'a')`)
      const statement = driver.prepare('SELECT t.* FROM t')
      assert.deepEqual(statement.get(), { id: 1, name: 'a' })
      const other = factory.open(`${dir}/a.db`)
      other.exec('ALTER TABLE t RENAME COLUMN name TO title')
      assert.deepEqual(statement.get(), { id: 1, title: 'a' })
      other.exec('ALTER TABLE t ADD COLUMN more TEXT')
      assert.deepEqual(statement.all(), [{ id: 1, title: 'a', more: null }])
      other.exec("ALTER TABLE t ADD COLUMN last TEXT DEFAULT 'z'")
      assert.deepEqual(statement.get(), { id: 1, title: 'a', more: null, last: 'z' })
      other.exec('ALTER TABLE t DROP COLUMN more')
      assert.deepEqual(statement.values(), [[1, 'a', 'z']])
      other.exec('ALTER TABLE t DROP COLUMN last')
      other.close()
      assert.deepEqual(statement.all(), [{ id: 1, title: 'a' }])
      assert.deepEqual(statement.columns, ['id', 'title'])
      driver.close()
    },
  },
  {
    name: 'isReadOnly says what SQLite says',
    run(factory) {
      const driver = factory.open(':memory:')
      driver.exec(TABLE)
      const readOnly = [
        'SELECT * FROM t',
        'EXPLAIN SELECT 1',
        'BEGIN',
        'PRAGMA user_version',
        'EXPLAIN QUERY PLAN SELECT * FROM t',
      ]
      const writing = [
        'INSERT INTO t (id) VALUES (:id)',
        'DELETE FROM t RETURNING id',
        'EXPLAIN DELETE FROM t',
        'EXPLAIN QUERY PLAN DELETE FROM t',
        'WITH n AS (SELECT 1 AS id) INSERT INTO t (id) SELECT id FROM n',
        'CREATE TABLE u (x)',
        'BEGIN IMMEDIATE',
        'PRAGMA user_version = 3',
        'PRAGMA journal_mode = WAL',
        'VACUUM',
      ]
      for (const sql of readOnly) assert.equal(driver.prepare(sql).isReadOnly, true, sql)
      for (const sql of writing) assert.equal(driver.prepare(sql).isReadOnly, false, sql)
      // The known limit: what changes the connection and not the file counts as reading.
      assert.equal(driver.prepare("ATTACH ':memory:' AS other").isReadOnly, true)
      const create = driver.prepare('CREATE TABLE u (x)')
      create.run()
      assert.equal(create.isReadOnly, false)
      driver.close()
    },
  },
  {
    name: 'changes counts the rows of this statement alone',
    run(factory) {
      const driver = factory.open(':memory:')
      const run = (sql: string) => driver.prepare(sql).run().changes
      assert.equal(run(TABLE), 0)
      assert.equal(run("INSERT INTO t VALUES (1, 'a'), (2, 'b')"), 2)
      assert.equal(run('SELECT 1'), 0)
      assert.equal(run('CREATE TABLE log (x)'), 0)
      assert.equal(run("INSERT OR IGNORE INTO t VALUES (1, 'a')"), 0)
      assert.equal(run("REPLACE INTO t VALUES (1, 'c')"), 1)
      assert.equal(run('WITH n AS (SELECT 5 AS i) INSERT INTO t (id) SELECT i FROM n'), 1)
      assert.equal(run('WITH n AS (SELECT 5 AS i) SELECT * FROM n'), 0)
      assert.equal(run('UPDATE t SET name = NULL'), 3)
      assert.equal(run('PRAGMA user_version = 1'), 0)
      assert.equal(run('DELETE FROM t WHERE id > 1'), 2)
      assert.equal(run('DELETE FROM t WHERE id > 1'), 0)
      assert.equal(run('INSERT INTO t (id) VALUES (7), (8) RETURNING id'), 2)
      driver.close()
    },
  },
  {
    name: 'changes leaves out what triggers changed',
    run(factory) {
      const driver = factory.open(':memory:')
      driver.exec(`${TABLE}; CREATE TABLE log (x);
        CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO log VALUES (1), (2); END`)
      assert.equal(driver.prepare('INSERT INTO t (id) VALUES (1)').run().changes, 1)
      driver.close()
    },
  },
  {
    name: 'lastInsertRowid is the number of the row just inserted',
    run(factory) {
      const driver = factory.open(':memory:')
      driver.exec(TABLE)
      assert.equal(driver.prepare('INSERT INTO t (id) VALUES (41)').run().lastInsertRowid, 41)
      assert.equal(driver.prepare("INSERT INTO t (name) VALUES ('x')").run().lastInsertRowid, 42)
      driver.close()
    },
  },
  {
    name: 'RETURNING gives its rows inside a transaction, and all rows are written',
    run(factory) {
      const driver = factory.open(':memory:')
      driver.exec(`${TABLE}; BEGIN IMMEDIATE`)
      const insert = driver.prepare('INSERT INTO t (id) VALUES (?), (?) RETURNING id')
      assert.deepEqual(insert.get([1, 2]), { id: 1 })
      driver.exec('COMMIT')
      assert.deepEqual(driver.prepare('SELECT count(*) FROM t').values(), [[2]])
      driver.close()
    },
  },
  {
    name: 'exec runs several statements, triggers among them',
    run(factory) {
      const driver = factory.open(':memory:')
      driver.exec(`${TABLE}; -- the first
        CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t WHERE id = 9; END;
        INSERT INTO t VALUES (9, 'x'); INSERT INTO t VALUES (1, 'y'); -- the end`)
      assert.deepEqual(driver.prepare('SELECT id FROM t').values(), [[1]])
      driver.exec('')
      driver.exec(' -- nothing\n;')
      driver.close()
    },
  },
  {
    name: 'SQLite has what the kernel uses: STRICT, RETURNING, JSON, windows and FTS5',
    run(factory) {
      const driver = factory.open(':memory:')
      driver.exec('CREATE VIRTUAL TABLE f USING fts5(body)')
      driver.prepare('INSERT INTO f VALUES (?)').run(['a small oak'])
      const found = driver.prepare("SELECT rowid FROM f WHERE f MATCH 'oak'").values()
      assert.deepEqual(found, [[1]])
      const json = `SELECT json_extract('{"a":[1,2]}', '$.a[1]'), '{"a":3}' ->> 'a',
        sum(1) OVER () FROM json_each('[1]')`
      assert.deepEqual(driver.prepare(json).values(), [[2, 3, 1]])
      driver.close()
    },
  },
  {
    name: 'an unknown name in double quotes is an error, not a string',
    run(factory) {
      const driver = factory.open(':memory:')
      assertFails('SQL_INVALID', () => driver.prepare('SELECT "nowhere"'))
      driver.close()
    },
  },
]
