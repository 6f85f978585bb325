/**
 * `verify` over planted faults. Invariants:
 *
 * 1. An untouched store is sound, in every way that it can be opened.
 * 2. Each fault below, made behind the store's back in a copy of the file, is found, and said to be
 *    of the right kind.
 * 3. Verifying a damaged store does not throw, and does not mend it: a second time finds the same.
 */
import { describe, expect, test } from 'vitest'
import { collection, openStore, type VerifyProblem } from '../../dist/index.js'
import { tempStorePath } from '../support/temp-folder.ts'
import { deployments, type Projection } from './deployments-module.ts'
import { type RawDatabase, tamper } from './raw-sqlite.ts'

type Kind = VerifyProblem['kind']
type Fault = readonly [name: string, plant: (db: RawDatabase) => unknown, kinds: Kind[]]

// Over 16 KB, so that it is kept as a payload.
const PLAN = 'step '.repeat(5_000)

function modules(projection: Projection = 'as written') {
  return {
    deployments: deployments(projection),
    hosts: collection<{ id: string; address: string }>({ unique: ['address'] }),
  }
}

function makeStore(path: string): void {
  let nowMs = 1_767_225_600_000
  const store = openStore(path, modules(), { clock: () => nowMs++ })
  for (const [index, id] of ['a', 'b', 'c', 'a', 'b'].entries()) {
    const plan = id === 'b' ? `${PLAN}${index}` : 'short'
    store.deployments.start({ id, host: `h${index}`, plan })
  }
  store.leases.release(store.leases.acquire({ name: 'l', ttlMs: 1000 }))
  store.leases.release(store.leases.acquire({ name: 'l', ttlMs: 1000 }))
  store.write((tx) => tx.once('key', {}, () => 'answer'))
  store.deployments.finish('a')
  store.deployments.finish('c')
  for (let n = 0; n < 4; n++) store.hosts.put({ id: `h${n % 3}`, address: `10.0.0.${n}` })
  store.hosts.delete('h2')
  store.close()
}

const FAULTS: readonly Fault[] = [
  [
    'the data of an event was edited',
    (db) => db.exec(`UPDATE events SET data = replace(data, 'h0', 'h9') WHERE sequence = 1`),
    ['event-checksum'],
  ],
  [
    'the data of an event is no JSON any more',
    (db) => db.exec(`UPDATE events SET data = substr(data, 2) WHERE sequence = 1`),
    ['event-checksum', 'event-unreadable'],
  ],
  [
    'the metadata of an event was edited',
    (db) => db.exec(`UPDATE events SET metadata = '{"actor":"mallory"}' WHERE sequence = 1`),
    ['event-checksum'],
  ],
  [
    'the time at which an event was recorded was edited',
    (db) => db.exec(`UPDATE events SET recorded_at_ms = recorded_at_ms + 1 WHERE sequence = 6`),
    ['event-checksum'],
  ],
  [
    'the time at which an event was recorded is before its predecessor',
    (db) => db.exec(`UPDATE events SET recorded_at_ms = 1 WHERE sequence = 6`),
    ['event-order'],
  ],
  [
    'the time at which an event occurred was edited',
    (db) => db.exec(`UPDATE events SET occurred_at_ms = 1 WHERE sequence = 6`),
    ['event-checksum'],
  ],
  [
    'the schema version of an event was edited',
    (db) => db.exec(`UPDATE events SET schema_version = 0 WHERE sequence = 6`),
    ['event-checksum', 'event-unreadable'],
  ],
  [
    'the type of an event was changed',
    (db) =>
      db.exec(`UPDATE events SET type_id = (SELECT type_id FROM events WHERE sequence = 1)
        WHERE sequence = 6`),
    ['event-checksum'],
  ],
  [
    'an event type was renamed',
    (db) => db.exec(`UPDATE event_types SET name = replace(name, 'finished', 'finishes')`),
    ['event-checksum', 'event-unreadable'],
  ],
  [
    'the names of two event types were exchanged',
    (db) =>
      db.exec(`UPDATE event_types SET name = 'x' WHERE name LIKE '%finished';
        UPDATE event_types SET name = 'deployments.deployment.finished' WHERE name LIKE '%started';
        UPDATE event_types SET name = 'deployments.deployment.started' WHERE name = 'x'`),
    ['event-checksum'],
  ],
  [
    'a stream was renamed',
    (db) => db.exec(`UPDATE streams SET name = name || 'x' WHERE id = 1`),
    ['event-checksum'],
  ],
  ['a stream is gone', (db) => db.exec('DELETE FROM streams WHERE id = 1'), ['event-unreadable']],
  [
    'an event was moved to another stream',
    (db) => db.exec('UPDATE events SET stream_id = 2 WHERE sequence = 6'),
    ['event-checksum'],
  ],
  [
    'the version of an event was changed',
    (db) => db.exec('UPDATE events SET version = version + 1 WHERE sequence = 6'),
    ['event-checksum'],
  ],
  [
    'the head version of a stream was raised',
    (db) => db.exec('UPDATE streams SET head_version = head_version + 1 WHERE id = 1'),
    ['event-missing', 'stream-head'],
  ],
  [
    'the head version of a stream was lowered',
    (db) => db.exec('UPDATE streams SET head_version = head_version - 1 WHERE id = 1'),
    ['event-missing', 'stream-head'],
  ],
  [
    'the first event was deleted',
    (db) => db.exec('DELETE FROM events WHERE sequence = (SELECT min(sequence) FROM events)'),
    ['event-missing'],
  ],
  [
    'an event in the middle was deleted',
    (db) => db.exec('DELETE FROM events WHERE sequence = 4'),
    ['event-missing'],
  ],
  [
    'the newest event was deleted',
    (db) => db.exec('DELETE FROM events WHERE sequence = (SELECT max(sequence) FROM events)'),
    ['event-missing'],
  ],
  [
    'the two newest events were deleted',
    (db) => db.exec('DELETE FROM events WHERE sequence > (SELECT max(sequence) - 2 FROM events)'),
    ['event-missing'],
  ],
  [
    'an event was numbered anew',
    (db) => db.exec('UPDATE events SET sequence = 1000 WHERE sequence = 6'),
    ['event-checksum'],
  ],
  [
    'all events of a stream were deleted',
    (db) => db.exec('DELETE FROM events WHERE stream_id = 3'),
    ['event-missing'],
  ],
  [
    'the bodies of two payloads were exchanged',
    (db) => {
      const rows = db.prepare('SELECT id, body FROM payloads ORDER BY id').all() as Payload[]
      const update = db.prepare('UPDATE payloads SET body = ? WHERE id = ?')
      update.run(rows[1]?.body, rows[0]?.id)
      update.run(rows[0]?.body, rows[1]?.id)
    },
    ['payload'],
  ],
  [
    'two whole payloads were exchanged',
    (db) => {
      const ids = db.prepare('SELECT id FROM payloads ORDER BY id').all() as Payload[]
      const update = db.prepare('UPDATE payloads SET id = ? WHERE id = ?')
      for (const [to, from] of [
        [-1, ids[0]?.id],
        [ids[0]?.id, ids[1]?.id],
        [ids[1]?.id, -1],
      ])
        update.run(to, from)
    },
    ['event-checksum'],
  ],
  [
    'a payload was deleted',
    (db) => db.exec('DELETE FROM payloads WHERE id = 1'),
    ['event-unreadable'],
  ],
  [
    'one bit of a payload was flipped',
    (db) => {
      const row = db.prepare('SELECT id, body FROM payloads').get() as Payload
      row.body[row.body.length >> 1] = (row.body[row.body.length >> 1] ?? 0) ^ 8
      db.prepare('UPDATE payloads SET body = ? WHERE id = ?').run(row.body, row.id)
    },
    ['payload'],
  ],
  [
    'a row of a table was edited',
    (db) => db.exec(`UPDATE deployments_deployment SET host = 'h9' WHERE id = 'a'`),
    ['row-unexplained', 'row-missing'],
  ],
  [
    'a row of a table was deleted',
    (db) => db.exec(`DELETE FROM deployments_deployment WHERE id = 'a'`),
    ['row-missing'],
  ],
  [
    'a row was added to a table',
    (db) => db.exec(`INSERT INTO deployments_deployment VALUES ('z', 'h1', 1, 'running', 1)`),
    ['row-unexplained'],
  ],
  [
    'a row is in a table twice',
    (db) => db.exec('INSERT INTO deployments_finish SELECT * FROM deployments_finish LIMIT 1'),
    ['row-differs'],
  ],
  [
    'two rows were exchanged',
    (db) =>
      db.exec(`UPDATE deployments_deployment SET id = 'x' WHERE id = 'a';
        UPDATE deployments_deployment SET id = 'a' WHERE id = 'b';
        UPDATE deployments_deployment SET id = 'b' WHERE id = 'x'`),
    ['row-unexplained', 'row-missing'],
  ],
  [
    'a number became the same number of another kind',
    (db) => db.exec(`UPDATE deployments_finish SET at = CAST(at AS TEXT)`),
    ['row-unexplained', 'row-missing'],
  ],
  [
    'an item of a collection was edited',
    (db) => db.exec(`UPDATE hosts SET data = replace(data, '10.', '11.') WHERE id = 'h0'`),
    ['row-unexplained', 'row-missing'],
  ],
  [
    'a deleted item of a collection is back',
    (db) => db.exec(`INSERT INTO hosts (id, data) VALUES ('h2', '{"id":"h2","address":"x"}')`),
    ['row-unexplained'],
  ],
  ['a table was dropped', (db) => db.exec('DROP TABLE deployments_finish'), ['table-missing']],
  [
    'a column was dropped',
    (db) => db.exec('ALTER TABLE deployments_deployment DROP COLUMN host'),
    ['table-missing'],
  ],
  [
    'the checksum of a migration was edited',
    (db) => db.exec(`UPDATE migrations SET checksum = 'x' WHERE module = 'deployments'`),
    ['migration'],
  ],
  [
    'a migration was removed from the ledger',
    (db) => db.exec(`DELETE FROM migrations WHERE module = 'deployments'`),
    ['migration'],
  ],
  [
    'the head of a stream was forgotten',
    (db) => db.exec('UPDATE streams SET head_sequence = NULL WHERE id = 1'),
    ['stream-head'],
  ],
  [
    'the heads of all streams were forgotten',
    (db) => db.exec('UPDATE streams SET head_sequence = NULL'),
    ['stream-head'],
  ],
  [
    'a stream was added that never had an event',
    (db) => db.exec(`INSERT INTO streams (name, head_version) VALUES ('hosts.item/x', 3)`),
    ['stream-head'],
  ],
  [
    'a stream that goes on is said to be removed',
    (db) => db.exec('UPDATE streams SET removed_at_ms = 1 WHERE removed_at_ms IS NULL'),
    ['stream-head'],
  ],
  [
    'the time at which an item was removed was edited',
    (db) => db.exec('UPDATE streams SET removed_at_ms = removed_at_ms + 1'),
    ['stream-head'],
  ],
  [
    'a consumer has handled more than there is',
    (db) => db.exec(`INSERT INTO checkpoints VALUES ('mail', 1000, NULL, 0)`),
    ['bookkeeping'],
  ],
  [
    'the identity of the log is gone',
    (db) => db.exec(`DELETE FROM store WHERE key = 'logId'`),
    ['bookkeeping'],
  ],
  [
    'a module was removed from the ledger',
    (db) => db.exec(`DELETE FROM modules WHERE name = 'hosts'`),
    ['bookkeeping'],
  ],
  [
    'an answer that was given is no JSON any more',
    (db) => db.exec('UPDATE receipts SET outcome = substr(outcome, 2)'),
    ['bookkeeping'],
  ],
  [
    'an answer that was given lacks its outcome',
    (db) => db.exec(`UPDATE receipts SET outcome = '7'`),
    ['bookkeeping'],
  ],
  [
    'a fencing token was lowered',
    (db) => db.exec('UPDATE leases SET fencing_token = fencing_token - 1'),
    ['bookkeeping'],
  ],
  ['a lease and its token are gone', (db) => db.exec('DELETE FROM leases'), ['bookkeeping']],
  [
    'a unique index was dropped',
    (db) => {
      const unique = `SELECT name FROM sqlite_schema WHERE sql LIKE '%UNIQUE INDEX%' AND tbl_name = 'hosts'`
      db.exec(`DROP INDEX "${(db.prepare(unique).get() as { name: string }).name}"`)
    },
    ['schema'],
  ],
  [
    'a trigger was added',
    (db) =>
      db.exec(`CREATE TRIGGER quiet AFTER INSERT ON hosts BEGIN
        DELETE FROM hosts WHERE id = new.id; END`),
    ['schema'],
  ],
]

interface Payload {
  readonly id: number
  readonly body: Buffer
}

function storeWith(plant: Fault[1]): string {
  const path = tempStorePath()
  makeStore(path)
  tamper(path, plant)
  return path
}

function problemsIn(path: string, projection?: Projection): readonly VerifyProblem[] {
  const store = openStore(path, modules(projection), { mode: 'read' })
  try {
    const report = store.verify()
    expect(report.ok).toBe(report.problems.length === 0)
    return report.problems
  } finally {
    store.close()
  }
}

test('an untouched store is sound', () => {
  const path = storeWith(() => undefined)
  expect(problemsIn(path)).toEqual([])
  const store = openStore(path, modules())
  expect(store.verify()).toMatchObject({ ok: true, modulesNotChecked: [], truncated: false })
  store.close()
  expect(problemsIn(path)).toEqual([])
})

test('a store whose fields were indexed one after another is sound, in whatever order', () => {
  const path = tempStorePath()
  let nowMs = 1_767_225_600_000
  for (const index of [['b'], ['a', 'b']] as const) {
    const hosts = collection<{ id: string; a: string; b: string }>({ index })
    const store = openStore(path, { hosts }, { clock: () => nowMs++ })
    store.hosts.put({ id: 'x', a: 'a', b: 'b' })
    expect(store.verify().problems).toEqual([])
    store.close()
  }
})

test('a module whose version was raised is said not to be checked, as after a newer release', () => {
  const path = storeWith((db) => db.exec(`UPDATE modules SET version = 9 WHERE name = 'hosts'`))
  const store = openStore(path, modules(), { mode: 'read' })
  expect(store.verify()).toMatchObject({ ok: true, modulesNotChecked: [{ module: 'hosts' }] })
  store.close()
})

test('a store that was vacuumed and analysed behind its back is sound', () => {
  const path = storeWith((db) => db.exec('VACUUM; ANALYZE; REINDEX'))
  expect(problemsIn(path)).toEqual([])
})

describe('verify finds that', () => {
  test.each(FAULTS)('%s', (_, plant, kinds) => {
    const path = storeWith(plant)
    const found = problemsIn(path)
    const foundKinds = new Set(found.map(({ kind }) => kind))
    expect(
      kinds.some((kind) => foundKinds.has(kind)),
      JSON.stringify(found),
    ).toBe(true)
    expect(problemsIn(path)).toEqual(found)
  })

  test('a projection was changed and its version was not raised', () => {
    const path = storeWith(() => undefined)
    const kinds = problemsIn(path, 'changed').map(({ kind }) => kind)
    expect(new Set(kinds)).toEqual(new Set(['row-unexplained', 'row-missing']))
  })
})
