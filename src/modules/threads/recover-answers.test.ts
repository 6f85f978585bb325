import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  currentProcessIdentity,
  formatIdentity,
  type ProcessIdentity,
  type Store,
} from '../../index.ts'
import { createTestStore, type TestStore } from '../../testing/index.ts'
import { threads, WRITER_ENDED } from './index.ts'

const MODULES = { threads }
let opened: TestStore<typeof MODULES>
let store: Store<typeof MODULES>

beforeEach(() => {
  opened = createTestStore(MODULES)
  store = opened.store
  const project = { projectId: 'p', name: 'Shop', path: '/shop' } as const
  store.threads.execute({ type: 'project.create', ...project })
  for (const threadId of ['t', 's']) {
    const thread = { threadId, projectId: 'p', provider: 'claude', model: 'm' }
    store.threads.execute({ type: 'thread.create', ...thread })
    store.threads.execute({ type: 'turn.start', threadId, turnId: `u-${threadId}`, input: 'Go' })
  }
})
afterEach(() => {
  expect(store.verify().problems).toEqual([])
  opened.close()
})

const records = () => store.sql.all('SELECT thread_id AS threadId FROM threads_answer')

/** Makes the answers that are open another process's. */
function giveTo(process: Partial<ProcessIdentity>): void {
  const identity = formatIdentity({ ...currentProcessIdentity(), ...process })
  store.write((tx) => tx.runLocal('UPDATE threads_answer SET process = ?', [identity]))
}

const ENDED = { startTime: 'before' }

test('a record is there while an answer is open, and no longer', () => {
  const answer = store.threads.answer('t')
  expect(records()).toEqual([{ threadId: 't' }])
  answer.ingest({ kind: 'text-delta', delta: 'Done' })
  expect(records()).toHaveLength(1)
  answer.ingest({ kind: 'turn-complete' })
  expect(records()).toEqual([])
  answer.close()
  store.threads.answer('s').close()
  expect(records()).toEqual([])
})

test('a turn fails though nothing was shown of it, and only that of the thread asked for', () => {
  store.threads.answer('t')
  store.threads.answer('s')
  giveTo(ENDED)
  const failed = { turnId: 'u-t', text: '', activityIds: [], hasFailed: true }
  expect(store.threads.recover('t')).toEqual([{ threadId: 't', ...failed }])
  expect(store.threads.get('t')).toMatchObject({ status: 'error', error: WRITER_ENDED })
  expect(store.threads.get('s')?.status).toBe('running')
  expect(store.threads.recover('t')).toEqual([])
  expect(store.threads.recover()).toMatchObject([{ threadId: 's' }])
})

test.each<readonly [string, Partial<ProcessIdentity>]>([
  ['runs', {}],
  ['is on another machine', { host: 'elsewhere' }],
  ['is in another namespace', { pidNamespace: 'pid:[1]' }],
])('nobody takes the answer of a process that %s', (_, process) => {
  const answer = store.threads.answer('t')
  answer.ingest({ kind: 'text-delta', delta: 'mine' })
  giveTo(process)
  expect(opened.open().threads.recover()).toEqual([])
  expect(store.threads.get('t')?.status).toBe('running')
  answer.close()
})

test('a turn that somebody else writes does not fail, and keeps what was shown', async () => {
  const ended = opened.open().threads.answer('t')
  ended.ingest({ kind: 'text-delta', delta: 'half' })
  await expect.poll(() => store.sql.all(`SELECT key FROM live`)).toHaveLength(1)
  const other = opened.open().threads.answer('t')
  const identity = formatIdentity({ ...currentProcessIdentity(), ...ENDED })
  const isHalf = `growing LIKE '%"kind":"text"%'`
  store.write((tx) =>
    tx.runLocal(`UPDATE threads_answer SET process = ? WHERE ${isHalf}`, [identity]),
  )
  expect(store.threads.recover()).toMatchObject([{ text: 'half', hasFailed: false }])
  expect(store.threads.get('t')?.status).toBe('running')
  expect(store.threads.messages('t').items[1]).toMatchObject({ text: 'half', isStreaming: false })
  other.ingest({ kind: 'turn-complete' })
  expect(store.threads.get('t')?.status).toBe('idle')
})
