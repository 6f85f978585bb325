import fc from 'fast-check'
import { expect, test } from 'vitest'
import { testConnection } from '../../../test/support/test-connection.ts'
import type { Connection } from '../connection/connection.ts'
import { KERNEL_MIGRATIONS } from '../migrations/kernel-schema.ts'
import { Heads } from './heads.ts'
import { newStream, type StreamHead } from './stream-head.ts'

const REMOVED = 7
const TYPE = 1

/** A log of bare events, its heads written only when told. */
function setUp() {
  const connection = testConnection()
  for (const { sql } of KERNEL_MIGRATIONS) connection.exec(sql)
  const heads = new Heads(connection, () => [REMOVED])
  const append = (id: number, typeId: number = TYPE) => appendTo(connection, heads, id, typeId)
  return { connection, heads, append }
}

function appendTo(connection: Connection, heads: Heads, id: number, typeId: number): void {
  const { changes } = connection.run(
    'INSERT OR IGNORE INTO streams (id, name, head_version) VALUES (?, ?, 0)',
    [id, `s${id}`],
  )
  // As the log does it: of a name that was just made nothing is asked for.
  appendBehind(connection, heads, changes > 0 ? newStream(id) : heads.stream(id), typeId)
}

function appendBehind(connection: Connection, heads: Heads, head: StreamHead, typeId: number) {
  const { id, version, sequence: previous } = head
  const sequence = heads.log().sequence + 1
  const recordedAtMs = sequence * 10
  connection.run(
    `INSERT INTO events (sequence, stream_id, version, previous, type_id, schema_version,
       recorded_at_ms, checksum, data) VALUES (?, ?, ?, ?, ?, 1, ?, 0, '{}')`,
    [sequence, id, version + 1, previous, typeId, recordedAtMs],
  )
  heads.setStream({
    id,
    version: version + 1,
    sequence,
    previous,
    typeId,
    payloadId: null,
    recordedAtMs,
  })
  heads.setLog({ sequence, recordedAtMs })
}

function stored(connection: Connection) {
  return connection.values(
    'SELECT id, head_version, head_sequence, removed_at_ms FROM streams ORDER BY id LIMIT 3',
  )
}

// Few are written from memory, many by a look through the log.
test.each([3, 1100])('the heads of %i streams are written as the log has them', (count) => {
  const { connection, heads, append } = setUp()
  connection.write(() => {
    for (let id = 1; id <= count; id++) append(id)
    append(2, REMOVED)
    append(3)
    heads.flush()
  })
  expect(stored(connection)).toEqual([
    [1, 1, 1, null],
    [2, 2, count + 1, (count + 1) * 10],
    [3, 2, count + 2, null],
  ])
})

test('heads that were written by a transaction that failed are written by the next', () => {
  const { connection, heads, append } = setUp()
  connection.write(() => append(1))
  const failing = () =>
    connection.write(() => {
      heads.flush()
      append(2)
      throw new Error('no')
    })
  expect(failing).toThrow('no')
  connection.write(() => {
    append(3)
    heads.flush()
  })
  expect(stored(connection)).toEqual([
    [1, 1, 1, null],
    [3, 1, 2, null],
  ])
})

test('heads that another connection has written are not written over', () => {
  const { connection, heads, append } = setUp()
  connection.write(() => append(1))
  const other = testConnection({ path: connection.path })
  const theirs = new Heads(other, () => [])
  other.write(() => {
    appendTo(other, theirs, 1, TYPE)
    theirs.flush()
  })
  connection.write(() => {
    append(2)
    heads.flush()
  })
  expect(stored(connection)).toEqual([
    [1, 2, 2, null],
    [2, 1, 3, null],
  ])
})

test('what another connection has appended is found, whether or not events are missing', () => {
  const { connection, append } = setUp()
  connection.write(() => {
    for (const id of [1, 2, 1, 2, 3]) append(id)
  })
  const version = (id: number) => {
    const other = testConnection({ path: connection.path })
    const theirs = new Heads(other, () => [])
    return other.write(() => [theirs.log().sequence, theirs.stream(id).version])
  }
  expect([version(1), version(2)]).toEqual([
    [5, 2],
    [5, 2],
  ])
  connection.write(() => connection.run('DELETE FROM events WHERE sequence = 2'))
  expect([version(1), version(2), version(3)]).toEqual([
    [5, 2],
    [5, 2],
    [5, 1],
  ])
})

test('a version is not given out twice when the newest event of a stream is gone', () => {
  const { connection, append } = setUp()
  connection.write(() => {
    for (const id of [1, 2]) append(id)
  })
  const other = testConnection({ path: connection.path })
  const theirs = new Heads(other, () => [])
  other.write(() => {
    theirs.stream(2)
    other.run('DELETE FROM events')
    expect(() => theirs.stream(1)).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }))
  })
})

test('what was forgotten in a transaction that is undone is looked for again, whoever writes first', () => {
  const { connection, heads, append } = setUp()
  const undone = (work: () => unknown) =>
    attempt(() =>
      connection.write(() => {
        work()
        throw UNDONE
      }),
    )
  connection.write(() => append(1))
  undone(() => {
    heads.flush()
    heads.stream(1)
  })
  // Finds that the heads were not written after all.
  undone(() => heads.stream(1))
  connection.write(() => append(2))
  connection.write(() => append(1))
  expect(connection.all('SELECT version, previous FROM events WHERE stream_id = 1')).toEqual([
    { version: 1, previous: null },
    { version: 2, previous: 1 },
  ])
})

// What becomes of a transaction, or of a savepoint in it.
const outcomes = fc.constantFrom('kept', 'undone', 'undone inside')
const works = fc.record({
  who: fc.nat(2),
  streams: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 }),
  isFlushed: fc.boolean(),
  // To look at a head is to learn it: what is right only then would be found right.
  isLookedAt: fc.boolean(),
  outcome: outcomes,
})

test('three connections that append in turn agree on every head, whatever is rolled back', () => {
  const ways = fc.array(works, { minLength: 1, maxLength: 40 })
  const agree = fc.property(ways, (transactions) => {
    const first = setUp()
    const writers = [0, 1, 2].map((at) => {
      const connection = at === 0 ? first.connection : testConnection(first.connection)
      return { connection, heads: at === 0 ? first.heads : new Heads(connection, () => []) }
    })
    // The streams of all committed events, in their order.
    let log: number[] = []
    for (const { who, streams, isFlushed, isLookedAt, outcome } of transactions) {
      const { connection, heads } = writers[who] ?? first
      const add = (now: number[], id: number) => {
        appendTo(connection, heads, id, TYPE)
        now.push(id)
        if (!isLookedAt) return
        const { version, sequence, previous } = heads.stream(id)
        const places = now.flatMap((each, at) => (each === id ? [at + 1] : []))
        expect([version, sequence, previous]).toEqual([
          places.length,
          now.length,
          places.at(-2) ?? null,
        ])
        expect(heads.log().sequence).toBe(now.length)
      }
      let kept = log
      attempt(() =>
        connection.write(() => {
          const now = [...log]
          const [before, ...inside] = streams
          if (before !== undefined) add(now, before)
          const afterFirst = [...now]
          attempt(() =>
            connection.write(() => {
              for (const id of inside) add(now, id)
              if (isFlushed) heads.flush()
              if (outcome === 'undone inside') throw UNDONE
            }),
          )
          const all = outcome === 'undone inside' ? afterFirst : now
          add(all, 1)
          if (outcome === 'undone') throw UNDONE
          kept = all
        }),
      )
      log = kept
    }
    const versions = log.map((id, at) => [
      id,
      log.slice(0, at + 1).filter((of) => of === id).length,
    ])
    expect(
      first.connection.values('SELECT stream_id, version FROM events ORDER BY sequence'),
    ).toEqual(versions)
    for (const { connection } of writers) connection.close()
  })
  fc.assert(agree, { numRuns: 40 })
})

const UNDONE = new Error('undone')

function attempt(act: () => unknown): void {
  try {
    act()
  } catch (error) {
    if (error !== UNDONE) throw error
  }
}
