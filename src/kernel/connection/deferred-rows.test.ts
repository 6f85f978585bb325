import { describe, expect, test } from 'vitest'
import { testConnection } from '../../../test/support/test-connection.ts'
import type { Connection } from './connection.ts'

const COUNT = 'SELECT count(*) AS n FROM t'

/** A connection with a table, and rows that wait for it. */
function setUp() {
  const connection = testConnection()
  connection.exec('CREATE TABLE t (n INTEGER UNIQUE) STRICT; CREATE TABLE other (n INTEGER) STRICT')
  let waiting: number[] = []
  const rows = {
    write: () => {
      const due = waiting
      waiting = []
      for (const n of due) connection.run('INSERT INTO t VALUES (?)', [n])
    },
    drop: () => {
      waiting = []
    },
  }
  const add = (n: number) => {
    waiting.push(n)
    connection.defer(rows)
  }
  return { connection, add, waiting: () => waiting }
}

const all = (connection: Connection) =>
  connection.all<{ n: number }>('SELECT n FROM t ORDER BY n').map(({ n }) => n)

describe('rows that wait', () => {
  test.each<[string, (connection: Connection) => unknown]>([
    ['run', (connection) => connection.run('INSERT INTO other SELECT count(*) FROM t')],
    ['exec', (connection) => connection.exec('INSERT INTO other SELECT count(*) FROM t')],
    ['get', (connection) => connection.get(COUNT)],
    ['all', (connection) => connection.all(COUNT)],
    ['values', (connection) => connection.values(COUNT)],
    ['query', (connection) => connection.query(COUNT)],
    ['queryFirst', (connection) => connection.queryFirst(COUNT)],
    ['screened', (connection) => connection.screened(() => undefined).all(COUNT)],
  ])('are written before %s', (_, look) => {
    const { connection, add, waiting } = setUp()
    connection.write(() => {
      add(1)
      expect(waiting()).toEqual([1])
      look(connection)
      expect(waiting()).toEqual([])
    })
    const [seen = { n: 1 }] = connection.all<{ n: number }>('SELECT n FROM other')
    expect([seen.n, all(connection)]).toEqual([1, [1]])
  })

  test('go on waiting for whom they cannot be seen by, and are written at COMMIT', () => {
    const { connection, add, waiting } = setUp()
    const blind = connection.screened(() => undefined, { isBlind: true })
    connection.write(() => {
      add(1)
      blind.run('INSERT INTO other VALUES (7)')
      expect(waiting()).toEqual([1])
    })
    expect(all(connection)).toEqual([1])
  })

  test('are dropped by the rollback of what they belong to, and by no other', () => {
    const { connection, add } = setUp()
    const failing = (n: number) => () =>
      connection.write(() => {
        add(n)
        throw new Error('no')
      })
    connection.write(() => {
      add(1)
      expect(failing(2)).toThrow('no')
      add(3)
    })
    expect(failing(4)).toThrow('no')
    connection.write(() => add(5))
    expect(all(connection)).toEqual([1, 3, 5])
  })

  test('that cannot be written take the transaction with them, though the error be caught', () => {
    const { connection, add } = setUp()
    connection.write(() => add(1))
    const write = () =>
      connection.write(() => {
        connection.run('INSERT INTO other VALUES (7)')
        add(1)
        try {
          connection.all(COUNT)
        } catch {}
      })
    expect(write).toThrow(expect.objectContaining({ code: 'CONSTRAINT' }))
    expect(connection.all('SELECT * FROM other')).toEqual([])
    connection.write(() => add(2))
    expect(all(connection)).toEqual([1, 2])
  })
})
