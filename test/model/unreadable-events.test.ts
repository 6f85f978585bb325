/**
 * An event whose row can no longer be read. Invariants: the store opens and goes on; a rebuild sets
 * the event aside with all that follows it in its stream, and nothing else; `status` shows it, and
 * `verify` names it and proves the rest.
 */
import { expect, test } from 'vitest'
import {
  currentProcessIdentity,
  formatIdentity,
  openStore,
  type Store,
  type UnreadableEvent,
} from '../../dist/index.js'
import { EventStore } from '../../dist/modules/threads/compat.js'
import { type Command, threads } from '../../dist/modules/threads/index.js'
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

// The event of `type` in a stream cannot be read from now on; gives what puts it right.
function damage(path: string, type: string, stream: string): () => void {
  const WHERE = `sequence = (SELECT min(sequence) FROM events
    WHERE stream_id = (SELECT id FROM streams WHERE name = '${stream}')
      AND type_id = (SELECT id FROM event_types WHERE name = '${type}'))`
  let data = ''
  tamper(path, (db) => {
    data = (db.prepare(`SELECT data FROM events WHERE ${WHERE}`).get() as { data: string }).data
    db.exec(`UPDATE events SET data = '{"oops' WHERE ${WHERE}`)
  })
  return () =>
    tamper(path, (db) => db.prepare(`UPDATE events SET data = ? WHERE ${WHERE}`).run(data))
}

function rebuilt(path: string): void {
  using store = openStore(path, MODULES)
  store.rebuild('threads')
}

function talkingStore(): string {
  const path = tempStorePath()
  using store = openStore(path, MODULES)
  const run = (command: Command) => store.threads.execute(command)
  run({ type: 'project.create', projectId: 'p', name: 'Shop', path: '/shop' })
  run({ type: 'thread.create', threadId: 't1', projectId: 'p', provider: 'claude', model: 'm' })
  run({ type: 'thread.create', threadId: 't2', projectId: 'p', provider: 'claude', model: 'm' })
  run({ type: 'checkpoint.create', threadId: 't1', checkpointId: 'c', gitRef: 'main' })
  run({ type: 'session.set', threadId: 't1', status: 'running' })
  run({ type: 'activity.put', threadId: 't1', activityId: 'a', kind: 'tool', summary: 'x' })
  run({ type: 'turn.start', threadId: 't1', turnId: 'r', input: 'go' })
  const event = {
    kind: 'awaiting-approval',
    approvalId: 'ok',
    approvalKind: 'k',
    detail: 1,
  } as const
  run({ type: 'provider.ingest', threadId: 't1', event })
  return path
}

// A process of this machine that has ended: nobody else has its start time.
const ENDED = formatIdentity({ ...currentProcessIdentity(), startTime: 'before' })
const CREATE = { type: 'thread.create', projectId: 'p', provider: 'claude', model: 'm' } as const
const HELD_BACK: readonly {
  readonly what: string
  readonly event: readonly [type: string, stream: string]
  readonly commands: readonly Command[]
}[] = [
  {
    what: 'a thread',
    event: ['threads.thread.created', 'threads.thread/t1'],
    commands: [
      { type: 'thread.select', threadId: 't1' },
      { type: 'turn.interrupt', threadId: 't1' },
      { type: 'approval.approve', approvalId: 'ok' },
      { type: 'checkpoint.restore', checkpointId: 'c' },
      { type: 'thread.fork', checkpointId: 'c' },
      { type: 'activity.put', threadId: 't1', activityId: 'b', kind: 'tool', summary: 'x' },
    ],
  },
  {
    what: 'a turn',
    event: ['threads.turn.started', 'threads.thread/t1'],
    commands: [
      { type: 'turn.interrupt', threadId: 't1' },
      { type: 'thread.revert', threadId: 't1', turnCount: 1 },
      { type: 'approval.approve', approvalId: 'ok' },
    ],
  },
  {
    what: 'a project',
    event: ['threads.project.created', 'threads.project/p'],
    commands: [CREATE, { type: 'project.rename', projectId: 'p', name: 'Store' }],
  },
  {
    what: 'a session',
    event: ['threads.session.set', 'threads.session/t1'],
    commands: [{ type: 'session.stop', threadId: 't1' }],
  },
]

test.each(HELD_BACK)(
  'commands on $what with an event in the quarantine are held back, and no receipt says so afterwards',
  ({ event: [type, stream], commands }) => {
    const path = talkingStore()
    const mend = damage(path, type, stream)
    rebuilt(path)
    const dispatched = () => {
      using store = openStore(path, MODULES)
      return commands.map((command, at) => store.threads.dispatch(command, { commandId: `c${at}` }))
    }
    for (const result of dispatched()) {
      expect(result).toMatchObject({
        accepted: false,
        reason: 'held-back',
        message: expect.stringContaining(`'${stream}' waits behind event`),
      })
    }
    mend()
    rebuilt(path)
    // What they say now is of the thread as it is: an approval may have been cancelled by the one before.
    for (const result of dispatched()) {
      const reason = result.accepted ? 'none' : result.reason
      expect(['none', 'wrong-state']).toContain(reason)
    }
    using store = openStore(path, MODULES)
    expect(store.verify().problems).toEqual([])
  },
)

test('an answer, what a killed one has shown, an archive and the seed’s events wait for the event too', () => {
  const path = talkingStore()
  {
    using store = openStore(path, MODULES)
    store.threads.answer('t1').ingest({ kind: 'text-delta', delta: 'shown' })
    store.write((tx) => tx.runLocal(`UPDATE threads_answer SET process = ?`, [ENDED]))
  }
  const mend = damage(path, 'threads.thread.created', 'threads.thread/t1')
  const mendActivity = damage(path, 'threads.activity.appended', 'threads.activity/a')
  rebuilt(path)
  const blocked = (stream: string) =>
    expect.objectContaining({
      code: 'STREAM_BLOCKED',
      message: expect.stringContaining(`'${stream}' waits behind event`),
    })
  {
    using store = openStore(path, MODULES)
    const { threads } = store
    const deleted = { type: 'ThreadDeleted', id: 't1', at: '2024-01-01T00:00:00Z' } as const
    for (const call of [
      () => threads.answer('t1'),
      () => threads.recover(),
      () => threads.exportThread('t1'),
      () => new EventStore(store).appendAll([deleted]),
    ]) {
      expect(call).toThrow(blocked('threads.thread/t1'))
    }
    // Nobody knows whose the activity is, and an archive is whole.
    expect(() => threads.exportThread('t2')).toThrow(blocked('threads.activity/a'))
  }
  mend()
  mendActivity()
  rebuilt(path)
  using store = openStore(path, MODULES)
  expect(store.threads.recover()).toMatchObject([{ threadId: 't1', text: 'shown' }])
  expect(store.threads.exportThread('t1').length).toBeGreaterThan(4)
})

test('a thread goes into no project of which the tables lack something', () => {
  const from = talkingStore()
  const archive = openStore(from, MODULES).threads.exportThread('t2')
  const path = tempStorePath()
  {
    using store = openStore(path, MODULES)
    store.threads.execute({ type: 'project.create', projectId: 'p', name: 'Shop', path: '/shop' })
  }
  const mend = damage(path, 'threads.project.created', 'threads.project/p')
  rebuilt(path)
  const imported = (options = {}) => {
    using store = openStore(path, MODULES)
    return store.threads.importThread(archive, options)
  }
  for (const options of [{}, { projectId: 'p' }]) {
    expect(() => imported(options)).toThrow(expect.objectContaining({ code: 'STREAM_BLOCKED' }))
  }
  mend()
  rebuilt(path)
  expect(imported()).toMatchObject({ threadId: 't2', projectId: 'p' })
})

test('a deleted thread that waits in the quarantine keeps no other from being removed', () => {
  const path = tempStorePath()
  const leave = (store: Store<typeof MODULES>, id: string) => {
    const stream = `threads.thread/${id}`
    const of = { threadId: id, projectId: 'p', provider: 'claude', model: 'm' } as const
    store.threads.execute({ type: 'thread.create', ...of })
    for (const text of ['one', 'two']) {
      store.threads.execute({
        type: 'message.append',
        threadId: id,
        role: 'user',
        content: content(text),
      })
    }
    store.log.append(stream, { type: 'threads.thread.deleted', data: { id, isGradual: true } })
    const piece = { type: 'threads.thread.swept', data: { id, position: 2 } }
    return store.log.append(stream, piece).sequence
  }
  let sequence = 0
  {
    using store = openStore(path, MODULES)
    store.threads.execute({ type: 'project.create', projectId: 'p', name: 'Shop', path: '/s' })
    sequence = leave(store, 'damaged')
  }
  tamper(path, (db) => db.exec(`UPDATE events SET data = '{"oops' WHERE sequence = ${sequence}`))
  using store = openStore(path, MODULES)
  store.rebuild('threads')
  leave(store, 'sound')
  expect(() => store.threads.finishDeletions()).toThrow(
    expect.objectContaining({ code: 'STREAM_BLOCKED' }),
  )
  expect(store.threads.unfinishedDeletions()).toMatchObject([{ threadId: 'damaged' }])
  expect(store.threads.search('two').hits).toEqual([])
})
