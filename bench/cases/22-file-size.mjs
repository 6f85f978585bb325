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

const VOCABULARY = Array.from({ length: 10_000 }, (_, index) => {
  const letters = 'etaoinshrdlucmfwypvbgkjqxz'
  let word = ''
  for (let rest = index + 20; rest > 0; rest = Math.floor(rest / 13)) word += letters[rest % 26]
  return word + letters.slice(index % 7, (index % 7) + (index % 5))
})

// The same at every run.
function words(seed, length) {
  let state = Math.imul(seed + 1, 2_654_435_761) >>> 0
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return VOCABULARY[Math.floor(VOCABULARY.length ** (state / 2 ** 32)) - 1]
  }).join(' ')
}

export function define({ scale }) {
  const count = 50_000 * scale
  const small = (index) => ({ ...job(index), id: `item-${index}`, note: `note ${index * 7919}` })
  // As long as a task on a board: a title, a few sentences, some fields. Of words that are as often as
  // words are (Zipf), so that it compresses as text does.
  const task = (index) => ({
    ...small(index),
    title: `Task ${index}: ${words(index, 8)}`,
    text: `${words(index + count, 45)}. See run ${index * 31}.`,
  })
  const inHoldfast = (item) => (directory) => {
    const path = `${directory}/store.db`
    const store = openStore(path, { items: collection() })
    store.write(() => {
      for (let index = 0; index < count; index++) store.items.put(item(index))
    })
    store.close()
    return beforeAndAfterPrune(path, { items: collection() })
  }
  const beforeAndAfterPrune = (path, modules) => {
    const { mb } = sizeOf(path)
    const store = openStore(path, modules)
    store.prune()
    store.close()
    return { mb, prunedMb: sizeOf(path).mb }
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
        return beforeAndAfterPrune(path, {})
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
      const over = (holdfast, table, size = 'mb') =>
        figures[holdfast][0][size] / figures[table][0].mb
      const tasks = ['tasks in holdfast', 'tasks in a table']
      const small = ['small rows in holdfast', 'small rows in a table']
      return [
        { name: 'tasks, pruned', value: over(...tasks, 'prunedMb'), atMost: 2.0 },
        { name: 'tasks, as written', value: over(...tasks), atMost: 2.0 },
        { name: 'rows of a hundred bytes, pruned', value: over(...small, 'prunedMb'), atMost: 2.0 },
        {
          name: 'rows of a hundred bytes, as written',
          value: over(...small),
          atMost: 2.5,
          ambition: 2.0,
        },
        {
          name: 'events, pruned',
          value: over('events in holdfast', 'events in tables', 'prunedMb'),
          atMost: 2.5,
        },
        {
          name: 'events, as written',
          value: over('events in holdfast', 'events in tables'),
          atMost: 2.5,
        },
      ]
    },
  }
}
