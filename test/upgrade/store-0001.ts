/**
 * What is in `0001.db`: how the file was made, once, and the modules that it was made with. Neither
 * may change any more; a later format gets a file and a maker of its own.
 */
import { collection, defineModule, document, event, openStore } from '../../dist/index.js'

/** An item of the collection. */
export interface Task {
  readonly id: string
  readonly slug: string
  readonly status: string
  readonly labels?: readonly string[]
}

/** The data of a run. */
export interface Run {
  readonly id: string
  readonly log: string
}

const FIRST_MS = 1_767_225_600_000

const runs = defineModule({
  name: 'runs',
  version: 1,
  events: {
    'runs.run.started': event<Run>(undefined, { state: true, keep: 'latest' }),
    'runs.run.finished': event<{ readonly id: string; readonly ok: boolean }>(),
    'runs.run.removed': event<{ readonly id: string }>(undefined, { removes: true }),
  },
  open: event(),
  migrations: [
    {
      id: '0001-initial',
      sql: `CREATE TABLE runs_run (id TEXT PRIMARY KEY, log_length INTEGER NOT NULL, ok INTEGER) STRICT;
        CREATE TABLE runs_other (type TEXT NOT NULL, at INTEGER NOT NULL) STRICT`,
    },
    { id: 'index-ok', sql: 'CREATE INDEX runs_by_ok ON runs_run (ok)', isAdditive: true },
  ],
  project: {
    'runs.run.started': (tx, { data }) =>
      void tx.run(
        `INSERT INTO runs_run (id, log_length) VALUES (?, ?)
         ON CONFLICT (id) DO UPDATE SET log_length = excluded.log_length`,
        [data.id, data.log.length],
      ),
    'runs.run.finished': (tx, { data }) =>
      void tx.run('UPDATE runs_run SET ok = ? WHERE id = ?', [data.ok ? 1 : 0, data.id]),
    'runs.run.removed': (tx, { data }) =>
      void tx.run('DELETE FROM runs_run WHERE id = ?', [data.id]),
  },
  projectOther: (tx, { type, occurredAtMs }) =>
    void tx.run('INSERT INTO runs_other VALUES (?, ?)', [type, occurredAtMs]),
  api: () => undefined,
})

/** The modules that the file was made with. */
export const MODULES = {
  tasks: collection<Task>({ unique: ['slug'], index: ['status'] }),
  settings: document<{ readonly theme: string }>({ theme: 'dark' }),
  runs,
}

/** Makes the store; called once, for the file that is checked in. */
export function makeStore(path: string): void {
  let nowMs = FIRST_MS
  let ids = 0
  const clock = () => nowMs++
  const store = openStore(path, MODULES, { clock, newId: () => `id-${++ids}` })
  const append = (id: string, type: string, data: object, more: object = {}) =>
    store.log.append(`runs.run/${id}`, { type: `runs.${type}`, data, ...more })
  for (let n = 0; n < 20; n++) {
    store.tasks.put({ id: `t${n % 8}`, slug: `slug-${n % 8}`, status: n % 3 ? 'open' : 'done' })
  }
  store.tasks.put({ id: 'ünï/1', slug: '“quoted” \\ 日本', status: 'open', labels: ['a', 'b'] })
  store.tasks.delete('t7')
  store.settings.put({ theme: 'light' })
  append(
    'r1',
    'run.started',
    { id: 'r1', log: 'line\n'.repeat(10_000) },
    { metadata: { actor: 'ada' } },
  )
  append('r1', 'run.finished', { id: 'r1', ok: true }, { occurredAtMs: 1_000 })
  append('r2', 'run.started', { id: 'r2', log: 'short' })
  append('r2', 'run.removed', { id: 'r2' })
  append('r3', 'step.skipped', { why: 'cached' })
  const consumer = store.log.consumer('mirror')
  append('r4', 'run.started', { id: 'r4', log: 'first' })
  append('r4', 'run.started', { id: 'r4', log: 'second' })
  void consumer.return?.()
  store.log.append(
    'runs.run/r5',
    { type: 'runs.run.finished', data: { id: 'r5', ok: false } },
    { idempotencyKey: 'request-1', expectedVersion: 'none' },
  )
  store.leases.release(store.leases.acquire({ name: 'deploy', ttlMs: 1_000, owner: 'ada' }))
  store.close()
}
