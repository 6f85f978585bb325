/**
 * An event whose row can no longer be read. Invariants: the store opens and goes on; a rebuild sets
 * the event aside with all that follows it in its stream, and nothing else; `status` shows it, and
 * `verify` names it and proves the rest.
 */
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { threads } from '../../dist/modules/threads/index.js'
import { tempStorePath } from '../support/temp-folder.ts'
import { tamper } from './raw-sqlite.ts'

const MODULES = { threads }
const THREADS = ['t1', 't2'] as const
const content = (text: string) => ({ kind: 'text', text }) as const

function damagedStore(): { path: string; sequence: number } {
  const path = tempStorePath()
  using store = openStore(path, MODULES)
  store.threads.execute({ type: 'project.create', projectId: 'p', name: 'Shop', path: '/shop' })
  for (const threadId of THREADS) {
    const thread = { threadId, projectId: 'p', provider: 'claude', model: 'm' }
    store.threads.execute({ type: 'thread.create', ...thread })
  }
  for (const text of ['one', 'two', 'three']) {
    for (const threadId of THREADS) {
      const message = { threadId, role: 'user', content: content(text) } as const
      store.threads.execute({ type: 'message.append', ...message })
    }
  }
  const [, , second] = store.threads.history('t1')
  const sequence = second?.sequence ?? 0
  store.close()
  tamper(path, (db) => db.exec(`UPDATE events SET data = '{"oops' WHERE sequence = ${sequence}`))
  return { path, sequence }
}

test('the store opens, is read and written, and says what is damaged', () => {
  const { path, sequence } = damagedStore()
  using store = openStore(path, MODULES)
  expect(store.threads.messages('t1').items.map(({ text }) => text)).toEqual([
    'one',
    'two',
    'three',
  ])
  const message = { threadId: 't1', role: 'user', content: content('four') } as const
  expect(store.threads.dispatch({ type: 'message.append', ...message }).accepted).toBe(true)
  for (const text of ['one', 'two', 'three', 'four']) {
    const { hits, lag } = store.threads.search(text)
    expect([lag, hits.filter(({ threadId }) => threadId === 't1')]).toMatchObject([0, [{}]])
  }
  expect(store.verify().problems).toContainEqual(
    expect.objectContaining({ kind: 'event-checksum', sequence }),
  )
})

test('a rebuild sets the event and what follows it in its stream aside, and shows it', () => {
  const { path, sequence } = damagedStore()
  {
    using store = openStore(path, MODULES)
    expect(store.rebuild('threads').quarantined).toBe(2)
  }
  using store = openStore(path, MODULES)
  expect(store.status().quarantined).toEqual([
    {
      sequence,
      module: 'threads',
      stream: 'threads.thread/t1',
      error: expect.stringContaining('cannot be read'),
    },
    expect.objectContaining({ error: expect.stringContaining('waits behind') }),
  ])
  expect(store.threads.messages('t1').items.map(({ text }) => text)).toEqual(['one'])
  expect(store.threads.messages('t2').items).toHaveLength(3)
  const head = store.log.head()
  const message = { type: 'message.append', role: 'user', content: content('late') } as const
  expect(store.threads.dispatch({ ...message, threadId: 't1' })).toMatchObject({
    accepted: false,
    reason: 'held-back',
    message: expect.stringContaining(`event ${sequence}`),
  })
  expect(() => store.threads.execute({ ...message, threadId: 't1' })).toThrow(
    expect.objectContaining({ code: 'STREAM_BLOCKED' }),
  )
  expect(store.log.head()).toBe(head)
  expect(store.threads.dispatch({ ...message, threadId: 't2' }).accepted).toBe(true)
  // The tables are right by what can be read: only the log itself is at fault.
  const kinds = new Set(store.verify().problems.map(({ kind }) => kind))
  expect([...kinds].sort()).toEqual(['event-checksum', 'event-not-folded'])
})
