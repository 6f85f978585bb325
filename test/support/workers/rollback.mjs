/** Rolls back names that this process has never seen, and goes on with others. */
import { defineModule, event, openStore } from '../../../dist/index.js'
import { ready, work } from './protocol.mjs'

const TABLE = 'CREATE TABLE any_types (sequence INTEGER PRIMARY KEY, type TEXT NOT NULL) STRICT'
const INSERT = 'INSERT INTO any_types (sequence, type) VALUES (:sequence, :type)'

/** A module that takes every type of its prefix. */
const any = defineModule({
  name: 'any',
  version: 1,
  migrations: [{ id: '0001-initial', sql: TABLE }],
  events: {},
  project: {},
  open: event(),
  projectOther: (tx, { sequence, type }) => tx.run(INSERT, { sequence, type }),
  api: (store) => store,
})

const one = (type) => ({ type: `any.${type}`, data: { type } })

await work(async ({ path, types }) => {
  const store = openStore(path, { any })
  await ready()
  const fails = (fn) => {
    try {
      fn()
    } catch (error) {
      if (error.message !== 'on purpose') throw error
    }
  }
  const undone = (tx, append) => {
    append(tx)
    throw new Error('on purpose')
  }
  const [first, second, third] = types
  // In a savepoint: the outer transaction goes on, and SQLite gives the same ids again.
  store.write((tx) => {
    fails(() =>
      store.write((tx) => undone(tx, () => tx.append('any.a/1', [one(first), one(second)]))),
    )
    tx.append('any.b/1', one(second))
    tx.append('any.a/1', one(third))
  })
  // A whole transaction.
  fails(() => store.write((tx) => undone(tx, () => tx.append('any.c/1', one(`${first}-gone`)))))
  store.log.append('any.d/1', one(first))
  store.log.append('any.c/1', one(second))
  // In a group: one call's savepoint is undone, the others of the commit stand.
  await Promise.allSettled([
    store.writeAsync((tx) => undone(tx, () => tx.append('any.e/1', one(`${second}-gone`)))),
    store.writeAsync((tx) => tx.append('any.e/1', one(`${third}-kept`))),
  ])
  const problems = store.verify().problems
  store.close()
  return problems
})
