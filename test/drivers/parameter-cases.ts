/** Binding: each call gives exactly the parameters of its SQL, and only storable values. */
import assert from 'node:assert/strict'
import type { SqlParameters, SqlValue } from '../../src/kernel/driver/driver.ts'
import type { DriverCase } from './cases.ts'
import { assertFails } from './expect-error.ts'

// What TypeScript rules out must fail at run time too: data of callers is not type-checked.
const untyped = (parameters: unknown) => parameters as SqlParameters

/** Cases about parameters. */
export const PARAMETER_CASES: readonly DriverCase[] = [
  {
    name: '? takes its values from an array, in order',
    run(factory) {
      const driver = factory.open(':memory:')
      assert.deepEqual(driver.prepare('SELECT ?, ?').values(['a', null]), [['a', null]])
      driver.close()
    },
  },
  {
    name: ':name takes its value from an object, as often as the name occurs',
    run(factory) {
      const driver = factory.open(':memory:')
      const statement = driver.prepare('SELECT :a AS x, :b AS y, :a AS z')
      assert.deepEqual(statement.get({ b: 'two', a: 'one' }), { x: 'one', y: 'two', z: 'one' })
      driver.close()
    },
  },
  {
    name: 'names given in another order than the text go to their places',
    run(factory) {
      const driver = factory.open(':memory:')
      driver.exec('CREATE TABLE t (a TEXT, b TEXT, c TEXT) STRICT')
      const insert = driver.prepare('INSERT INTO t VALUES (:a, :b, :c) RETURNING c')
      assert.deepEqual(insert.all({ c: 'three', a: 'one', b: 'two' }), [{ c: 'three' }])
      const select = driver.prepare('SELECT * FROM t WHERE b = :b AND a = :a AND c = :c')
      assert.deepEqual(select.values({ a: 'one', b: 'two', c: 'three' }), [['one', 'two', 'three']])
      driver.close()
    },
  },
  {
    name: 'a column without a name of its own, and an error, keep the names of parameters',
    run(factory) {
      const driver = factory.open(':memory:')
      const statement = driver.prepare('SELECT :a, :b')
      assert.deepEqual(statement.columns, [':a', ':b'])
      assert.deepEqual(statement.get({ a: 1, b: 2 }), { ':a': 1, ':b': 2 })
      assert.throws(() => driver.prepare('SELECT 1 WHERE :a :b'), /":b"/)
      driver.close()
    },
  },
  {
    name: 'a missing name, an undefined value and no object at all are refused',
    run(factory) {
      const driver = factory.open(':memory:')
      const statement = driver.prepare('SELECT :a, :b')
      for (const parameters of [{ a: 1 }, {}, undefined, { a: 1, b: undefined }]) {
        assertFails('ARGUMENT_INVALID', () => statement.run(untyped(parameters)))
        assertFails('ARGUMENT_INVALID', () => statement.get(untyped(parameters)))
        assertFails('ARGUMENT_INVALID', () => statement.all(untyped(parameters)))
        assertFails('ARGUMENT_INVALID', () => statement.values(untyped(parameters)))
      }
      driver.close()
    },
  },
  {
    name: 'a name that the SQL does not hold is refused',
    run(factory) {
      const driver = factory.open(':memory:')
      assertFails('ARGUMENT_INVALID', () => driver.prepare('SELECT :a').get({ a: 1, b: 2 }))
      assertFails('ARGUMENT_INVALID', () => driver.prepare('SELECT 1').get({ a: 1 }))
      driver.close()
    },
  },
  {
    name: 'too few and too many values for ? are refused',
    run(factory) {
      const driver = factory.open(':memory:')
      const statement = driver.prepare('SELECT ?, ?')
      for (const parameters of [[], [1], [1, 2, 3], undefined]) {
        assertFails('ARGUMENT_INVALID', () => statement.get(parameters))
        assertFails('ARGUMENT_INVALID', () => statement.values(parameters))
      }
      driver.close()
    },
  },
  {
    name: 'an array for names, an object for ? and an object of a class are refused',
    run(factory) {
      const driver = factory.open(':memory:')
      class Point {
        readonly a = 1
      }
      assertFails('ARGUMENT_INVALID', () => driver.prepare('SELECT :a').get([1]))
      assertFails('ARGUMENT_INVALID', () => driver.prepare('SELECT ?').get({ a: 1 }))
      assertFails('ARGUMENT_INVALID', () => driver.prepare('SELECT :a').get(untyped(new Point())))
      assertFails('ARGUMENT_INVALID', () => driver.prepare('SELECT ?').get(untyped(new Date())))
      driver.close()
    },
  },
  {
    name: 'values that SQLite cannot store unchanged are refused',
    run(factory) {
      const driver = factory.open(':memory:')
      const anonymous = driver.prepare('SELECT ?')
      const named = driver.prepare('SELECT :a')
      const unstorable = [undefined, true, false, Number.NaN, new Date(), {}, [], 2n ** 63n]
      for (const value of [...unstorable, () => 1, Symbol('s'), new Uint16Array(1)]) {
        assertFails('ARGUMENT_INVALID', () => anonymous.get(untyped([value])))
        assertFails('ARGUMENT_INVALID', () => named.get(untyped({ a: value })))
      }
      driver.close()
    },
  },
  {
    name: 'what looks like a parameter in strings, comments and quoted names is none',
    run(factory) {
      const driver = factory.open(':memory:')
      driver.exec('CREATE TABLE "odd :name ?" (":a" TEXT, [x?y] TEXT, `:c` TEXT, a$b TEXT)')
      const statement = driver.prepare(`
        SELECT ':x ? it''s', ":a", [x?y], \`:c\`, a$b -- :comment ?
        FROM "odd :name ?" /* :another ? */ WHERE ":a" = :real`)
      assert.deepEqual(statement.values({ real: 'r' }), [])
      driver.close()
    },
  },
  {
    name: 'parameters that the libraries number differently are refused',
    run(factory) {
      const driver = factory.open(':memory:')
      for (const sql of ['SELECT ?1', 'SELECT @a', 'SELECT $a', 'SELECT :a, ?']) {
        assertFails('SQL_INVALID', () => driver.prepare(sql))
      }
      driver.close()
    },
  },
  {
    name: 'every kind of value comes back as it was stored',
    run(factory) {
      const driver = factory.open(':memory:')
      driver.exec('CREATE TABLE t (i INTEGER, r REAL, s TEXT, b BLOB) STRICT')
      const insert = driver.prepare('INSERT INTO t VALUES (?, ?, ?, ?)')
      const rows: SqlValue[][] = [
        [Number.MAX_SAFE_INTEGER, 1.5, '', new Uint8Array([0, 255])],
        [Number.MIN_SAFE_INTEGER, -1e300, 'zwölf 🪵\u0001\n', new Uint8Array(0)],
        [0, Number.POSITIVE_INFINITY, 'x'.repeat(100_000), new Uint8Array(70_000).fill(7)],
        [1_732_000_000_000, 3, "'); DROP TABLE t; --", new Uint8Array([1]).subarray(0, 1)],
        [null, null, null, null],
      ]
      for (const row of rows) insert.run(row)
      const found = driver.prepare('SELECT * FROM t').values()
      assert.equal(found.length, rows.length)
      found.forEach(([i, r, s, b], n) => {
        assert.deepEqual([i, r, s], rows[n]?.slice(0, 3))
        assert.ok(b === null || b instanceof Uint8Array)
        assert.deepEqual(
          b && Array.from(b as Uint8Array),
          rows[n]?.[3] && Array.from(rows[n][3] as Uint8Array),
        )
      })
      driver.close()
    },
  },
  {
    name: 'a part of a larger buffer is stored as that part alone',
    run(factory) {
      const driver = factory.open(':memory:')
      const part = new Uint8Array([1, 2, 3, 4]).subarray(1, 3)
      assert.deepEqual(driver.prepare('SELECT hex(?)').values([part]), [['0203']])
      assert.deepEqual(driver.prepare('SELECT hex(:a)').values({ a: part }), [['0203']])
      driver.close()
    },
  },
  {
    name: 'a bigint is stored whole and read back as a number',
    run(factory) {
      const driver = factory.open(':memory:')
      assert.deepEqual(driver.prepare('SELECT ?').values([2n ** 40n]), [[2 ** 40]])
      const text = driver.prepare('SELECT CAST(? AS TEXT)').values([2n ** 63n - 1n])
      assert.deepEqual(text, [['9223372036854775807']])
      driver.close()
    },
  },
  {
    name: 'an integer beyond 2^53 is refused when it is read',
    run(factory) {
      const driver = factory.open(':memory:')
      assertFails('SQL_INVALID', () => driver.prepare('SELECT 9007199254740993').get())
      driver.close()
    },
  },
  {
    name: 'a number bound where no column gives it a type is a REAL',
    run(factory) {
      const driver = factory.open(':memory:')
      assert.deepEqual(driver.prepare("SELECT typeof(?), ? || ''").values([1, 1]), [
        ['real', '1.0'],
      ])
      driver.close()
    },
  },
]
