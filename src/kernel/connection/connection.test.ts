import { describe, expect, test } from 'vitest'
import { testConnection } from '../../../test/support/test-connection.ts'
import type { Driver, Statement } from '../driver/driver.ts'
import { StoreError } from '../errors.ts'
import { Connection } from './connection.ts'
import { raiseGeneration, readGeneration } from './generation.ts'

function withTable(): Connection {
  const connection = testConnection()
  connection.exec('CREATE TABLE t (n INTEGER UNIQUE) STRICT')
  return connection
}

const add = (connection: Connection, n: number) => connection.run('INSERT INTO t VALUES (?)', [n])
const all = (connection: Connection) =>
  connection.all<{ n: number }>('SELECT n FROM t ORDER BY n').map(({ n }) => n)

describe('a write', () => {
  test('is committed as a whole and gives its function’s result', () => {
    const connection = withTable()
    const result = connection.write(() => {
      add(connection, 1)
      add(connection, 2)
      return 'done'
    })
    expect([result, all(connection)]).toEqual(['done', [1, 2]])
  })

  test('that throws leaves nothing behind', () => {
    const connection = withTable()
    const failing = () =>
      connection.write(() => {
        add(connection, 1)
        throw new Error('no')
      })
    expect(failing).toThrow('no')
    expect(all(connection)).toEqual([])
    expect(connection.isInTransaction).toBe(false)
  })

  test('within a write fails alone', () => {
    const connection = withTable()
    connection.write(() => {
      add(connection, 1)
      expect(() =>
        connection.write(() => {
          add(connection, 2)
          add(connection, 1)
        }),
      ).toThrow('UNIQUE')
      add(connection, 3)
    })
    expect(all(connection)).toEqual([1, 3])
  })

  test('within a read is refused', () => {
    const connection = withTable()
    expect(() => connection.read(() => connection.write(() => undefined))).toThrow(
      expect.objectContaining({ code: 'WRITE_IN_READ' }),
    )
  })

  test('of a promise is refused and rolled back', () => {
    const connection = withTable()
    const failing = () =>
      connection.write(async () => {
        add(connection, 1)
        throw new Error('nobody waits for this')
      })
    expect(failing).toThrow(expect.objectContaining({ code: 'PROMISE_IN_TRANSACTION' }))
    expect(all(connection)).toEqual([])
  })

  test('takes the lock at once, before its function reads', () => {
    const connection = withTable()
    const other = testConnection({ path: connection.path, timeoutMs: 0 })
    connection.write(() => {
      expect(() => other.write(() => undefined)).toThrow(expect.objectContaining({ code: 'BUSY' }))
    })
    expect(other.write(() => 'now')).toBe('now')
  })

  test('on a connection for reading is refused', () => {
    const { path } = withTable()
    const reader = testConnection({ path, isReadOnly: true })
    expect(() => reader.write(() => undefined)).toThrow(
      expect.objectContaining({ code: 'READ_ONLY' }),
    )
  })

  test('after close is refused', () => {
    const connection = withTable()
    connection.close()
    expect(() => connection.write(() => undefined)).toThrow(
      expect.objectContaining({ code: 'STORE_CLOSED' }),
    )
    connection.close()
  })
})

describe('durability', () => {
  test('of a nested write may not be stronger than that of the outer one', () => {
    const connection = withTable()
    const nest = (outer: 'normal' | 'full', inner: 'normal' | 'full') => () =>
      connection.write(() => connection.write(() => 'done', inner), outer)
    expect(nest('normal', 'full')).toThrow(expect.objectContaining({ code: 'NESTED_DURABILITY' }))
    expect(nest('full', 'normal')()).toBe('done')
    expect(nest('full', 'full')()).toBe('done')
  })
})

describe('a read', () => {
  test('sees one moment, whatever others commit meanwhile', () => {
    const connection = withTable()
    const other = testConnection({ path: connection.path })
    other.write(() => add(other, 1))
    connection.read(() => {
      expect(all(connection)).toEqual([1])
      other.write(() => add(other, 2))
      expect(connection.read(() => all(connection))).toEqual([1])
    })
    expect(all(connection)).toEqual([1, 2])
  })

  test('within a write sees what was written', () => {
    const connection = withTable()
    connection.write(() => {
      add(connection, 1)
      expect(connection.read(() => all(connection))).toEqual([1])
    })
  })

  test('of a promise is refused', () => {
    const connection = withTable()
    expect(() => connection.read(async () => 1)).toThrow(
      expect.objectContaining({ code: 'PROMISE_IN_TRANSACTION' }),
    )
    expect(connection.isInTransaction).toBe(false)
  })
})

test('an error that made SQLite roll back ends the whole transaction, not only its statement', () => {
  const connection = withTable()
  const failing = () =>
    connection.write(() => {
      add(connection, 1)
      try {
        connection.exec('INSERT OR ROLLBACK INTO t VALUES (1)')
      } catch {
        // What a careless caller does; nothing may run in autocommit afterwards.
      }
      add(connection, 2)
    })
  expect(failing).toThrow('UNIQUE')
  expect(all(connection)).toEqual([])
  connection.write(() => add(connection, 3))
  expect(all(connection)).toEqual([3])
})

test('such an error in a nested write ends the outer one too', () => {
  const connection = withTable()
  const failing = () =>
    connection.write(() => {
      add(connection, 1)
      try {
        connection.write(() => connection.exec('INSERT OR ROLLBACK INTO t VALUES (1)'))
      } catch {
        // As above.
      }
    })
  expect(failing).toThrow('UNIQUE')
  expect(all(connection)).toEqual([])
})

describe('hooks', () => {
  test('a foreign commit is told once, and not one’s own', () => {
    const connection = withTable()
    const other = testConnection({ path: connection.path })
    let told = 0
    connection.hooks = {
      beforeWrite: () => undefined,
      foreignCommit: () => ++told < 0,
      prepareWrite: () => undefined,
      beforeCommit: () => undefined,
      afterCommit: () => undefined,
    }
    connection.write(() => add(connection, 1))
    const first = told
    connection.write(() => add(connection, 2))
    expect(told).toBe(first)
    other.write(() => add(other, 3))
    connection.write(() => add(connection, 4))
    connection.write(() => add(connection, 5))
    expect(told).toBe(first + 1)
  })

  test('a foreign commit can ask for preparation, outside of the transaction', () => {
    const connection = withTable()
    const steps: string[] = []
    let isPrepared = false
    connection.hooks = {
      beforeWrite: () => undefined,
      foreignCommit: () => !isPrepared,
      prepareWrite: () => {
        steps.push(`prepare ${connection.isInTransaction}`)
        isPrepared = true
      },
      beforeCommit: () => steps.push(`before ${connection.isWriting}`),
      afterCommit: () => steps.push(`after ${connection.isWriting}`),
    }
    connection.write(() => steps.push('write'))
    expect(steps).toEqual(['prepare false', 'write', 'before true', 'after false'])
  })

  test('a throw before COMMIT rolls back', () => {
    const connection = withTable()
    connection.hooks = {
      beforeWrite: () => undefined,
      foreignCommit: () => false,
      prepareWrite: () => undefined,
      beforeCommit: () => {
        throw new Error('not yet')
      },
      afterCommit: () => undefined,
    }
    expect(() => connection.write(() => add(connection, 1))).toThrow('not yet')
    expect(all(connection)).toEqual([])
  })
})

test('caches follow the transaction, savepoints included', () => {
  const connection = withTable()
  const calls: string[] = []
  const note = (name: string) => () => void calls.push(name)
  connection.addCache({
    begin: note('begin'),
    savepoint: note('savepoint'),
    release: note('release'),
    rollbackTo: note('rollbackTo'),
    commit: note('commit'),
    rollback: note('rollback'),
    invalidate: note('invalidate'),
  })
  connection.write(() => {
    connection.write(() => undefined)
    expect(() =>
      connection.write(() => {
        throw new Error('no')
      }),
    ).toThrow()
  })
  expect(calls).toEqual([
    'begin',
    'invalidate',
    'savepoint',
    'release',
    'savepoint',
    'rollbackTo',
    'commit',
  ])
})

test('SQL from outside may not write', () => {
  const connection = withTable()
  expect(() => connection.query('INSERT INTO t VALUES (1)')).toThrow(
    expect.objectContaining({ code: 'READ_ONLY' }),
  )
  expect(() => connection.queryFirst('DELETE FROM t RETURNING n')).toThrow(
    expect.objectContaining({ code: 'READ_ONLY' }),
  )
  expect(connection.queryFirst('SELECT 1 AS one')).toEqual({ one: 1 })
})

test.each([
  'BEGIN',
  'COMMIT',
  ' ; COMMIT',
  'END',
  'ROLLBACK',
  'SAVEPOINT a',
  `ATTACH 'other.db' AS other`,
  'DETACH main',
  'PRAGMA query_only = 1',
  'PRAGMA wal_checkpoint',
  'EXPLAIN PRAGMA query_only = 1',
  'SELECT * FROM pragma_optimize',
  'WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x',
])('%s is not taken for reading, though SQLite says so', (sql) => {
  const connection = withTable()
  const refusal = expect.objectContaining({ code: 'READ_ONLY' })
  expect(() => connection.query(sql)).toThrow(refusal)
  const halfway = () =>
    connection.write(() => {
      connection.run('INSERT INTO t VALUES (1)')
      connection.queryFirst(sql)
    })
  expect(halfway).toThrow(refusal)
  connection.write(() => connection.run('INSERT INTO t VALUES (2)'))
  expect(connection.query('SELECT n FROM t')).toEqual([{ n: 2 }])
})

test('what only reads is taken, and what is misspelled is told as such', () => {
  const connection = withTable()
  for (const sql of [
    'VALUES (1)',
    'WITH x AS (SELECT 1) SELECT * FROM x',
    'EXPLAIN QUERY PLAN SELECT * FROM t',
    'PRAGMA page_count',
    'PRAGMA table_info(t)',
    `SELECT name FROM pragma_table_info('t')`,
  ]) {
    expect(connection.query(sql), sql).not.toEqual([])
  }
  for (const sql of ['SELEC 1', '', 'SELECT 1; SELECT 2']) {
    expect(() => connection.query(sql), sql).toThrow(
      expect.objectContaining({ code: 'SQL_INVALID' }),
    )
  }
  expect(() => connection.query(undefined as never)).toThrow(
    expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
  )
})

test('the generation rises with the transaction that raised it, or not at all', () => {
  const connection = withTable()
  const before = readGeneration(connection)
  expect(() =>
    connection.write(() => {
      raiseGeneration(connection)
      throw new Error('no')
    }),
  ).toThrow()
  expect(readGeneration(connection)).toBe(before)
  connection.write(() => raiseGeneration(connection))
  expect(readGeneration(testConnection({ path: connection.path }))).toBe(before + 1)
})

/** The driver of a connection, whose next statements are refused as while another process recovers the WAL. */
function busyFor(refusals: number, driver: Driver): Driver {
  let left = refusals
  return new Proxy(driver, {
    get(target, name) {
      if (name !== 'prepare') return Reflect.get(target, name, target)
      return (sql: string) => {
        const statement = target.prepare(sql)
        if (!sql.startsWith('SELECT')) return statement
        const all: Statement['all'] = (parameters) => {
          if (left-- > 0) throw new StoreError('BUSY', 'database is locked')
          return statement.all(parameters)
        }
        return Object.assign(Object.create(statement), { all }) as Statement
      }
    },
  })
}

test('the first statement of a read waits for who holds the store, as one outside does', () => {
  const { driver, path } = withTable()
  const options = { isReadOnly: false, durability: 'normal' } as const
  const wait = { path, timeoutMs: 1000, random: () => 0.5 }
  const patient = new Connection(busyFor(3, driver), { ...options, wait })
  expect(patient.read(() => all(patient))).toEqual([])
  expect(patient.isInTransaction).toBe(false)
  const hurried = new Connection(busyFor(1000, driver), {
    ...options,
    wait: { ...wait, timeoutMs: 5 },
  })
  expect(() => hurried.read(() => all(hurried))).toThrow(expect.objectContaining({ code: 'BUSY' }))
  expect(hurried.isInTransaction).toBe(false)
})
