/** What a program without types may give to the public calls: each mistake is told as what it is. */
import { afterAll, expect, test } from 'vitest'
import * as entry from '../../index.ts'
import {
  collection,
  defineModule,
  document,
  event,
  isStoreError,
  type Module,
  type Store,
} from '../../index.ts'
import { createTestStore } from '../../testing/index.ts'

const VALID = {
  name: 'notes',
  version: 1,
  events: { 'notes.note.saved': event() },
  migrations: [],
  project: { 'notes.note.saved': () => undefined },
  api: () => undefined,
}
const notes: Module = defineModule(VALID)
const tasks = collection({ unique: ['slug' as never] })
const opened = createTestStore({ notes, tasks, settings: document({ theme: 'dark' }) })
// biome-ignore lint/suspicious/noExplicitAny: what plain JavaScript sees
type Untyped = any
const store: Store<Record<never, never>> & Untyped = opened.store
const given: Untyped = entry
const saved = (more: object = {}) => ({ type: 'notes.note.saved', data: 1, ...more })
const append = (...more: unknown[]) => store.log.append('notes.note/1', ...more)
const open = (modules: unknown, options?: unknown) =>
  given.openStore(`${opened.store.path}-other`, modules, options)
afterAll(() => opened.close())

const cases: readonly (readonly [code: string, says: RegExp, call: () => unknown])[] = [
  ['PATH_REFUSED', /it is no text/, () => given.openStore(undefined)],
  ['PATH_REFUSED', /it is no text/, () => given.openStore(5)],
  ['ARGUMENT_INVALID', /mode must be 'read' or/, () => open({}, { mode: 'readonly' })],
  ['ARGUMENT_INVALID', /durability must be/, () => open({}, { durability: 'FULL' })],
  ['ARGUMENT_INVALID', /busyTimeoutMs must be/, () => open({}, { busyTimeoutMs: Number.NaN })],
  ['ARGUMENT_INVALID', /busyTimeoutMs must be/, () => open({}, { busyTimeoutMs: -1 })],
  ['ARGUMENT_INVALID', /clock must be a function, not 5/, () => open({}, { clock: 5 })],
  ['ARGUMENT_INVALID', /must be an object, not null/, () => open({}, null)],
  ['ARGUMENT_INVALID', /openStore has no option 'mod'/, () => open({}, { mod: 'read' })],
  ['ARGUMENT_INVALID', /has no option 'durabilty'/, () => append(saved(), { durabilty: 'full' })],
  ['ARGUMENT_INVALID', /has no option 'onlyTypes'/, () => store.log.read({ onlyTypes: [] })],
  ['ARGUMENT_INVALID', /has no option 'types'/, () => store.log.readStream('a', { types: [] })],
  ['ARGUMENT_INVALID', /has no option 'limit'/, () => store.log.pages({ limit: 5 })],
  ['ARGUMENT_INVALID', /has no option 'stream_'/, () => store.log.follow({ stream_: 'a' })],
  ['ARGUMENT_INVALID', /has no option 'after'/, () => store.log.consumer('c', { after: 1 })],
  ['ARGUMENT_INVALID', /list has no option 'limt'/, () => store.tasks.list({}, { limt: 1 })],
  ['ARGUMENT_INVALID', /has no option 'since'/, () => store.tasks.follow({ since: 1 })],
  ['ARGUMENT_INVALID', /has no option 'since'/, () => store.settings.follow({ since: 1 })],
  ['ARGUMENT_INVALID', /at has no option 'module'/, () => store.at(1, { module: ['notes'] })],
  ['ARGUMENT_INVALID', /has no option 'onprogress'/, () => store.verify({ onprogress: () => 0 })],
  ['ARGUMENT_INVALID', /has no option 'force'/, () => store.import(['x'], { force: true })],
  ['ARGUMENT_INVALID', /has no option 'into'/, () => given.exportJson('a', 'b', { into: 'c' })],
  ['ARGUMENT_INVALID', /has no option 'gz'/, () => given.exportStore('a', () => 0, { gz: true })],
  ['ARGUMENT_INVALID', /has no option 'grace'/, () => store.ports.reap({ grace: 1 })],
  ['ARGUMENT_INVALID', /has no option 'nam'/, () => store.presence.beat({ name: 'a', nam: 'b' })],
  ['MODULE_INVALID', /event has no option 'kep'/, () => given.event(undefined, { kep: 'latest' })],
  ['MODULE_INVALID', /has no option 'uniqe'/, () => given.collection({ uniqe: ['slug'] })],
  ['ARGUMENT_INVALID', /modules must be an object, not "x"/, () => open('x')],
  ['MODULE_INVALID', /'a' is no module/, () => open({ a: null })],
  ['MODULE_INVALID', /'a' is no module/, () => open({ a: {} })],
  ...['close', 'log', 'write', 'sql', 'toString'].map(
    (key) =>
      ['MODULE_INVALID', /no module can have the key/, () => open({ [key]: tasks })] as const,
  ),
  ['MODULE_INVALID', /must be an object, not undefined/, () => given.defineModule(undefined)],
  ...['migrations', 'api', 'project', 'events', 'name'].map(
    (field) =>
      [
        'MODULE_INVALID',
        new RegExp(`${field} must be`),
        () => given.defineModule({ ...VALID, [field]: undefined }),
      ] as const,
  ),
  [
    'MODULE_INVALID',
    /each a migration with its id and sql/,
    () => given.defineModule({ ...VALID, migrations: [{ id: '0001', sql: 5 }] }),
  ],
  [
    'MODULE_INVALID',
    /SQLite takes them for one column/,
    () => open({ a: collection({ unique: ['Slug' as never], index: ['slug' as never] }) }),
  ],
  ['MODULE_INVALID', /SQLite keeps/, () => open({ sqlite_x: collection() })],
  ['ARGUMENT_INVALID', /stream name "null"/, () => store.log.append(null, saved())],
  ['ARGUMENT_INVALID', /type of an event must be a text/, () => append(undefined)],
  ['ARGUMENT_INVALID', /type of an event must be a text/, () => append('x')],
  ['ARGUMENT_INVALID', /type of an event must be a text/, () => append([null])],
  ['ARGUMENT_INVALID', /type of an event must be a text/, () => append({ data: 1 })],
  ...['foo', Number.NaN, -1, null, 1.5].map(
    (expectedVersion) =>
      [
        'ARGUMENT_INVALID',
        /expectedVersion must be/,
        () => append(saved(), { expectedVersion }),
      ] as const,
  ),
  ...['x', Number.NaN, 1.5, null].map(
    (occurredAtMs) =>
      ['ARGUMENT_INVALID', /occurredAtMs must be/, () => append(saved({ occurredAtMs }))] as const,
  ),
  ['ARGUMENT_INVALID', /only the kernel/, () => append(saved({ type: 'holdfast.lease.acquired' }))],
  ['ARGUMENT_INVALID', /must be an object, not null/, () => store.log.read(null)],
  ['ARGUMENT_INVALID', /after must be a whole/, () => store.log.read({ after: 'x' })],
  ['ARGUMENT_INVALID', /types must be a list/, () => store.log.read({ types: 'notes.note.saved' })],
  ['ARGUMENT_INVALID', /is no place in a log/, () => store.log.follow({ after: Number.NaN })],
  ['ARGUMENT_INVALID', /is no place in a log/, () => store.log.follow({ after: 'abc' })],
  ['ARGUMENT_INVALID', /must be an object, not null/, () => store.tasks.list(null)],
  ['ARGUMENT_INVALID', /change must be a function/, () => store.tasks.update('a')],
  ['ARGUMENT_INVALID', /an item's id is its end/, () => store.tasks.put({ id: 'x'.repeat(2000) })],
  ['ARGUMENT_INVALID', /SQL is given as a text/, () => store.sql.all(undefined)],
  ['ARGUMENT_INVALID', /its function must be/, () => store.write()],
  ['ARGUMENT_INVALID', /its function must be/, () => store.read(null)],
  ['ARGUMENT_INVALID', /durability must be/, () => store.write(() => 1, { durability: 'FULL' })],
  ['ARGUMENT_INVALID', /request must be/, () => store.leases.acquire(null)],
  ['ARGUMENT_INVALID', /whole ttlMs/, () => store.leases.acquire({ name: 'l', ttlMs: 1.5 })],
  ['ARGUMENT_INVALID', /lease must be/, () => store.leases.renew(null)],
  ['ARGUMENT_INVALID', /needs a key/, () => store.live.set(undefined, { offset: 0, text: 'x' })],
  ['ARGUMENT_INVALID', /text must be a text/, () => store.live.set('k', { offset: 0, text: 5 })],
  ['ARGUMENT_INVALID', /paths must be a list/, () => store.import()],
  ['ARGUMENT_INVALID', /prune must be an object, not null/, () => store.prune(null)],
  ...[null, '', 0, Number.NaN].map(
    (dryRun) =>
      ['ARGUMENT_INVALID', /dryRun must be true or false/, () => store.prune({ dryRun })] as const,
  ),
  ['ARGUMENT_INVALID', /archive must be a path/, () => store.prune({ archive: 5 })],
  [
    'ARGUMENT_INVALID',
    /as must be an object of texts/,
    () => store.import(['x'], { as: { a: 1 } }),
  ],
  ['ARGUMENT_INVALID', /retire must be true/, () => store.import(['x'], { retire: 1 })],
  ['ARGUMENT_INVALID', /each a path/, () => store.import([''])],
  ['ARGUMENT_INVALID', /signal must be/, () => store.followImport(['x'], { signal: {} })],
  ['ARGUMENT_INVALID', /verify must be an object/, () => store.verify(null)],
  ['ARGUMENT_INVALID', /at: modules must be a list/, () => store.at(0, { modules: 'tasks' })],
  ['ARGUMENT_INVALID', /sequence Symbol/, () => store.at(Symbol('s'))],
  ['ARGUMENT_INVALID', /key of a module must be a text/, () => store.rebuild(undefined)],
  ['ARGUMENT_INVALID', /place must be a sequence/, () => store.log.place(-1)],
  ['ARGUMENT_INVALID', /is no place in a log/, () => store.log.sequenceOf(5n)],
  ['ARGUMENT_INVALID', /stream must be a text/, () => store.log.streamVersion(5)],
  ['ARGUMENT_INVALID', /which streams must be/, () => store.log.ensureFolded('a')],
  ['ARGUMENT_INVALID', /which streams must be/, () => store.log.ensureFolded({ stream: 5 })],
  ['ARGUMENT_INVALID', /stream must be a text/, () => store.log.readStream(null)],
  ['ARGUMENT_INVALID', /limit Symbol/, () => store.log.read({ limit: Symbol('s') })],
  ['ARGUMENT_INVALID', /onUnreadable must be/, () => store.log.read({ onUnreadable: 5 })],
  ['ARGUMENT_INVALID', /signal must be an AbortSignal/, () => store.log.follow({ signal: {} })],
  ['ARGUMENT_INVALID', /live must be true/, () => store.log.follow({ live: false })],
  ['ARGUMENT_INVALID', /maxBytes must be bytes/, () => store.log.follow({ maxBytes: 0.5 })],
  ...[undefined, null, 5, '', '\ud800', 'a\0b', 'x'.repeat(1025)].flatMap((name) => [
    ['ARGUMENT_INVALID', /name must be a text/, () => store.log.consumer(name)] as const,
    ['ARGUMENT_INVALID', /name must be a text/, () => store.log.removeConsumer(name)] as const,
    ['ARGUMENT_INVALID', /name of a lease must/, () => store.leases.get(name)] as const,
    [
      'ARGUMENT_INVALID',
      /a lease needs a name/,
      () => store.leases.acquire({ name, ttlMs: 5 }),
    ] as const,
    ['ARGUMENT_INVALID', /key must be a text/, () => store.live.pieces(name)] as const,
    ['ARGUMENT_INVALID', /needs a key/, () => store.live.end(name)] as const,
    ['ARGUMENT_INVALID', /name must be a text/, () => store.presence.forget(name)] as const,
    ['ARGUMENT_INVALID', /name must be a text/, () => store.presence.beat({ name })] as const,
  ]),
  ...[undefined, null, 5, '', '\ud800', {}].map(
    (key) =>
      ['ARGUMENT_INVALID', /cannot be the key of a port/, () => store.ports.allocate(key)] as const,
  ),
  [
    'ARGUMENT_INVALID',
    /needs a name, an owner/,
    () => store.leases.acquire({ name: 'l', ttlMs: 5, owner: -1 }),
  ],
  [
    'ARGUMENT_INVALID',
    /fencingToken must be/,
    () => store.leases.release({ name: 'l', owner: 'o' }),
  ],
  ['ARGUMENT_INVALID', /layout must be an object/, () => store.ports.with(null)],
  ['ARGUMENT_INVALID', /reserved must be a list/, () => store.ports.with({ reserved: 5000 })],
  ['ARGUMENT_INVALID', /block must be an object/, () => store.ports.release(undefined)],
  ['ARGUMENT_INVALID', /block must be an object/, () => store.ports.activate(null)],
  ['ARGUMENT_INVALID', /dryRun must be true/, () => store.ports.reap({ dryRun: 0 })],
  ['ARGUMENT_INVALID', /beat must be an object/, () => store.presence.beat(null)],
  [
    'ARGUMENT_INVALID',
    /cpuPercent must be/,
    () => store.presence.beat({ name: 'n', cpuPercent: '5' }),
  ],
  ['ARGUMENT_INVALID', /dryRun must be true/, () => store.presence.reap({ dryRun: '' })],
  [
    'ARGUMENT_INVALID',
    /its options must be an object/,
    () => store.write((tx: Untyped) => tx.append('notes.note/1', saved(), null)),
  ],
  ['ARGUMENT_INVALID', /what decides must be/, () => store.write((tx: Untyped) => tx.once('k', 1))],
  [
    'ARGUMENT_INVALID',
    /is no JSON/,
    () =>
      store.write((tx: Untyped) =>
        tx.once(
          'k',
          () => 1,
          () => 1,
        ),
      ),
  ],
  ['ARGUMENT_INVALID', /id of an item must be/, () => store.tasks.get(null)],
  ['ARGUMENT_INVALID', /id of an item must be/, () => store.tasks.delete(Number.NaN)],
  [
    'ARGUMENT_INVALID',
    /id of an item must be/,
    () => store.tasks.update({}, (task: unknown) => task),
  ],
  ['ARGUMENT_INVALID', /list must be an object/, () => store.tasks.list({}, null)],
  ['ARGUMENT_INVALID', /after must be an id/, () => store.tasks.list({}, { after: null })],
  ['ARGUMENT_INVALID', /follow must be an object/, () => store.tasks.follow(5)],
  ['MODULE_INVALID', /unique must be a list/, () => given.collection({ unique: 'slug' })],
  ['MODULE_INVALID', /collection must be an object/, () => given.collection(null)],
  ['MODULE_INVALID', /schema must be a Standard Schema/, () => given.document(1, { schema: {} })],
  ['MODULE_INVALID', /its initial value is a function/, () => given.document(() => 1)],
  ['MODULE_INVALID', /schema must be a Standard Schema/, () => given.event({})],
  ['MODULE_INVALID', /volatile must be a list/, () => given.event(undefined, { volatile: 'at' })],
  ['MODULE_INVALID', /state must be true or false/, () => given.event(undefined, { state: 1 })],
  ['ARGUMENT_INVALID', /env must be an object/, () => given.resolveStorePath({ cwd: '/' })],
  ['ARGUMENT_INVALID', /must be a path/, () => given.openForeignDatabase(5)],
  ['ARGUMENT_INVALID', /must be a path/, () => given.exportStore(undefined)],
  ['ARGUMENT_INVALID', /must be a path/, () => given.restoreBackup(null)],
  ['ARGUMENT_INVALID', /olderThanMs must be/, () => given.pruneBackups('x', {})],
  ['ARGUMENT_INVALID', /must be a Buffer/, () => given.readJsonBytes('{}')],
  ['ARGUMENT_INVALID', /source must be an object/, () => given.readJsonl('x').next()],
]

test.each(cases)('%s %s', (code, says, call) => {
  const head = opened.store.log.head()
  let thrown: unknown
  try {
    call()
  } catch (error) {
    thrown = error
  }
  expect(isStoreError(thrown) ? `${thrown.code} ${thrown.message} ${thrown.hint}` : thrown).toMatch(
    new RegExp(`^${code} .*${says.source}`, 's'),
  )
  expect(opened.store.log.head()).toBe(head)
})

test('an async change of an item or document is refused, and its failure ends nothing', async () => {
  store.tasks.put({ id: 'a', slug: 'a' })
  const change = async () => {
    throw new Error('later')
  }
  const refusal = expect.objectContaining({ code: 'PROMISE_IN_TRANSACTION' })
  expect(() => store.tasks.update('a', change)).toThrow(refusal)
  expect(() => store.settings.update(change)).toThrow(refusal)
  await new Promise((resolve) => setTimeout(resolve, 5))
})

test('an item that is named by a number is found by it', () => {
  store.tasks.put({ id: 7, slug: 'seven' })
  expect(store.tasks.get(7)).toEqual(store.tasks.get('7'))
  expect(store.tasks.update(7, (task: object) => ({ ...task, slug: 's' })).slug).toBe('s')
  expect(store.tasks.delete(7)).toBe(true)
})

test('what waits rejects, on a closed store too', async () => {
  await expect(store.writeAsync()).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  const closed = createTestStore({})
  closed.close()
  const refusal = { code: 'STORE_CLOSED' }
  await expect(closed.store.writeAsync(() => 1)).rejects.toMatchObject(refusal)
  await expect(closed.store.backup()).rejects.toMatchObject(refusal)
})
