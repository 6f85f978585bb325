/** A module with one event of each kind of keeping: what prune must leave the same tables of. */
import { defineModule, event } from '../../../dist/index.js'

const INITIAL = /* sql */ `
  CREATE TABLE gauges_gauge (id TEXT PRIMARY KEY, place TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE gauges_sum (id TEXT PRIMARY KEY, readings INTEGER NOT NULL, total REAL NOT NULL) STRICT;
  CREATE TABLE gauges_note (id TEXT NOT NULL, version INTEGER NOT NULL, text TEXT NOT NULL) STRICT`
const PLACE = /* sql */ `
  INSERT INTO gauges_gauge (id, place) VALUES (:id, :place)
  ON CONFLICT (id) DO UPDATE SET place = excluded.place`
const READ = /* sql */ `
  INSERT INTO gauges_sum (id, readings, total) VALUES (:id, 1, :value)
  ON CONFLICT (id) DO UPDATE SET readings = readings + 1, total = total + excluded.total`
const REMOVE = /* sql */ `DELETE FROM gauges_gauge WHERE id = ?`
const NOTE = /* sql */ `INSERT INTO gauges_note (id, version, text) VALUES (?, ?, ?)`

/** Days that readings are kept. */
export const READING_DAYS = 3

/** The module. */
export function gauges() {
  return defineModule({
    name: 'gauges',
    version: 1,
    migrations: [{ id: '0001-initial', sql: INITIAL }],
    events: {
      'gauges.gauge.placed': event(undefined, { state: true, keep: 'latest' }),
      'gauges.gauge.removed': event(undefined, { removes: true, keep: 'latest' }),
      'gauges.gauge.read': event(undefined, { keep: { days: READING_DAYS } }),
      'gauges.gauge.noted': event(),
    },
    project: {
      'gauges.gauge.placed': (tx, { data }) => tx.run(PLACE, data),
      'gauges.gauge.removed': (tx, { data }) => tx.run(REMOVE, [data.id]),
      'gauges.gauge.read': (tx, { data }) => tx.run(READ, data),
      'gauges.gauge.noted': (tx, { data, version }) => tx.run(NOTE, [data.id, version, data.text]),
    },
    api: (store) => {
      const append = (id, type, data) =>
        store.log.append(`gauges.gauge/${id}`, {
          type: `gauges.gauge.${type}`,
          data: { id, ...data },
        })
      return {
        place: (id, place) => append(id, 'placed', { place }),
        remove: (id) => append(id, 'removed', {}),
        read: (id, value) => append(id, 'read', { value }),
        note: (id, text) => append(id, 'noted', { text }),
        rows: () => tablesOf(store),
      }
    },
  })
}

/** All rows, from a store or from `at`. */
export function tablesOf(store) {
  const sql = store.sql ?? { all: (text) => store.read((tx) => tx.all(text)) }
  return ['gauge', 'sum', 'note'].map((table) =>
    sql.all(`SELECT * FROM gauges_${table} ORDER BY 1, 2`).map((row) => ({ ...row })),
  )
}
