/**
 * The same work as one would write it by hand on better-sqlite3.
 *
 * plain: the schema of the founding documents (AUTOINCREMENT, names as text, an index on type and
 * time), SQLite's defaults but WAL and NORMAL. tuned: our settings and our layout, without
 * validation, versions, checksums or the check for other processes.
 */
import Database from 'better-sqlite3'
import { JOB_TABLE, UPSERT_JOB } from './workload.mjs'

const PLAIN = `
  CREATE TABLE events (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, stream TEXT NOT NULL, type TEXT NOT NULL,
    payload TEXT NOT NULL, ts INTEGER NOT NULL);
  CREATE INDEX events_by_type ON events (type, ts)`
const TUNED = `
  CREATE TABLE streams (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE events (
    sequence INTEGER PRIMARY KEY, stream_id INTEGER NOT NULL, type_id INTEGER NOT NULL,
    payload TEXT NOT NULL, ts INTEGER NOT NULL) STRICT`

export function openPlain(path, { synchronous = 'NORMAL', timeout = 5000 } = {}) {
  const database = new Database(path, { timeout })
  database.pragma('journal_mode = WAL')
  database.pragma(`synchronous = ${synchronous}`)
  database.exec(
    `${PLAIN};${JOB_TABLE}`
      .replaceAll('CREATE TABLE', 'CREATE TABLE IF NOT EXISTS')
      .replace('CREATE INDEX', 'CREATE INDEX IF NOT EXISTS'),
  )
  const insert = database.prepare(
    'INSERT INTO events (stream, type, payload, ts) VALUES (?, ?, ?, ?)',
  )
  const upsert = database.prepare(UPSERT_JOB)
  const append = (data) => {
    insert.run(`bench.job/${data.id}`, 'bench.job.finished', JSON.stringify(data), Date.now())
    upsert.run({ id: data.id, status: data.status, durationMs: data.durationMs })
  }
  return wrap(database, append)
}

export function openTuned(path, { synchronous = 'NORMAL' } = {}) {
  const database = new Database(path)
  database.pragma('auto_vacuum = INCREMENTAL')
  database.pragma('journal_mode = WAL')
  database.pragma(`synchronous = ${synchronous}`)
  database.pragma('wal_autocheckpoint = 4000')
  database.pragma('cache_size = -16000')
  database.exec(`${TUNED};${JOB_TABLE}`)
  const insert = database.prepare(
    'INSERT INTO events (stream_id, type_id, payload, ts) VALUES (?, ?, ?, ?)',
  )
  const upsert = database.prepare(UPSERT_JOB)
  const intern = database.prepare('INSERT INTO streams (name) VALUES (?)')
  const ids = new Map()
  const append = (data) => {
    let id = ids.get(data.id)
    if (id === undefined) {
      id = intern.run(`bench.job/${data.id}`).lastInsertRowid
      ids.set(data.id, id)
    }
    insert.run(id, 1, JSON.stringify(data), Date.now())
    upsert.run({ id: data.id, status: data.status, durationMs: data.durationMs })
  }
  return wrap(database, append)
}

function wrap(database, append) {
  const batch = database.transaction((items) => {
    for (const item of items) append(item)
  })
  return {
    database,
    append: database.transaction(append).immediate,
    batch: batch.immediate,
    count: () => count(database),
    close: () => {
      database.pragma('wal_checkpoint(TRUNCATE)')
      database.close()
    },
  }
}

function count(database) {
  return database.prepare('SELECT count(*) AS n FROM events').get().n
}
