/** Holdfast's side: full semantics, that is validation, generation check, checksum, projection. */
import { defineModule, event, openStore } from '../../dist/index.js'
import { JOB_TABLE, UPSERT_JOB } from './workload.mjs'

const schema = {
  '~standard': {
    version: 1,
    vendor: 'bench',
    validate: (value) =>
      typeof value.id === 'string' && Number.isInteger(value.durationMs)
        ? { value }
        : { issues: [{ message: 'expected { id: string, durationMs: integer }' }] },
  },
}

export const bench = defineModule({
  name: 'bench',
  version: 1,
  events: { 'bench.job.finished': event(schema), 'bench.job.rare': event() },
  migrations: [{ id: '0001-initial', sql: JOB_TABLE }],
  project: {
    'bench.job.finished': (tx, { data }) => {
      tx.run(UPSERT_JOB, { id: data.id, status: data.status, durationMs: data.durationMs })
    },
    'bench.job.rare': () => undefined,
  },
  api: () => ({}),
})

/** A module that wants few of a log's events. */
export const rare = defineModule({
  name: 'rare',
  version: 1,
  events: { 'rare.thing.seen': event() },
  migrations: [{ id: '0001-initial', sql: 'CREATE TABLE rare_thing (n INTEGER NOT NULL) STRICT' }],
  project: {
    'rare.thing.seen': (tx, { data }) => void tx.run('INSERT INTO rare_thing VALUES (?)', [data.n]),
  },
  api: () => ({}),
})

export const open = (path, options) => openStore(path, { bench }, options)

export const finished = (data) => ({ type: 'bench.job.finished', data })

export const streamOf = (data) => `bench.job/${data.id}`

export function append(tx, data) {
  return tx.append(streamOf(data), finished(data))
}
