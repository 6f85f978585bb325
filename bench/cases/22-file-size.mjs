import { statSync } from 'node:fs'
import Database from 'better-sqlite3'
import { collection, openStore } from '../../dist/index.js'
import { append, open } from '../lib/holdfast.mjs'
import { JOB_TABLE, job, UPSERT_JOB } from '../lib/workload.mjs'

const ITEM_TABLE = 'CREATE TABLE items (id TEXT PRIMARY KEY, data TEXT NOT NULL) STRICT'
const ADD_EVENT = 'INSERT INTO plain_events (stream, type, at_ms, data) VALUES (?, ?, ?, ?)'
const EVENT_TABLE = `CREATE TABLE plain_events (
  sequence INTEGER PRIMARY KEY, stream TEXT NOT NULL, type TEXT NOT NULL, at_ms INTEGER NOT NULL,
  data TEXT NOT NULL) STRICT`

export function define({ scale }) {
  const count = 50_000 * scale
  const small = (index) => ({ ...job(index), id: `item-${index}`, note: `note ${index * 7919}` })
  // As long as a task on a board: a title, a few sentences, some fields.
  const task = (index) => ({
    ...small(index),
    title: `Task ${index}: make the build of package ${index % 97} pass again`,
    text: `${'It fails since the change of last week. '.repeat(6)}See run ${index * 31}.`,
  })
  const inHoldfast = (item) => (directory) => {
    const path = `${directory}/store.db`
    const store = openStore(path, { items: collection() })
    store.write(() => {
      for (let index = 0; index < count; index++) store.items.put(item(index))
    })
    store.close()
    return sizeOf(path)
  }
  const inTable = (item) => (directory) =>
    plain(directory, ITEM_TABLE, (database) => {
      const insert = database.prepare('INSERT INTO items VALUES (?, ?)')
      for (let index = 0; index < count; index++) {
        insert.run(`item-${index}`, JSON.stringify(item(index)))
      }
    })
  const sizeOf = (path) => ({ mb: statSync(path).size / 1024 / 1024 })
  const plain = (directory, sql, fill) => {
    const path = `${directory}/plain.db`
    const database = new Database(path)
    database.exec(sql)
    database.transaction(() => fill(database))()
    database.close()
    return sizeOf(path)
  }
  return {
    title: `file ÷ the same data in plain tables, ${count.toLocaleString('en')} rows and events`,
    repetitions: 1,
    variants: {
      'tasks in holdfast': inHoldfast(task),
      'tasks in a table': inTable(task),
      'small rows in holdfast': inHoldfast(small),
      'small rows in a table': inTable(small),
      'events in holdfast': (directory) => {
        const path = `${directory}/store.db`
        const store = open(path)
        store.write((tx) => {
          for (let index = 0; index < count; index++) append(tx, job(index))
        })
        store.close()
        return sizeOf(path)
      },
      'events in tables': (directory) =>
        plain(directory, `${EVENT_TABLE};${JOB_TABLE}`, (database) => {
          const add = database.prepare(ADD_EVENT)
          const upsert = database.prepare(UPSERT_JOB)
          for (let index = 0; index < count; index++) {
            const { id, status, durationMs, ...rest } = job(index)
            const data = JSON.stringify({ id, status, durationMs, ...rest })
            add.run(`bench.job/${id}`, 'bench.job.finished', 1_767_225_600_000, data)
            upsert.run({ id, status, durationMs })
          }
        }),
    },
    judge: (figures) => {
      const over = (holdfast, table) => figures[holdfast][0].mb / figures[table][0].mb
      return [
        { name: 'tasks', value: over('tasks in holdfast', 'tasks in a table'), atMost: 2.0 },
        {
          name: 'rows of a hundred bytes',
          value: over('small rows in holdfast', 'small rows in a table'),
          atMost: 2.5,
          ambition: 2.0,
        },
        { name: 'events', value: over('events in holdfast', 'events in tables'), atMost: 2.5 },
      ]
    },
  }
}
