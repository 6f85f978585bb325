/**
 * An event whose row can no longer be read. Invariants: the store opens and goes on; a rebuild sets
 * the event aside with all that follows it in its stream, and nothing else; `status` shows it, and
 * `verify` names it and proves the rest.
 */
import { expect, test } from 'vitest'
import { openStore, type UnreadableEvent } from '../../dist/index.js'
import { EventStore } from '../../dist/modules/threads/compat.js'
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
  // One that stands still: how long a search may take of its time is not what is asked here.
  const now = Date.now()
  using store = openStore(path, MODULES, { clock: () => now })
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

test('a thread’s history is read past the event by whoever says so, and is not carried away', () => {
  const { path, sequence } = damagedStore()
  using store = openStore(path, MODULES)
  const named = expect.objectContaining({
    code: 'STORE_CORRUPT',
    message: expect.stringContaining(`event ${sequence} ('threads.message.appended' on`),
  })
  const seed = new EventStore(store)
  expect(() => store.threads.history('t1')).toThrow(named)
  expect(() => store.threads.at('t1', 4)).toThrow(named)
  expect(() => seed.replayAll()).toThrow(named)
  expect(() => store.threads.exportThread('t1')).toThrow(named)
  expect(() => store.threads.exportThread('t1')).toThrow("thread 't1' cannot be exported")
  expect(store.threads.exportThread('t2')).toHaveLength(6)

  const passed: number[] = []
  const options = { onUnreadable: (event: UnreadableEvent) => passed.push(event.sequence) }
  expect(store.threads.history('t1', options).map(({ version }) => version)).toEqual([1, 2, 4])
  for (const version of [3, 4]) {
    const words = store.threads.at('t1', version, options)?.messages.map(({ text }) => text)
    expect(words).toEqual(version === 3 ? ['one'] : ['one', 'three'])
  }
  const stored = seed.replayAll(options)
  const later = stored.filter((event) => event.sequence > sequence)
  expect(seed.replayFrom(sequence - 1, options)).toEqual(later)
  // Each reader is told once.
  expect(passed).toEqual(Array.from({ length: 5 }, () => sequence))
})
